"""Mappings that run: each file in this folder is one optimizer made from a biological mechanism.

A prototype file holds

    TITLE, DESCRIPTION       for people
    MECHANISM, TECHNIQUE     canonical names of the two concepts that it maps
    REFERENCE                what it follows
    PROPOSED_AS, FUNCTION    the technique of the seed documents that it carries out, or ""; what both sides do, a key of the
                             atlas's list of functions
    PAIRS                    ((part of the mechanism, part of the technique), …)
    EQUATIONS                its equations, where it has code of its own; those of parts are the parts' own
    PRIOR_ART                the closest known methods, and how they differ
    TASK, BECAUSE            a task where it should help, and why
    REFUTED_BY               what would show that it does not
    LEAVES_OUT               what of the idea is not in it; may be absent
    SPEC                     the parts it is made of; ``None`` where parts cannot say it and the file has code of its own
    KNOBS                    {name: adaptive.knobs.Knob}: what a tuner turns, ``lr`` among them, all accepted by ``build``
    NEUTRAL                  {name: value}: knobs with which it equals its base optimizer bit for bit
    LIVELY                   knobs with which the mechanism acts within 200 steps of a small world; only where the usual ones
                             do not, for the contract to examine
    NEEDS                    what a task must reveal to it besides the loss: "labels" (the batch's classes, as ``targets``),
                             "errors" (the share of the batch mistaken), "held_out" (the loss of a batch set aside), "lookahead"
                             (the model and the batch, to try a step before taking it)
    BUFFERS                  how many buffers as large as the weights it keeps beside those of its base optimizer
    build(params, *, lr, **knobs) -> torch.optim.Optimizer

and what ``build`` returns is an ordinary optimizer, of which the following is fixed:

    optimizer = prototype.build(model.parameters(), lr=0.1)
    optimizer.attach(model, loss)        only if "lookahead" is in NEEDS, once; ``loss(outputs, targets)`` is a batch mean
    loss.backward()
    optimizer.observe(loss=loss)         before ``step``; takes what ``optimizer.OBSERVES`` names, of "loss", "inputs", "targets",
                                         "errors" and "held_out". ``loss`` is always allowed; any other name is a TypeError.
    optimizer.step(closure=None)         a closure's loss counts as observed; a signal that is needed and missing is an error
    optimizer.response                   float, the response of the last step; 0 at rest. Not stored: record it step by step
    optimizer.responses                  the same for each parameter tensor, where the mechanism works tensor by tensor;
                                         one value otherwise
    optimizer.sensed                     float, what was sensed in the last step, 0 at rest
    optimizer.forward_equivalents        float, forward passes of single samples spent on look-ahead since construction

Options of every ``build`` beside its knobs, for control arms:

    mechanism="on" | "off"               off: the base optimizer bit for bit, nothing sensed, response 0
    replay=None | sequence               the response of each step is read from here: a float, or what ``responses`` was; after
                                         its end it starts again. Nothing is sensed
    constant=None | float                the response is this in every step; nothing is sensed
    seed=None | int                      of the random numbers that it draws; torch's initial seed if not given
    base="sgd" | "adamw", momentum, betas, eps, weight_decay, maximize   as in torch.optim (prototypes made of parts)

With "off", ``replay`` and ``constant``, ``observe`` and ``attach`` may still be called and change nothing.
"""

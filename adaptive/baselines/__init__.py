"""What a candidate has to beat: each file here is a well-known optimizer with search ranges, tuned as long as the candidate.

A baseline file holds

    DESCRIPTION, REFERENCE   for people
    KNOBS                    {name: adaptive.knobs.Knob}: its search ranges, ``lr`` among them
    NEEDS                    what it must be told by ``attach(model)``: "units" (it works on hidden units), "lookahead" (it runs
                             the network itself). May be absent
    RESETS                   False where it works on hidden units and replaces none. May be absent
    ANSWERS_APART            True where the pass that it learns from is not its answer: where a task is judged online, each batch
                             is scored in a pass of its own between ``eval()`` and ``train()``, which it pays for. May be absent
    build(params, *, lr, **options) -> torch.optim.Optimizer

and, where it can train a population (adaptive/population.py) or is our own:

    OPTIONS                  all numbers that it takes, those of ``KNOBS`` among them
    BUFFERS                  how many buffers as large as the weights it keeps
    rule(slots, units, draw, whole)   its step, for any number of networks at once (see _rule.py)
    ALIKE                    True where the rule does the same to every weight, whatever tensor it belongs to
    MOVES_ALONE              True where it moves weights without a gradient, by decay or noise

An optimizer with ``OBSERVES`` is told the loss, inputs or targets that it names, by ``observe`` before each step. One with
``plan(steps)`` is told the length of its life once, one with ``eval()`` and ``train()`` is switched around every judgement.
"""

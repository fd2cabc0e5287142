"""Points that a regularizer is held to: it is a penalty with a true gradient, it acts, and at rest it is not there at all."""

from __future__ import annotations

import copy
import inspect
import io
import math
import pickle
import random
from types import ModuleType
from typing import Any

import torch

from adaptive.contract.keeping import equal, pace, tensors_in
from adaptive.contract.regularizer_world import live, lived, loss_of, make, penalty_of, sgd
from adaptive.contract.world import Batch, NotApplicable, batches, network, refuses, require, same, weights

FIRES = 5
"""Steps with a penalty, of 200, below which a mechanism counts as silently off."""

UNDECLARED = 6.0
"""Buffers that a regularizer may keep which does not say how many: those of a sense and a response of each weight, with two
numbers each, an average of the weights, and one of their gradients' squares."""


def constructor(module: ModuleType) -> str:
    """Bad numbers, bad parameters and duplicates are refused."""

    def build(params: Any = None, **options: object) -> object:
        return make(module, network(), params, **options)

    bad: list[tuple[str, object]] = [("mechanism", "maybe")]
    for name, knob in module.KNOBS.items():
        bad += [(name, value) for value in (math.nan, knob.least - 1.0, knob.most + 1.0)]
    for name, value in bad:
        refuses(lambda name=name, value=value: build(**{name: value}), ValueError, f"{name}={value!r}")  # type: ignore[misc]
    p = torch.nn.Parameter(torch.zeros(2))
    refuses(lambda: build(torch.zeros(2)), TypeError, "a bare tensor as parameters")
    refuses(lambda: build([]), ValueError, "an empty list of parameters")
    refuses(lambda: build([p, p]), ValueError, "a parameter twice")
    return f"{len(bad)} bad values, a bare tensor, no parameters and duplicates refused"


def frozen(module: ModuleType) -> str:
    """What is not learned gets no gradient, and learning it again gets it one."""
    model = network()
    regularizer, life = make(module, model), batches(120)
    for start, free in ((0, False), (60, True)):
        for p in model[0].parameters():
            p.requires_grad_(free)
            p.grad = None
        before = weights(model)
        live(model, sgd(model), regularizer, life[start : start + 60])
        moved = [not torch.equal(a, b) for a, b in zip(before, weights(model), strict=True)]
        require(moved == [free, free, True, True], f"first layer {'learned' if free else 'frozen'}: {moved}")
    return "a layer frozen for 60 steps gets no gradient, and gets one when it is learned again"


def saving(module: ModuleType) -> str:
    """A saved state, loaded into a fresh regularizer, goes on as if nothing had happened."""
    life = batches(80)
    for dtype in (torch.float32, torch.bfloat16):
        model, cast = network(dtype=dtype), [(inputs.to(dtype), targets) for inputs, targets in life]
        regularizer = make(module, model)
        live(model, sgd(model), regularizer, cast[:45])
        file = io.BytesIO()
        torch.save(regularizer.state_dict(), file)
        file.seek(0)
        saved = torch.load(file, weights_only=True)
        untouched, other = copy.deepcopy(saved), copy.deepcopy(model)
        fresh = make(module, other)
        fresh.load_state_dict(saved)
        for batch in cast[45:]:
            require(
                live(model, sgd(model), regularizer, [batch]) == live(other, sgd(other), fresh, [batch]),
                f"the loaded regularizer gives another penalty ({dtype})",
            )
            require(same(weights(model), weights(other)), f"the loaded regularizer goes another way ({dtype})")
        require(equal(saved, untouched), "loading or stepping changed the saved state")
    return "45 steps, saved, read with weights_only=True, loaded: 35 more in lock-step bit for bit, in float32 and bfloat16"


def copying(module: ModuleType) -> str:
    """Copies and pickles, together with the model, go on as it does; the weights stay the model's."""
    life = batches(80)
    for how in ("deepcopy", "pickle"):
        model = network()
        regularizer = make(module, model)
        live(model, sgd(model), regularizer, life[:45])
        pair = (regularizer, model)
        twin, other = copy.deepcopy(pair) if how == "deepcopy" else pickle.loads(pickle.dumps(pair))
        seen = live(model, sgd(model), regularizer, life[45:])
        require(seen == live(other, sgd(other), twin, life[45:]), f"after {how} it gives other penalties")
        require(same(weights(model), weights(other)), f"after {how} it goes another way")
    require(not list(regularizer.parameters()), "it has the model's weights among its own parameters")
    require(type(regularizer).__name__ in repr(regularizer), "repr does not name the class")
    return "deepcopy and pickle with the model go on bit for bit for 35 steps; it owns no parameters; repr names it"


def kinds(module: ModuleType) -> str:
    """Complex weights are refused; bfloat16 stays finite and bfloat16."""
    refuses(lambda: make(module, network(), [torch.nn.Parameter(torch.ones(3) + 0j)]), TypeError, "a complex tensor")
    model = network(dtype=torch.bfloat16)
    life = [(inputs.bfloat16(), targets) for inputs, targets in batches(40)]
    penalties = live(model, sgd(model), make(module, model), life)
    require(all(map(math.isfinite, penalties)), "a penalty of bfloat16 weights is not finite")
    require(all(bool(p.isfinite().all()) and p.dtype == torch.bfloat16 for p in weights(model)), "bfloat16 weights are spoilt")
    return "complex weights refused; 40 steps in bfloat16 stay finite and bfloat16"


def activity(module: ModuleType) -> str:
    """The penalty is there on a world that changes, and matters."""
    on, penalties = lived(module, 200)
    off, silent = lived(module, 200, mechanism="off")
    fired = sum(penalty != 0.0 for penalty in penalties)
    require(fired >= FIRES, f"there was a penalty in {fired} of 200 steps")
    require(not same(on, off), "switching it off changes nothing")
    require(not any(silent), "there is a penalty although it is off")
    return f"a penalty in {fired} of 200 steps, {min(penalties):.3g} to {max(penalties):.3g}; off is another trajectory"


def neutrality(module: ModuleType) -> str:
    """Neutral or off, the penalty is 0 and training is that without it, bit for bit."""
    for base in ({}, {"momentum": 0.9, "weight_decay": 0.01}):
        model = network()
        plain = sgd(model, **base)
        for batch in batches(60):
            plain.zero_grad()
            loss_of(model, batch).backward()
            plain.step()
        for how in (module.NEUTRAL, {"mechanism": "off"}):
            ours, penalties = lived(module, 60, base=base, **dict(how))
            require(not any(penalties), f"with {dict(how)} there is a penalty of {max(penalties, key=abs):.3g}")
            require(same(weights(model), ours), f"with {dict(how)} training differs from that without it")
    return "60 steps of SGD, plain and with momentum and decay, neutral and off: penalty 0, weights equal bit for bit"


def not_a_number(module: ModuleType) -> str:
    """A loss that is not finite does not reach the penalty; when it is over, all is as usual."""
    for bad in (math.nan, math.inf, -math.inf, 1e300):
        model = network()
        regularizer, plain = make(module, model), sgd(model)
        for step, batch in enumerate(batches(40)):
            loss = loss_of(model, batch)
            # A factor, so that where gradients are taken of the loss they are not finite, either.
            penalty = penalty_of(regularizer, loss * bad if step % 7 == 3 else loss, batch)
            require(math.isfinite(float(penalty.detach())), f"at a loss of {bad} the penalty is {float(penalty.detach())}")
            plain.zero_grad()
            (loss + penalty).backward()
            plain.step()
        require(all(bool(p.isfinite().all()) for p in weights(model)), f"a loss of {bad} spread to the weights")
    return "losses of NaN, ±Inf and 1e300, with gradients like them, leave penalty and weights finite"


def repeatability(module: ModuleType) -> str:
    """Same run twice is the same; nobody's random numbers are used."""
    before, python = torch.get_rng_state(), random.getstate()
    first, second = (lived(module, 80) for _ in range(2))
    require(torch.equal(before, torch.get_rng_state()), "torch's global generator was used")
    require(python == random.getstate(), "Python's global generator was used")
    require(same(first[0], second[0]) and first[1] == second[1], "the second run is another")
    return "80 steps twice: weights and penalties equal bit for bit; both global generators untouched"


def room(module: ModuleType) -> str:
    """It keeps no more buffers than it declares, and training is not far slower with it."""
    model, other = network(), network()
    regularizer, optimizer, plain = make(module, model), sgd(model), sgd(other)
    live(model, optimizer, regularizer, batches(40))
    size = sum(p.numel() for p in model.parameters())
    kept = sum(t.numel() for t in tensors_in(regularizer.state_dict())) / size
    declared = getattr(module, "BUFFERS", UNDECLARED)
    require(kept <= declared, f"it keeps {kept:.2f} buffers, and {declared} are declared (BUFFERS)")

    def without(batch: Batch) -> None:
        plain.zero_grad()
        loss_of(other, batch).backward()
        plain.step()

    took = pace(lambda batch: live(model, optimizer, regularizer, [batch]), without)
    return f"{kept:.2f} buffers of the weights' size, {declared} allowed; {took}"


def strictness(module: ModuleType) -> str:
    """An unknown knob or signal is a TypeError."""
    model = network()
    refuses(lambda: make(module, model, warp=1.0), TypeError, "an unknown knob")
    refuses(lambda: make(module, model)(loss_of(model, batches(1)[0]), warp=1.0), TypeError, "an unknown signal")
    return "unknown knob and unknown signal: TypeError each"


def secrecy(module: ModuleType) -> str:
    """It sees the loss and what it declares, and works with no more."""
    needs = getattr(module, "NEEDS", ())
    declared = {"loss"} | ({"targets"} if "labels" in needs else set()) | ({"errors", "held_out"} & set(needs))
    regularizer = make(module, network())
    seen = set(getattr(regularizer, "OBSERVES", ()))
    require(seen <= declared, f"it takes {', '.join(sorted(seen))}, but declares {needs}")
    lived(module, 20)
    return f"takes {', '.join(sorted({'loss', *seen}))} of the training stream; 20 steps with no more than that"


def modes(module: ModuleType) -> str:
    """In the mode of evaluation a call changes nothing that is kept."""
    model = network()
    regularizer, life = make(module, model), batches(60)
    live(model, sgd(model), regularizer, life[:45])
    regularizer.eval()
    before = copy.deepcopy(regularizer.state_dict())
    seen = [float(penalty_of(regularizer, loss_of(model, batch), batch).detach()) for batch in life[45:]]
    require(equal(before, regularizer.state_dict()), "a call in the mode of evaluation changes what is kept")
    require(len(set(seen)) == 1, "in the mode of evaluation the same weights have different penalties")
    return "15 calls in the mode of evaluation: the same penalty, and what is kept stays as it was"


def penalty(module: ModuleType) -> str:
    """The gradient is that of the penalty, it is finite at zero, and its scale is stated."""
    model = network(dtype=torch.float64)
    regularizer, plain = make(module, model), sgd(model)
    for batch in batches(200, dtype=torch.float64):
        live(model, plain, regularizer, [batch])
        value = float(regularizer.eval()(None).detach())
        if value != 0.0:
            break
        regularizer.train()
    require(value != 0.0, "there was no penalty in 200 steps, so nothing is shown")
    every = list(model.parameters())
    require(
        torch.autograd.gradcheck(lambda *_: regularizer(None), every, raise_exception=False),
        "the gradient is not that of the penalty, by finite differences in double precision",
    )
    with torch.no_grad():
        for p in every:
            p.zero_()
    at_zero = regularizer(None)
    gradients = [g for g in torch.autograd.grad(at_zero, every, allow_unused=True) if g is not None]
    require(math.isfinite(float(at_zero.detach())), "the penalty of weights of 0 is not finite")
    require(all(bool(g.isfinite().all()) for g in gradients), "the gradient at weights of 0 is not finite")
    stated = inspect.getdoc(type(regularizer)) or ""
    require("scale" in stated.lower(), "the docstring of its class does not state its scale (a line that begins with 'Scale:')")
    size = sum(p.numel() for p in every)
    return f"gradcheck in double at {size} weights and a penalty of {value:.3g}; finite at zero; scale stated"


def controls(module: ModuleType) -> str:
    """A constant response of 0 is no penalty; its own responses, replayed, give its own penalties."""
    model, responses = network(), []
    try:
        make(module, model, constant=0.0)
    except TypeError as error:
        raise NotApplicable("it takes no constant and no replay, so its controls are left out") from error
    require(not any(lived(module, 60, constant=0.0)[1]), "at a constant response of 0 there is a penalty")
    require(any(lived(module, 60, constant=0.5)[1]), "at a constant response of 0.5 there is none")
    for bad in ({"constant": math.nan}, {"replay": ()}):
        refuses(lambda bad=bad: make(module, network(), **bad), ValueError, str(bad))  # type: ignore[misc]
    regularizer = make(module, model)
    penalties = []
    for batch in batches(200):
        penalties += live(model, sgd(model), regularizer, [batch])
        responses.append(regularizer.responses)
    again = lived(module, 200, replay=responses)
    # What each unit or weight answers is recorded as the mean of its tensor, and replayed as that.
    if getattr(regularizer, "SCOPE", "network") in ("unit", "weight"):
        repeated = lived(module, 200, replay=responses)
        require(same(again[0], repeated[0]) and again[1] == repeated[1], "the same replay twice gives two trajectories")
        return "200 steps: the replay of the means of tensors is repeatable; constant 0 is no penalty"
    require(same(weights(model), again[0]) and penalties == again[1], "replaying its own responses gives another trajectory")
    return "200 steps: the replay equals the original bit for bit; constant 0 is no penalty, constant 0.5 is one"


POINTS = (
    ("1", "the constructor refuses what is wrong", constructor),
    ("3", "what is not learned gets no gradient", frozen),
    ("5", "state survives saving and loading", saving),
    ("6", "copies and pickles", copying),
    ("9", "complex and half precision", kinds),
    ("12", "the mechanism acts", activity),
    ("13", "neutral, it is not there at all", neutrality),
    ("14", "what is not a number does not spread", not_a_number),
    ("15", "same run, same penalties", repeatability),
    ("17", "room and time that it takes", room),
    ("18", "unknown names are errors", strictness),
    ("19", "it sees only what it declares", secrecy),
    ("20", "training and evaluation", modes),
    ("21", "a penalty with its gradient, finite at zero, its scale stated", penalty),
    ("22", "control experiments replay it", controls),
)

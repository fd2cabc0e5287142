"""What every baseline must pass before it may race: the points of the contract that ask for no mechanism.

Those of our own are held to all of them. Of an optimizer that torch or another library keeps, that library decides what it
refuses and how it stores things; it is held to what a race relies on.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import torch

from adaptive.contract import Finding, Twin, baseline_keeping, examine
from adaptive.contract.baseline_world import live, lively, make, only_ours, ours
from adaptive.contract.options import Mixed
from adaptive.contract.world import (
    Batch,
    NotApplicable,
    Record,
    batches,
    errors_of,
    network,
    observe,
    refuses,
    require,
    same,
    weights,
)

STILL = ("weight_decay", "noise", "shrink")
"""Options that move a weight without a gradient."""


def check_baseline(module: ModuleType, *, twin: Twin | None = None) -> list[Finding]:
    """Holds a baseline to every point; ``twin`` is a slow form of it, from a :class:`Record` to final weights."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = [examine(module, *point) for point in POINTS]
        found.append(examine(module, "11", "a slow readable twin agrees", lambda it: twin_agrees(it, twin)))
        return sorted(found, key=lambda finding: int(finding.point))
    finally:
        torch.set_num_threads(threads)


def constructor(module: ModuleType) -> str:
    """Bad numbers, bad parameters and duplicates are refused."""
    bad: list[tuple[str, float]] = [] if hasattr(module, "NEEDS_PACKAGE") else [("lr", -1.0)]
    if ours(module):
        bad += [("lr", math.nan), ("lr", math.inf)]
        for name, knob in module.OPTIONS.items():
            bad += [(name, value) for value in (math.nan, knob.least - 1.0, knob.most + 1.0)]
    for name, value in bad:
        refuses(lambda n=name, v=value: make(module, network(), **{n: v}), ValueError, f"{name}={value!r}")  # type: ignore[misc]
    refuses(lambda: make(module, network(), []), ValueError, "an empty list of parameters")
    p = torch.nn.Parameter(torch.zeros(2))
    refuses(lambda: module.build([{"params": [p]}, {"params": [p]}], lr=0.1), ValueError, "a parameter in two groups")
    if ours(module):
        refuses(lambda: module.build(torch.zeros(2), lr=0.1), TypeError, "a bare tensor as parameters")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            module.build([p, p], lr=0.1)
        require(any("duplicate" in str(w.message) for w in caught), "a parameter twice in one group gave no warning")
    return f"{len(bad)} bad values, no parameters and duplicates refused"


def descent(module: ModuleType) -> str:
    """The loss falls, with strided weights as with plain ones, and rises when asked to."""
    life = batches(480)[:240]

    def change(life: Sequence[Batch] = life, *, strided: bool = False, **options: Any) -> float:
        model = network()
        if strided:
            with torch.no_grad():
                for p in model.parameters():
                    if p.dim() == 2:
                        p.set_(p.t().contiguous().t())
        losses = live(model, make(module, model, **options), life)
        return sum(losses[-20:]) / 20 - sum(losses[:20]) / 20

    plain, strided = change(), change(strided=True)
    require(max(plain, strided) < -0.2, f"the loss changed by {plain:.3g}, {strided:.3g} strided")
    require(abs(plain - strided) < 1e-2, f"strided weights end elsewhere: {plain:.6g} and {strided:.6g}")
    if ours(module):
        # An adaptive rate has no bound where the loss has none: a short climb is enough.
        climbed = change(life[:40], maximize=True)
        require(climbed > 0.1, f"with maximize the loss changed by {climbed:.3g}")
    return f"the loss changes by {plain:.2f} in 240 steps at the usual setting"


def without_gradient(module: ModuleType) -> str:
    """No gradient, or a zero one, moves no weight beyond declared decay and noise."""
    known = getattr(module, "OPTIONS", module.KNOBS)
    still = {name: 0.0 for name in STILL if name in known}
    require(ours(module) is False or bool(getattr(module, "MOVES_ALONE", False)) == bool(still), "MOVES_ALONE is not so")
    # What takes passes of its own on the batch has gradients of its own, too.
    alone = "lookahead" not in getattr(module, "NEEDS", ())
    for zero in (False, True) if alone else (False,):
        model = network()
        optimizer, before = make(module, model, **still), weights(model)
        # Attached to a network, it has seen one pass.
        model(batches(1)[0][0])
        for p in model.parameters():
            p.grad = torch.zeros_like(p) if zero else None
        for _ in range(3):
            observe(optimizer, 1.0, batches(1)[0])
            optimizer.step()
        require(same(before, weights(model)), f"a gradient that is {'zero' if zero else 'None'} moved weights")
    return f"all None{' and all zero' if alone else ''}: weights equal bit for bit"


def groups(module: ModuleType) -> str:
    """Groups have learning rates of their own."""
    if hasattr(module, "NEEDS_PACKAGE"):
        raise NotApplicable("the library that keeps it asks for one learning rate")
    model = network()
    optimizer = make(module, model, [{"params": model[0].parameters(), "lr": 1e-28}, {"params": model[2].parameters()}])
    live(model, optimizer, batches(10))
    first = weights(network())
    require(same(first[:2], weights(model)[:2]), "a group with lr=1e-28 moved")
    require(not same(first[2:], weights(model)[2:]), "the other group did not move")
    return "a group with lr 1e-28 stays bit for bit"


def rates(module: ModuleType) -> str:
    """A tensor as learning rate, and schedulers, do what they do elsewhere."""
    if ours(module):
        ends = []
        for lr in (0.0625, torch.tensor(0.0625)):
            model = network()
            live(model, make(module, model, lr=lr), batches(30))
            ends.append(weights(model))
        require(same(*ends), "a tensor as learning rate gives another trajectory than the number")
    model, plain = network(), torch.optim.SGD(network().parameters(), lr=0.05)
    optimizer = make(module, model, lr=0.05)
    courses = [torch.optim.lr_scheduler.CosineAnnealingLR(it, T_max=40) for it in (optimizer, plain)]
    for batch in batches(40):
        live(model, optimizer, [batch])
        plain.step()
        for course in courses:
            course.step()
        pair = optimizer.param_groups[0]["lr"], plain.param_groups[0]["lr"]
        require(pair[0] == pair[1], f"the scheduler is at {pair[0]} instead of {pair[1]}")
    return "a scheduler keeps its own course over 40 steps"


def gradients(module: ModuleType) -> str:
    """Sparse and complex gradients raise an error that names them."""
    only_ours(module)
    for kind, p in (("sparse", torch.nn.Parameter(torch.ones(3))), ("complex", torch.nn.Parameter(torch.ones(3) + 0j))):
        optimizer = module.build([p], lr=0.1)
        p.grad = torch.ones(3).to_sparse() if kind == "sparse" else torch.ones_like(p)
        try:
            optimizer.step()
        except RuntimeError as error:
            require(kind in str(error), f"the error does not name the {kind} gradient: {error}")
        else:
            require(False, f"a {kind} gradient was accepted")
    return "sparse and complex raise an error that names them"


def closures(module: ModuleType) -> str:
    """A closure is called once with gradients on; layers may freeze and thaw; types may be mixed."""
    life, plain, model = batches(30), network(), network()
    live(plain, make(module, plain), life)
    optimizer, calls = make(module, model), 0
    for inputs, targets in life:

        def closure(inputs: torch.Tensor = inputs, targets: torch.Tensor = targets) -> torch.Tensor:
            nonlocal calls
            calls += 1
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(inputs), targets)
            loss.backward()
            return loss

        observe(optimizer, None, (inputs, targets))
        require(optimizer.step(closure) is not None, "step does not return the closure's loss")
    require(calls == len(life), f"the closure was called {calls} times in {len(life)} steps")
    require(same(weights(plain), weights(model)), "with a closure the trajectory is another")
    for frozen in (True, False):
        for p in model[0].parameters():
            p.requires_grad_(not frozen)
        before = weights(model)
        live(model, optimizer, life[:5])
        moved = [not torch.equal(a, b) for a, b in zip(before, weights(model), strict=True)]
        require(moved == [not frozen, not frozen, True, True], f"first layer {'frozen' if frozen else 'thawed'}: {moved}")
    if "units" not in getattr(module, "NEEDS", ()) and not hasattr(module, "NEEDS_PACKAGE"):
        mixed = Mixed()
        live(mixed, make(module, mixed), life)
        require(all(bool(p.isfinite().all()) for p in mixed.parameters()), "mixed types do not stay finite")
    return "30 closures equal 30 plain steps bit for bit; a layer frozen and thawed midway"


def twin_agrees(module: ModuleType, twin: Twin | None) -> str:
    """A slow readable form gives the same weights."""
    if twin is None:
        raise NotApplicable("no twin was handed over; the tests hand one over for every baseline of our own")
    model, generator = network(), torch.Generator().manual_seed(5)
    optimizer = make(module, model, **(lively(module) | ({"seed": 7} if ours(module) else {})))
    record = Record(start=weights(model), knobs=dict(optimizer.param_groups[0]), model=network())
    for batch in batches(100):
        gradients = [0.1 * torch.randn(p.shape, generator=generator) for p in model.parameters()]
        loss = torch.nn.functional.cross_entropy(model(batch[0]), batch[1]).detach()
        for p, gradient in zip(model.parameters(), gradients, strict=True):
            p.grad = gradient.clone()
        observe(optimizer, loss, batch)
        optimizer.step()
        record.gradients.append(gradients)
        record.losses.append(float(loss))
        record.errors.append(errors_of(batch))
        record.batches.append(batch)
    expected = twin(record)
    gap = max(float((p - q).abs().max()) for p, q in zip(weights(model), expected, strict=True))
    scale = max(float(p.abs().max()) for p in weights(model))
    require(gap <= 2e-5 * scale, f"the twin ends {gap:.3g} away, with weights up to {scale:.3g}")
    return f"100 random gradients: largest gap {gap:.1e} at weights up to {scale:.2g}"


def not_a_number(module: ModuleType) -> str:
    """A gradient of one tensor that is not finite does not reach the others."""
    only_ours(module)
    for bad in (math.nan, math.inf):
        model = network()
        optimizer = make(module, model)
        for step, (inputs, targets) in enumerate(batches(30)):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(inputs), targets)
            loss.backward()
            observe(optimizer, loss.detach(), (inputs, targets))
            for p in model.parameters():
                p.grad = torch.nan_to_num(p.grad, nan=0.1, posinf=0.1, neginf=0.1)
            accident = list(model.parameters())[3].grad
            if step == 10 and accident is not None:
                accident[0] = bad
            optimizer.step()
        require(all(bool(p.isfinite().all()) for p in weights(model)[:3]), f"a gradient of {bad} spread to other tensors")
    return "a NaN or Inf in one tensor's gradient leaves the other tensors finite"


def repeatability(module: ModuleType) -> str:
    """Same seed, same run; nobody else's random numbers are used."""
    before, ends = torch.get_rng_state(), []
    for _ in range(2):
        model = network()
        live(model, make(module, model, **lively(module)), batches(60))
        ends.append(weights(model))
    require(torch.equal(before, torch.get_rng_state()), "torch's global generator was used")
    require(same(*ends), "the same seed gives another run")
    return "60 steps twice: equal bit for bit; the global generator untouched"


def strictness(module: ModuleType) -> str:
    """An unknown option is a TypeError."""
    refuses(lambda: make(module, network(), warp=1.0), TypeError, "an unknown option")
    if ours(module):
        model = network()
        refuses(lambda: make(module, model, [{"params": model.parameters(), "warp": 1.0}]), TypeError, "an unknown group option")
    return "an unknown option is a TypeError"


def secrecy(module: ModuleType) -> str:
    """It is told of no test data and no boundary, and of labels only what it declares."""
    needs = set(getattr(module, "NEEDS", ()))
    optimizer = make(module, network())
    require(needs <= {"units", "lookahead"}, f"it needs {needs}")
    require(hasattr(optimizer, "attach") == bool(needs), "attach is not what NEEDS says")
    seen = set(getattr(optimizer, "OBSERVES", ()))
    # The batch is for who may look ahead; the loss and how many were missed are told of the training stream alone.
    known = {"loss", "errors"} | ({"inputs", "targets"} if "lookahead" in needs else set())
    require(seen <= known, f"it observes {seen - known}, and does not declare so")
    require(hasattr(optimizer, "observe") == bool(seen), "observe is not what OBSERVES says")
    more = [*(["what hidden units give"] if "units" in needs else []), *sorted(seen)]
    return " and ".join(("it sees gradients", *more)) + ", nothing else"


POINTS: tuple[tuple[str, str, Callable[[ModuleType], str]], ...] = (
    ("1", "the constructor refuses what is wrong", constructor),
    ("2", "the loss goes the right way", descent),
    ("3", "no gradient, no movement", without_gradient),
    ("4", "groups have rates of their own", groups),
    ("7", "tensor learning rates and schedulers", rates),
    ("9", "sparse and complex gradients", gradients),
    ("10", "closures, freezing, mixed types", closures),
    ("14", "what is not a number does not spread", not_a_number),
    ("15", "same seed, same run", repeatability),
    ("18", "unknown names are errors", strictness),
    ("19", "it sees only what it declares", secrecy),
    *baseline_keeping.POINTS,
)

"""Points on what an optimizer keeps: its state survives saving and copying, and takes the room and time that it may."""

from __future__ import annotations

import copy
import io
import math
import pickle
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from adaptive.contract.world import (
    CLASSES,
    FEATURES,
    HIDDEN,
    Batch,
    NotApplicable,
    attach,
    batches,
    live,
    lively,
    make,
    network,
    require,
    same,
    weights,
)

UNDECLARED = 3.0
"""Buffers of the weights' size that a file may keep beside its base's where it declares none."""
SLOWEST, TURNS = 50.0, 30
"""How many times as long as the base's a training step may take; how often both are timed. On so small a network nearly all time
is Python's, and what looks ahead takes up to 15 times as long: only what grows far faster than the network is found so."""


def tensors_in(state: Any) -> list[Tensor]:
    """All tensors in a nested state, in order."""
    if isinstance(state, Tensor):
        return [state]
    values = state.values() if isinstance(state, dict) else state if isinstance(state, (list, tuple)) else ()
    return [tensor for value in values for tensor in tensors_in(value)]


def equal(this: Any, that: Any) -> bool:
    """Whether two nested states are equal, tensors bit for bit."""
    if isinstance(this, Tensor):
        return isinstance(that, Tensor) and same([this], [that])
    if isinstance(this, dict):
        return isinstance(that, dict) and this.keys() == that.keys() and all(equal(this[k], that[k]) for k in this)
    if isinstance(this, (list, tuple)):
        return len(this) == len(that) and all(equal(a, b) for a, b in zip(this, that, strict=True))
    return bool(this == that)


def saving(prototype: ModuleType) -> str:
    """A saved state, loaded into a fresh optimizer, goes on as if nothing had happened."""
    life = batches(40)
    adamw = {"base": "adamw", "lr": 0.01}
    for options, dtype in (({}, torch.float32), ({}, torch.bfloat16), (adamw, torch.bfloat16)):
        model = network(dtype=dtype)
        optimizer = make(prototype, model, **(lively(prototype) | options))
        cast = [(inputs.to(dtype), targets) for inputs, targets in life]
        live(model, optimizer, cast[:20])
        file = io.BytesIO()
        torch.save(optimizer.state_dict(), file)
        file.seek(0)
        saved = torch.load(file, weights_only=True)
        untouched, other = copy.deepcopy(saved), copy.deepcopy(model)
        fresh = make(prototype, other, **(lively(prototype) | options | {"lr": 0.9}))
        fresh.load_state_dict(saved)
        for batch in cast[20:]:
            live(model, optimizer, [batch])
            live(other, fresh, [batch])
            require(same(weights(model), weights(other)), f"the loaded optimizer goes another way ({options}, {dtype})")
            require(optimizer.responses == fresh.responses, "the loaded optimizer responds otherwise")
        require(equal(saved, untouched), "loading or stepping changed the saved state")
    older = copy.deepcopy(untouched)
    knob = next(name for name in prototype.NEUTRAL)
    for group in older["param_groups"]:
        group.pop(knob)
    for key, state in older["state"].items():
        if isinstance(key, int) and "step" in state:
            state["step"] = torch.tensor(float(state["step"]))
    fresh = make(prototype, network(dtype=torch.bfloat16), base="adamw")
    fresh.load_state_dict(older)
    require(fresh.param_groups[0][knob] == fresh.defaults[knob], "a newer option is missing after loading an older state")
    live(network(dtype=torch.bfloat16), fresh, cast[:1])
    return (
        "20 steps, saved, read with weights_only=True, loaded: 20 more in lock-step bit for bit (SGD and AdamW, float32 and "
        "bfloat16), saved state untouched; a state without a newer option and with a tensor as step loads"
    )


def copying(prototype: ModuleType) -> str:
    """Copies and pickles of the optimizer go on as it does; hooks fire in order."""
    life = batches(40)
    for how in ("deepcopy", "pickle"):
        model = network()
        optimizer = make(prototype, model, **lively(prototype))
        live(model, optimizer, life[:20])
        if how == "deepcopy":
            twin, other = copy.deepcopy((optimizer, model))
        else:
            twin, other = pickle.loads(pickle.dumps((optimizer, model)))
        attach(twin, other)
        live(model, optimizer, life[20:])
        live(other, twin, life[20:])
        require(same(weights(model), weights(other)), f"after {how} it goes another way")
        require(optimizer.responses == twin.responses, f"after {how} it responds otherwise")
    require(type(optimizer).__name__ in repr(optimizer), "repr does not name the class")
    seen: list[str] = []
    optimizer.register_step_pre_hook(lambda *_: seen.append("before step"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after step"))
    optimizer.register_state_dict_pre_hook(lambda *_: seen.append("before saving"))
    optimizer.register_state_dict_post_hook(lambda *_: seen.append("after saving"))
    optimizer.register_load_state_dict_pre_hook(lambda *_: seen.append("before loading"))
    optimizer.register_load_state_dict_post_hook(lambda *_: seen.append("after loading"))
    live(model, optimizer, life[:1])
    optimizer.load_state_dict(optimizer.state_dict())
    expected = [f"{when} {what}" for what in ("step", "saving", "loading") for when in ("before", "after")]
    require(seen == expected, f"hooks fired as {seen}")
    return "deepcopy and pickle of a primed optimizer go on bit for bit for 20 steps; repr names it; six hooks fire in order"


def forms(prototype: ModuleType) -> str:
    """The fused form equals the plain one, for weights and state, also with a layer frozen midway."""
    ends, gap = [], 0.0
    for fused in (False, True):
        model = network()
        optimizer = make(prototype, model, base="adamw", fused=fused, **(lively(prototype) | {"lr": 0.002}))
        for step, batch in enumerate(batches(30)):
            for p in model[0].parameters():
                p.requires_grad_(not 10 <= step < 20)
            live(model, optimizer, [batch])
        moments = [optimizer.state[p][name] for p in model.parameters() for name in ("exp_avg", "exp_avg_sq")]
        ends.append([*weights(model), *moments])
    for plain, other in zip(*ends, strict=True):
        gap = max(gap, float((plain - other).abs().max()) / max(float(plain.abs().max()), 1e-6))
    require(gap < 1e-3, f"the fused form ends {gap:.2g} of the largest number away")
    return f"30 steps of AdamW fused and plain, a layer frozen for ten: largest relative gap {gap:.1e}, moments included"


def units(prototype: ModuleType) -> str:
    """A unit that is reset loses all its state; no other does."""
    model = network()
    optimizer = make(prototype, model, **lively(prototype))
    if getattr(optimizer, "CHANGES", "") != "reset":
        raise NotApplicable("it resets no units")
    reset = 0
    for base, lr in (("sgd", lively(prototype)["lr"]), ("adamw", 0.01)):
        model, plain = network(), network()
        optimizer = make(prototype, model, **(lively(prototype) | {"base": base, "lr": lr}))
        without = make(prototype, plain, **(lively(prototype) | {"base": base, "lr": lr, "mechanism": "off"}))
        for batch in batches(120):
            live(model, optimizer, [batch])
            live(plain, without, [batch])
            for p, q in zip(model.parameters(), plain.parameters(), strict=True):
                # Up to here both lived the same life, so whatever differs now was reset in this step.
                rows = (p != q).flatten(1).any(dim=1) if p.dim() > 1 else p != q
                # What a part remembers of its signal is no moment, though it be as long as the biases.
                known = {name: value for name, value in optimizer.state[p].items() if name not in ("sense", "respond")}
                kept = [t for t in tensors_in(known) if t.shape == p.shape]
                require(not any(bool(t[rows].any()) for t in kept), "a unit that was reset keeps a moment")
                same_left = all(
                    torch.equal(t[~rows], u[~rows])
                    for t, u in zip(_moments(optimizer.state[p]), _moments(without.state[q]), strict=True)
                )
                require(same_left, "a unit that was not reset lost its state")
                reset += int(rows.sum())
            # The other goes on from where this one is, so that the next step can be compared, too.
            plain.load_state_dict(model.state_dict())
            for p, q in zip(model.parameters(), plain.parameters(), strict=True):
                for t, u in zip(_moments(optimizer.state[p]), _moments(without.state[q]), strict=True):
                    u.copy_(t)
    require(reset, "no unit was reset in 240 steps, so nothing is shown")
    return f"{reset} units reset in 240 steps of SGD and AdamW: all their moments are 0, those of the others as without it"


def _moments(state: Any) -> list[Tensor]:
    return [state[name] for name in ("momentum_buffer", "exp_avg", "exp_avg_sq") if isinstance(state.get(name), Tensor)]


def pace(ours: Callable[[Batch], object], base: Callable[[Batch], object]) -> str:
    """How many times as long as a training step of the ``base`` one of ``ours`` takes, in words.

    They take turns, and of each the quickest counts: what else a busy machine does can only make a step slower.

    Raises:
        Broken: it is more than :data:`SLOWEST` times as long.
    """
    ours_took, base_took = math.inf, math.inf
    for batch in batches(TURNS):
        ours_took, base_took = min(ours_took, _seconds(ours, batch)), min(base_took, _seconds(base, batch))
    times = ours_took / base_took
    words = f"a training step takes {times:.3g} times as long as the base's, at most {SLOWEST:g} allowed"
    require(times <= SLOWEST, f"{words}: {1e3 * ours_took:.3g} ms on a network of {FEATURES}-{HIDDEN}-{CLASSES} units")
    return words


def _seconds(what: Callable[[Batch], object], batch: Batch) -> float:
    began = time.perf_counter()
    what(batch)
    return time.perf_counter() - began


def room(prototype: ModuleType) -> str:
    """It keeps no more buffers than it declares, and is not far slower than its base."""
    model, plain = network(), network()
    optimizer, base = make(prototype, model, momentum=0.9), torch.optim.SGD(plain.parameters(), lr=0.05, momentum=0.9)
    live(model, optimizer, batches(40))
    live(plain, base, batches(40))
    size = sum(p.numel() for p in model.parameters())
    # Memories of samples are not as large as weights; only what is kept for a tensor counts.
    kept = sum(t.numel() for p in model.parameters() for t in tensors_in(optimizer.state[p]))
    beside = (kept - sum(t.numel() for t in tensors_in(base.state_dict()["state"]))) / size
    declared = getattr(prototype, "BUFFERS", UNDECLARED)
    require(beside <= declared, f"it keeps {beside:.2f} buffers, and {declared} are declared (BUFFERS)")
    took = pace(lambda batch: live(model, optimizer, [batch]), lambda batch: live(plain, base, [batch]))
    return f"{beside:.2f} buffers of the weights' size beside the base's, {declared} declared; {took}"


POINTS = (
    ("5", "state survives saving and loading", saving),
    ("6", "copies, pickles, repr and hooks", copying),
    ("8", "other forms equal the plain loop", forms),
    ("16", "reset of units", units),
    ("17", "room and time that it takes", room),
)

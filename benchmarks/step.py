"""How long does one step of each compiled optimizer take against torch's AdamW of the same form on the same parameters?"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive import parts
from adaptive.compile import compile_spec
from kg.model import Spec

SHAPES = {
    "a network of 0.1M": [(256, 64), (256,), (256, 256), (256,), (64, 256), (64,)],
    "a network of 1M": [(512, 512), (512,)] * 4,
}
PROTOTYPES = {
    "heat shock": ("loss_spike", "titration", "weight_decay"),
    "feedback": ("loss_trend", "hill", "learning_rate"),
    "epigenetic memory": ("gradient_agreement", "bistable_mark", "learning_rate"),
}
SIGNALS = {"loss": 1.0, "held_out": 1.3, "errors": 0.2, "targets": torch.arange(10)}


def circuits(*, quick: bool) -> list[tuple[str, str, str]]:
    """The prototypes' circuits, then circuits drawn by a fixed seed until every part has been in one at least."""
    chosen = list(PROTOTYPES.values())
    fitting = [
        (sense, respond, act)
        for sense in parts.names("sense")
        for respond in parts.names("respond")
        for act in parts.names("act")
        if parts.fits(sense, respond, act)
    ]
    random.Random(0).shuffle(fitting)
    missing = {(role, name) for role in parts.ROLES for name in parts.names(role)}
    for circuit in fitting:
        if new := missing & set(zip(parts.ROLES, circuit, strict=True)):
            missing -= new
            chosen.append(circuit)
    return chosen[:6] if quick else chosen


def weights_of(shapes: Sequence[tuple[int, ...]], device: str) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    made: list[Tensor] = []
    for shape in shapes:
        weight = torch.nn.Parameter(torch.randn(shape, generator=generator).mul_(0.05).to(device))
        weight.grad = torch.randn(shape, generator=generator).mul_(0.01).to(device)
        made.append(weight)
    return made


def bytes_in(state: Any) -> int:
    """Size of all tensors in a nested state."""
    if isinstance(state, Tensor):
        return state.numel() * state.element_size()
    values = state.values() if isinstance(state, dict) else state if isinstance(state, (list, tuple)) else ()
    return sum(bytes_in(value) for value in values)


def stepping(optimizer: Any) -> Callable[[int], None]:
    """One step, with a loss that jumps now and then, so that mechanisms are at work."""
    observes = getattr(optimizer, "OBSERVES", ())

    def step(count: int) -> None:
        if observes:
            loss = 1.0 + 0.01 * (count % 5) + (0.5 if count % 20 > 16 else 0.0)
            optimizer.observe(**{name: loss if name == "loss" else SIGNALS[name] for name in observes})
        optimizer.step()

    return step


def compared(ours: Callable[[int], None], theirs: Callable[[int], None], *, rounds: int, device: str) -> float:
    """Median of the ratio of both, taken in turns, so that whatever else the machine does meets both alike."""
    ratios = []
    for count in range(rounds + 10):
        seconds = []
        for step in (ours, theirs) if count % 2 else (theirs, ours):
            start = time.perf_counter()
            step(count)
            if device != "cpu":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - start)
        if count >= 10:
            ratios.append(seconds[0] / seconds[1] if count % 2 else seconds[1] / seconds[0])
    return statistics.median(ratios)


def measured(
    circuit: tuple[str, str, str], shapes: Sequence[tuple[int, ...]], *, rounds: int, device: str = "cpu", fused: bool = False
) -> tuple[float, float]:
    """Ratios of time and of state memory to AdamW, for the circuit on the base AdamW."""
    made = compile_spec(Spec(name="measured", sense=circuit[0], respond=circuit[1], act=circuit[2]))
    ours = made(weights_of(shapes, device), 1e-5, base="adamw", weight_decay=0.01, fused=fused)
    theirs = torch.optim.AdamW(weights_of(shapes, device), 1e-5, weight_decay=0.01, fused=fused, foreach=False)
    ratio = compared(stepping(ours), stepping(theirs), rounds=rounds, device=device)
    return ratio, bytes_in(dict(ours.state)) / bytes_in(dict(theirs.state))


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    threads = torch.get_num_threads()
    # On one thread, or the ratios measure how busy the machine is.
    torch.set_num_threads(1)
    rows: list[tuple[object, ...]] = [("circuit on AdamW", "scope", *(f"time, {name}" for name in SHAPES), "state memory")]
    named = {circuit: name for name, circuit in PROTOTYPES.items()}
    by_scope: dict[str, list[tuple[float, ...]]] = {}
    try:
        for circuit in circuits(quick=quick):
            found = [measured(circuit, shapes, rounds=15 if quick else 40) for shapes in SHAPES.values()]
            numbers = (*(ratio for ratio, _ in found), found[-1][1])
            scope = parts.part("sense", circuit[0]).SCOPE
            by_scope.setdefault(scope, []).append(numbers)
            rows.append((named.get(circuit, " ".join(circuit)), scope, *numbers))
    finally:
        torch.set_num_threads(threads)
    every = [numbers for scope in by_scope.values() for numbers in scope]
    for scope, several in [*by_scope.items(), ("all", every)]:
        rows.append((f"median of {len(several)}", scope, *map(statistics.median, zip(*several, strict=True))))
    return [*rows, *on_cuda(quick=quick)]


def on_cuda(*, quick: bool) -> list[tuple[object, ...]]:
    """The prototypes against fused AdamW at 10 and 100 million parameters."""
    if not torch.cuda.is_available():
        return [("fused AdamW on CUDA", "not measured: no CUDA GPU here", "", "", "")]
    rows: list[tuple[object, ...]] = []
    sizes = ([(1024, 1024)] * 10, [(4096, 4096)] * 6)
    for name, circuit in PROTOTYPES.items():
        found = [measured(circuit, shapes, rounds=20 if quick else 60, device="cuda", fused=True) for shapes in sizes]
        scope = f"{parts.part('sense', circuit[0]).SCOPE}, fused AdamW on CUDA, 10M and 100M parameters"
        rows.append((name, scope, *(ratio for ratio, _ in found), found[-1][1]))
    return rows

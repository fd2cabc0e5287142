"""The small world in which the contract is exercised: ten classes, told apart by a small network, renamed halfway."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

FEATURES, HIDDEN, CLASSES, BATCH = 6, 16, 10, 10
RATE = 0.05

Batch = tuple[Tensor, Tensor]


class NotApplicable(Exception):
    """A point of the contract that cannot apply; its text says why."""


class Broken(AssertionError):
    """A point of the contract that does not hold; its text says how."""


@dataclass(slots=True)
class Record:
    """A life as a twin needs it: first weights, then for each step the gradients and what was observed."""

    start: list[Tensor]
    knobs: dict[str, Any]
    gradients: list[list[Tensor]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    model: torch.nn.Module | None = None
    seed: int = 0
    """Of the random numbers that the optimizer draws."""


def require(condition: object, text: str) -> None:
    """Raises :class:`Broken` with ``text`` unless ``condition`` holds."""
    if not condition:
        raise Broken(text)


def refuses(what: Callable[[], object], error: type[Exception], text: str) -> None:
    """Raises :class:`Broken` unless ``what`` raises ``error``."""
    try:
        what()
    except error:
        return
    raise Broken(f"{text} was accepted")


def network(seed: int = 0, *, dtype: torch.dtype = torch.float32) -> torch.nn.Sequential:
    """A multilayer perceptron with weights from a generator of its own."""
    generator = torch.Generator().manual_seed(seed)
    empty: Any = torch.nn.utils.skip_init
    layers = [empty(torch.nn.Linear, a, b) for a, b in ((FEATURES, HIDDEN), (HIDDEN, CLASSES))]
    with torch.no_grad():
        for layer in layers:
            for p in layer.parameters():
                p.copy_(torch.randn(p.shape, generator=generator) * 0.3)
    return torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1]).to(dtype)


@functools.cache
def batches(steps: int, *, seed: int = 0, dtype: torch.dtype = torch.float32) -> tuple[Batch, ...]:
    """``steps`` batches; from the middle on every class goes by its neighbour's name."""
    generator = torch.Generator().manual_seed(1000 + seed)
    rule = torch.randn(FEATURES, CLASSES, generator=generator)
    made = []
    for step in range(steps):
        inputs = torch.randn(BATCH, FEATURES, generator=generator)
        targets = (inputs @ rule).argmax(dim=1)
        made.append((inputs.to(dtype), targets if 2 * step < steps else (targets + 1) % CLASSES))
    return tuple(made)


@functools.cache
def _rule(seed: int) -> Tensor:
    """What tells the classes apart in :func:`batches` before they are renamed."""
    return torch.randn(FEATURES, CLASSES, generator=torch.Generator().manual_seed(1000 + seed))


def make(prototype: ModuleType, model: torch.nn.Module, params: Any = None, **options: Any) -> Any:
    """The prototype's optimizer for ``model``, attached where it looks ahead."""
    optimizer = prototype.build(model.parameters() if params is None else params, **({"lr": RATE} | options))
    return attach(optimizer, model)


def lively(prototype: ModuleType) -> dict[str, Any]:
    """Knobs with which the mechanism acts often enough to be examined."""
    return {"lr": RATE} | dict(getattr(prototype, "LIVELY", {}))


def attach(optimizer: Any, model: torch.nn.Module) -> Any:
    """Tells ``optimizer`` its network, where it asks for that."""
    if hasattr(optimizer, "attach"):
        optimizer.attach(model)
    return optimizer


def errors_of(batch: Batch) -> float:
    """The share of ``batch`` that someone misses who knows the classes as they were at first."""
    return float((batch[0].float() @ _rule(0)).argmax(dim=1).ne(batch[1]).float().mean()) if batch[1].dim() == 1 else 0.0


def observe(optimizer: Any, loss: Any, batch: Batch) -> None:
    """Hands over what the optimizer takes, and nothing more.

    The errors are those of someone who knows the classes as they were at first, and the loss set aside grows with them.
    """
    errors = errors_of(batch)
    offered = {"inputs": batch[0], "targets": batch[1], "errors": errors, "held_out": 2.3 + errors}
    observed = {name: offered[name] for name in getattr(optimizer, "OBSERVES", ()) if name in offered}
    if hasattr(optimizer, "observe"):
        optimizer.observe(loss=loss, **observed)


def backward(model: torch.nn.Module, optimizer: Any, batch: Batch) -> Tensor:
    """Loss of the batch, with its gradients left in the weights."""
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(batch[0]), batch[1])
    loss.backward()
    return loss.detach()


def live(model: torch.nn.Module, optimizer: Any, life: Iterable[Batch]) -> list[float]:
    """Trains through ``life``; the loss of each step."""
    losses = []
    for batch in life:
        loss = backward(model, optimizer, batch)
        observe(optimizer, loss, batch)
        optimizer.step()
        losses.append(float(loss))
    return losses


def weights(model: torch.nn.Module) -> list[Tensor]:
    """A copy of all weights."""
    return [p.detach().clone() for p in model.parameters()]


def same(these: Sequence[Tensor], those: Sequence[Tensor]) -> bool:
    """Whether two lists of tensors are equal bit for bit, NaN included."""
    return len(these) == len(those) and all(
        a.dtype == b.dtype and a.shape == b.shape and bool(((a == b) | (a.isnan() & b.isnan())).all())
        for a, b in zip(these, those, strict=True)
    )


def lived(prototype: ModuleType, steps: int = 60, *, seed: int = 0, **options: Any) -> tuple[list[Tensor], list[float], Any]:
    """Final weights, responses and optimizer of one life of ``prototype``."""
    model, responses = network(seed), []
    optimizer = make(prototype, model, **options)
    for batch in batches(steps, seed=seed):
        live(model, optimizer, [batch])
        responses.append(optimizer.response)
    return weights(model), responses, optimizer

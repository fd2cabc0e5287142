"""The small world of the contract, lived by a plain optimizer with a regularizer beside the loss."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from adaptive.contract.world import RATE, Batch, batches, errors_of, network, weights

Life = tuple[list[Tensor], list[float]]
"""Final weights, and the penalty of each step."""


def is_regularizer(module: ModuleType) -> bool:
    """Whether ``build`` makes a regularizer: it says so (``FORM``), or what it makes of weights alone is a module of torch."""
    if stated := getattr(module, "FORM", ""):
        return str(stated) == "regularizer"
    try:
        made = module.build(network().parameters(), **getattr(module, "LIVELY", {}))
    except Exception:
        # An optimizer asks for a learning rate; what else is wrong with it is found by the points that it is held to.
        return False
    return isinstance(made, torch.nn.Module)


def make(module: ModuleType, model: torch.nn.Module, params: Any = None, **options: Any) -> Any:
    """The regularizer of ``model``, with the knobs with which it acts often enough to be examined."""
    return module.build(model.parameters() if params is None else params, **(getattr(module, "LIVELY", {}) | options))


def penalty_of(regularizer: Any, loss: Any, batch: Batch) -> Tensor:
    """The penalty, after handing over what the regularizer takes and nothing more, as ``observe`` does of the other world."""
    errors = errors_of(batch)
    offered = {"targets": batch[1], "errors": errors, "held_out": 2.3 + errors}
    penalty: Tensor = regularizer(loss, **{n: offered[n] for n in getattr(regularizer, "OBSERVES", ()) if n in offered})
    return penalty


def loss_of(model: torch.nn.Module, batch: Batch) -> Tensor:
    """The loss of ``batch``, of which gradients can be taken."""
    return torch.nn.functional.cross_entropy(model(batch[0]), batch[1])


def live(model: torch.nn.Module, optimizer: Any, regularizer: Any, life: Iterable[Batch]) -> list[float]:
    """Trains through ``life``; the penalty of each step."""
    penalties = []
    for batch in life:
        loss = loss_of(model, batch)
        penalty = penalty_of(regularizer, loss, batch)
        optimizer.zero_grad()
        (loss + penalty).backward()
        optimizer.step()
        penalties.append(float(penalty.detach()))
    return penalties


def sgd(model: torch.nn.Module, **options: Any) -> torch.optim.SGD:
    """The optimizer of this world: without momentum, unless asked for."""
    return torch.optim.SGD(model.parameters(), lr=RATE, foreach=False, **options)


def lived(module: ModuleType, steps: int = 60, *, base: dict[str, Any] | None = None, **options: Any) -> Life:
    """One life with the regularizer of ``module`` and SGD with the options ``base``."""
    model = network()
    penalties = live(model, sgd(model, **(base or {})), make(module, model, **options), batches(steps))
    return weights(model), penalties

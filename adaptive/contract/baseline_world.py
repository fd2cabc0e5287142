"""How a baseline lives in the small world of the contract."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import torch

from adaptive.baselines._rule import RuleOptimizer
from adaptive.contract.world import Batch, NotApplicable, network, observe


def make(module: ModuleType, model: torch.nn.Module, params: Any = None, **options: Any) -> Any:
    """The baseline's optimizer at its usual setting, told what it needs."""
    usual = {name: knob.default for name, knob in module.KNOBS.items()}
    optimizer = module.build(model.parameters() if params is None else params, **(usual | options))
    if hasattr(optimizer, "attach"):
        optimizer.attach(model)
    if hasattr(optimizer, "plan"):
        optimizer.plan(400)
    if hasattr(optimizer, "train"):
        optimizer.train()
    return optimizer


def live(model: torch.nn.Module, optimizer: Any, life: Iterable[Batch]) -> list[float]:
    """Trains through ``life``; the loss of each step."""
    losses = []
    for inputs, targets in life:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        observe(optimizer, loss.detach(), (inputs, targets))
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def ours(module: ModuleType) -> bool:
    """Whether the optimizer is our own."""
    return isinstance(make(module, network()), RuleOptimizer)


def only_ours(module: ModuleType) -> None:
    if not ours(module):
        raise NotApplicable("the library that keeps it decides this")


def lively(module: ModuleType) -> dict[str, float]:
    return dict(getattr(module, "LIVELY", {}))

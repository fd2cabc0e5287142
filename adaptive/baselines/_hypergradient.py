"""What the hypergradient baselines share: one learning rate for the network, moved by how alike two successive steps are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._rule import Number, Slot, member, spread, total

LOWEST, HIGHEST = 1e-4, 1e4
"""The factor on the learning rate stays between these."""


def usual(slots: Sequence[Slot]) -> Number:
    """The learning rate that a change is counted against: the largest of all groups, as a float or (members,)."""
    rates = [slot.h["lr"] for slot in slots]
    return member(rates[0]) if isinstance(rates[0], Tensor) else max(rates)


def alike(slots: Sequence[Slot], name: str) -> Tensor:
    """Inner product of the gradients with what is kept as ``name``, over the whole network: (members,)."""
    return total(slot.g * slot.state[name] for slot in slots if name in slot.state)


def factor(whole: dict[str, Any], slots: Sequence[Slot]) -> Tensor:
    """The factor so far, (members,)."""
    if "factor" not in whole:
        whole["factor"] = torch.ones(len(slots[0].p), dtype=slots[0].p.dtype)
    kept: Tensor = whole["factor"]
    return kept


def moved(whole: dict[str, Any], before: Tensor, after: Tensor) -> None:
    """Keeps ``after`` as the factor, within bounds; what is not a number changes nothing."""
    whole["factor"] = torch.where(after.isfinite(), after, before).clamp(LOWEST, HIGHEST)


def rate(slot: Slot, whole: dict[str, Any]) -> Number:
    """The learning rate of ``slot``, broadcasting over its weights."""
    return slot.h["lr"] * spread(whole["factor"], slot.p)


def same_place(slots: Sequence[Slot], name: str) -> bool:
    """Whether there is a last step to compare with."""
    return any(name in slot.state for slot in slots)

"""Weights that mattered are held near where they have been of late, whatever says how much each matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from adaptive.baselines._rule import Draw, Slot, Units, carried_on


class Rule(Protocol):
    """A step, as :mod:`adaptive.baselines` describes it."""

    def __call__(self, slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None: ...


def anchored(importance: Callable[[Tensor], Tensor]) -> Rule:
    """The rule ``v <- momentum v + g + strength F (w - c);  w <- w - lr v``, F the running average of ``importance(g)``, c of w.

    Both averages are corrected for their start and take in the gradient and the weights of before the step. The pull is the
    gradient of a term in the loss, so momentum carries it on as it does g.
    """

    def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
        for slot in slots:
            state, h = slot.state, slot.h
            if "importance" not in state:
                state |= {"importance": torch.zeros_like(slot.p), "center": torch.zeros_like(slot.p), "age": 0}
            state["age"] += 1
            known = 1.0 - h["memory"] ** state["age"]
            state["importance"].mul_(h["memory"]).add_((1.0 - h["memory"]) * importance(slot.g))
            state["center"].mul_(h["memory"]).add_((1.0 - h["memory"]) * slot.p)
            pull = state["importance"] / known * (slot.p - state["center"] / known)
            slot.p.sub_(h["lr"] * carried_on(slot, slot.g + h["strength"] * pull))

    return rule

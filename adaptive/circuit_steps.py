"""The plain steps of many members at once, with a mechanism's change in them: those of :mod:`adaptive.base_step`, batched.

A change is ``None``, one number a member, (members,), or a tensor that goes with the weights, (members, …).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._rule import Slot


def sgd(slot: Slot, kind: str, change: Any) -> None:
    """``g + decay w + pull``, momentum, then ``w -= rate g``, with the change in it."""
    h, gradient, weight = slot.h, slot.g, slot.p
    many = isinstance(change, Tensor) and change.dim() > 1
    one = over(change, weight) if isinstance(change, Tensor) and not many else None
    if kind == "scale" and isinstance(change, Tensor):
        gradient = gradient * (change if one is None else one)
    elif kind == "gradient" and change is not None:
        gradient = change
    decay = h["weight_decay"] + one if kind == "decay" and one is not None else h["weight_decay"]
    gradient = gradient + decay * weight
    if change is not None and (kind == "pull" or (kind == "decay" and many)):
        gradient = gradient + (change if kind == "pull" else change * weight)
    inertia = h["momentum"] * one if kind == "momentum" and one is not None else h["momentum"]
    buffer = slot.state.get("momentum_buffer")
    slot.state["momentum_buffer"] = buffer = gradient.clone() if buffer is None else buffer.mul_(inertia).add_(gradient)
    moved = buffer * change if kind == "rate" and many else buffer
    rate = h["lr"] * one if kind == "rate" and one is not None else h["lr"]
    weight.sub_(moved * rate)


def adamw(slot: Slot, kind: str, change: Any) -> None:
    """Decay and pull outside the adapted step, a factor on the adapted step alone."""
    h, gradient, weight, state = slot.h, slot.g, slot.p, slot.state
    many = isinstance(change, Tensor) and change.dim() > 1
    one = over(change, weight) if isinstance(change, Tensor) and not many else None
    if "exp_avg" not in state:
        state |= {"exp_avg": torch.zeros_like(weight), "exp_avg_sq": torch.zeros_like(weight), "age": 0}
    state["age"] = age = int(state["age"]) + 1
    if kind == "scale" and isinstance(change, Tensor):
        gradient = gradient * (change if one is None else one)
    elif kind == "gradient" and change is not None:
        gradient = change
    rate = h["lr"] * one if kind == "rate" and one is not None else h["lr"]
    decay = h["weight_decay"] + one if kind == "decay" and one is not None else h["weight_decay"]
    inertia = h["beta1"] * one if kind == "momentum" and one is not None else h["beta1"]
    weight.mul_(1.0 - rate * decay)
    if change is not None and (kind == "pull" or (kind == "decay" and many)):
        weight.sub_(rate * (change if kind == "pull" else change * weight))
    state["exp_avg"].add_((1.0 - inertia) * (gradient - state["exp_avg"]))
    state["exp_avg_sq"].mul_(h["beta2"]).add_((1.0 - h["beta2"]) * gradient.square())
    spread = state["exp_avg_sq"].sqrt() / (1.0 - h["beta2"] ** age) ** 0.5 + h["eps"]
    moved = state["exp_avg"] * change if kind == "rate" and many else state["exp_avg"]
    weight.sub_(rate / (1.0 - h["beta1"] ** age) * moved / spread)


def over(numbers: Tensor, like: Tensor) -> Tensor:
    """One number a member, so that it broadcasts over ``like`` (members, …)."""
    return numbers.to(like.dtype if numbers.is_floating_point() else numbers.dtype).reshape(-1, *(1,) * (like.dim() - 1))

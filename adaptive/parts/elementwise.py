"""Arithmetic that is the same for one number and for a tensor of them, and safe where a number is not finite."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

Value = float | Tensor
State = dict[str, Any]

HUGE = 1e18
"""What is at least this large counts as not finite, so that squares fit into single precision."""
WARM_UP = 10
"""Observations before a baseline is trusted."""
STEEPEST = 10.0
"""Largest deviation from a baseline, in spreads; what is not finite deviates by as much."""


def clamp(x: Value, low: float, high: float) -> Value:
    """``x`` brought into ``low`` to ``high``."""
    return x.clamp(low, high) if isinstance(x, Tensor) else min(max(x, low), high)


def calm(x: Value) -> Value:
    """``x`` where it is finite, and 0, which is no evidence of anything, where it is not."""
    if isinstance(x, Tensor):
        return torch.where(x.abs() < HUGE, x, torch.zeros_like(x))
    return x if abs(x) < HUGE else 0.0


def sign(x: Value) -> Value:
    """-1, 0 or 1."""
    return x.sign() if isinstance(x, Tensor) else float((x > 0.0) - (x < 0.0))


def size(x: Value) -> Any:
    """``x`` without its sign."""
    return x.abs() if isinstance(x, Tensor) else abs(x)


def exp(x: Value) -> Value:
    """e to the power of ``x``."""
    return x.exp() if isinstance(x, Tensor) else math.exp(x)


def choose(condition: Any, this: Any, that: Any) -> Any:
    """``this`` where ``condition`` holds, else ``that``."""
    if isinstance(condition, Tensor):
        return torch.where(condition, this, that)
    return this if condition else that


def mean(x: Value) -> Any:
    """Mean over a tensor; a single number is its own."""
    return x.mean() if isinstance(x, Tensor) else x


def like(condition: Any, x: Value) -> Any:
    """1 where ``condition`` holds and 0 elsewhere, as the kind of number that ``x`` is."""
    return condition.to(x.dtype) if isinstance(condition, Tensor) and isinstance(x, Tensor) else float(condition)


def unit_size(x: Tensor) -> Tensor:
    """Root mean square of each unit's numbers (a row of a matrix, an entry of a vector), of a shape that goes with ``x``."""
    if x.dim() < 2:
        return x.abs()
    return x.flatten(1).square().mean(dim=1).sqrt().view(-1, *[1] * (x.dim() - 1))


def typical(x: Tensor) -> Tensor:
    """Mean size of the numbers in ``x`` that are finite, as a single one; 0 where there is none."""
    known = calm(x)
    return known.abs().mean() if known.numel() else known.sum()  # type: ignore[union-attr]


def root_mean_square(x: Tensor) -> Tensor:
    """Of the numbers in ``x`` that are finite, as a single one; 0 where there is none."""
    known: Any = calm(x)
    return known.square().mean().sqrt() if known.numel() else known.sum()  # type: ignore[no-any-return]


def deviation(x: float, state: State, *, memory: float) -> tuple[float, State]:
    """How many spreads ``x`` lies above its own running baseline, -10 to 10, and the baseline with ``x`` taken in.

    The baseline is an exponential mean and variance, a plain one while it warms up; until then every deviation is 0. An outlier
    is taken in as a deviation of 10 spreads, so that one shock does not become the new normal, and a number that is not finite
    deviates by 10 and is not taken in at all. A tenth of a per cent of the mean is the least spread, lest rounding is a shock.
    """
    count, mean, variance = state["count"], state["mean"], state["variance"]
    warm = count >= WARM_UP
    if not abs(x) < HUGE:
        return (STEEPEST if warm else 0.0), state
    spread = math.sqrt(variance) + 1e-3 * abs(mean) + 1e-12
    gap = min(max(x - mean, -STEEPEST * spread), STEEPEST * spread) if warm else x - mean
    share = max(1.0 - memory, 1.0 / (count + 1.0))
    learned = {
        "count": min(count + 1.0, HUGE),
        "mean": mean + share * gap,
        "variance": (1.0 - share) * (variance + share * gap * gap),
    }
    return (gap / spread if warm else 0.0), learned

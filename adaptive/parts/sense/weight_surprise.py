"""Stress of each single weight: its gradient is not what it was expected to be."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

EQUATION = "U = |g_t - d_{t-1}| / (|g_t| + |d_{t-1}|); d_t = memory d_{t-1} + (1 - memory) g_t, weight by weight"
UNITS = "share of the greatest surprise possible: 1 where the sign is another"
RANGE = (0.0, 1.0)
REFERENCE = "belief in the observed gradient: Zhuang et al., arXiv 2010.07468; made free of scale"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "pair", "weight", "stress"
START: dict[str, float] = {}


def sense(pair: tuple[Tensor, Tensor], state: State, *, memory: float) -> tuple[Tensor, State]:
    """0 to 1 for each weight; 0 where gradient and trail are both 0."""
    gradient, trail = pair
    return (gradient - trail).abs_().div_((gradient.abs() + trail.abs()).clamp_min_(1e-30)).clamp_(max=1.0), state

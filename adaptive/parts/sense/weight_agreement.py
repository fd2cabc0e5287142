"""Agreement of each single weight: how far its gradient repeats what it has been of late, in sign and in size."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

EQUATION = "A = 2 g_t d_{t-1} / (g_t^2 + d_{t-1}^2); d_t = memory d_{t-1} + (1 - memory) g_t, weight by weight"
UNITS = "share of the greatest agreement possible: 1 where both are equal, -1 where one is the other turned round"
RANGE = (-1.0, 1.0)
REFERENCE = "signs of successive gradients: Riedmiller and Braun, doi 10.1109/ICNN.1993.298623; graded by size, ours"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "pair", "weight", "agreement"
START: dict[str, float] = {}


def sense(pair: tuple[Tensor, Tensor], state: State, *, memory: float) -> tuple[Tensor, State]:
    """-1 to 1 for each weight; 0 where gradient or trail is 0."""
    gradient, trail = pair
    # By the larger of both first: squares of what is very small or very large would be lost.
    largest = gradient.abs().maximum(trail.abs()).clamp_min_(1e-30)
    one, other = gradient / largest, trail / largest
    return (2.0 * one * other / (one.square() + other.square()).clamp_min_(1e-30)).clamp_(-1.0, 1.0), state

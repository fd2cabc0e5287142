"""Stress: the gradient changes much within one step, as on sharply curved ground; a proxy of curvature."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "U = max(0, |g_t - g_{t-1}| / (|g_t| + |g_{t-1}|) - tolerance), tensor by tensor"
UNITS = "share of the greatest change possible"
RANGE = (0.0, 1.0)
REFERENCE = (
    "change of the gradient over a step as curvature: Barzilai and Borwein, doi 10.1093/imanum/8.1.141; made free of scale"
)
KNOBS = {"tolerance": Knob(0.1, 0.0, 0.7, least=0.0, most=1.0)}
NEUTRAL = {"tolerance": 1.0}
SIGNAL, SCOPE, QUANTITY = "products", "tensor", "stress"
START: dict[str, float] = {}


def sense(products: tuple[float, float, float], state: State, *, tolerance: float) -> tuple[float, State]:
    """Change beyond ``tolerance``, 0 to 1; 0 in the first step, the most where the gradient is not finite."""
    square, along, before = products
    if not 0.0 <= square < HUGE * HUGE:
        return 1.0 - tolerance, state
    together = math.sqrt(square) + math.sqrt(before)
    if before <= 1e-30 or together <= 1e-15:
        return 0.0, state
    change = math.sqrt(max(square - 2.0 * along + before, 0.0)) / together
    return max(min(change, 1.0) - tolerance, 0.0), state

"""Stress: the weights have grown or shrunk far from their first size, as a tissue that outgrows its form."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "U = min(10, max(0, |log(|w_t| / |w_0|)| - tolerance)), tensor by tensor"
UNITS = "logarithm of the factor between the norms of the weights now and at first"
RANGE = (0.0, 10.0)
REFERENCE = "growth of the norm of weights as a sign of lost plasticity: Lyle et al., arXiv 2402.18762"
KNOBS = {"tolerance": Knob(0.05, 0.01, 0.5, log=True, least=0.0, most=10.0)}
NEUTRAL = {"tolerance": 10.0}
SIGNAL, SCOPE, QUANTITY = "length", "tensor", "stress"
START = {"first": 0.0}


def sense(square: float, state: State, *, tolerance: float) -> tuple[float, State]:
    """Drift beyond ``tolerance``, 0 to 10; a tensor that begins at 0 drifts from the first size that it has."""
    if not 0.0 <= square < HUGE * HUGE:
        return max(10.0 - tolerance, 0.0), state
    if square <= 1e-30:
        return 0.0, state
    if state["first"] == 0.0:
        return 0.0, {"first": square}
    return min(max(abs(0.5 * math.log(square / state["first"])) - tolerance, 0.0), 10.0), state

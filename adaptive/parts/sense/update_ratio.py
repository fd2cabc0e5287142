"""Agreement: whether the weights moved less than they should, as a muscle that is used too little or too much."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "A = -tanh(log(|w_t - w_{t-1}| / (target |w_t|))), tensor by tensor"
UNITS = "logarithm of the ratio of update to weight over its target, squashed; above 0 the weights move too little"
RANGE = (-1.0, 1.0)
REFERENCE = "ratio of update to weight: You et al., arXiv 1708.03888, measured in place of imposed"
KNOBS = {"target": Knob(1e-3, 1e-4, 1e-2, log=True, least=1e-9, most=1e3)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "displacement", "tensor", "agreement"
START: dict[str, float] = {}


def sense(squares: tuple[float, float], state: State, *, target: float) -> tuple[float, State]:
    """Minus the squashed logarithm, -1 to 1; 0 where the weights are all 0, did not move or are not finite."""
    length, moved = squares
    if not (1e-30 < length < HUGE * HUGE and 0.0 < moved < HUGE * HUGE):
        return 0.0, state
    return -math.tanh(0.5 * (math.log(moved) - math.log(length)) - math.log(target)), state

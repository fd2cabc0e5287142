"""Stress: how much of the gradient is noise, as a cell cannot tell a faint signal from chance."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "U = min(10, log(1 + |g_t - d_{t-1}|^2 / |d_{t-1}|^2)); d_t = memory d_{t-1} + (1 - memory) g_t, tensor by tensor"
UNITS = "logarithm of 1 + the ratio of noise to signal, in squares of norms"
RANGE = (0.0, 10.0)
REFERENCE = "simple noise scale: McCandlish et al., arXiv 1812.06162, eq. 2.9, over time in place of samples"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "products", "tensor", "stress"
START: dict[str, float] = {}


def sense(products: tuple[float, float, float], state: State, *, memory: float) -> tuple[float, State]:
    """Logarithm of the noise ratio, 0 to 10; 0 without a trail, 10 where the gradient is not finite."""
    square, along, trail = products
    if not 0.0 <= square < HUGE * HUGE:
        return 10.0, state
    noise = max(square - 2.0 * along + trail, 0.0)
    return (min(math.log1p(noise / trail), 10.0) if trail > 1e-30 else 0.0), state

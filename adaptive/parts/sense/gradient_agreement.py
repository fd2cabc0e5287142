"""Agreement: whether a tensor's gradient points where it has pointed of late, so that experience confirms itself."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "A = cos(g_t, d_{t-1}); d_t = memory d_{t-1} + (1 - memory) g_t, tensor by tensor"
UNITS = "cosine"
RANGE = (-1.0, 1.0)
REFERENCE = "hypergradient with its scale divided out: Baydin et al., arXiv 1703.04782, eq. 5"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "products", "tensor", "agreement"
START: dict[str, float] = {}


def sense(products: tuple[float, float, float], state: State, *, memory: float) -> tuple[float, State]:
    """Cosine of the gradient and its trail, -1 to 1; 0 without a trail, or where the gradient is not finite."""
    square, along, trail = products
    scale = math.sqrt(square * trail) if 0.0 <= square < HUGE * HUGE else 0.0
    return (min(max(along / scale, -1.0), 1.0) if scale > 1e-30 else 0.0), state

"""Stress: the gradient points away from where it has pointed of late, as something that was never met before."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "U = 1 - cos(g_t, d_{t-1}); d_t = memory d_{t-1} + (1 - memory) g_t, tensor by tensor"
UNITS = "cosine distance: 0 the same direction, 1 unrelated, as those of small batches mostly are, 2 the opposite"
RANGE = (0.0, 2.0)
REFERENCE = "conflict of gradients by their cosine: Du et al., arXiv 1812.02224; against their own mean, ours"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "products", "tensor", "stress"
START: dict[str, float] = {}


def sense(products: tuple[float, float, float], state: State, *, memory: float) -> tuple[float, State]:
    """Distance of the gradient's direction from its trail's, 0 to 2; 0 without a trail, 1 where it is not finite."""
    square, along, trail = products
    if not 0.0 <= square < HUGE * HUGE:
        return 1.0, state
    scale = math.sqrt(square * trail)
    return (1.0 - min(max(along / scale, -1.0), 1.0) if scale > 1e-30 else 0.0), state

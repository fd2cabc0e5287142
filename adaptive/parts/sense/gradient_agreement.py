"""Agreement: whether a tensor's gradient points where it has pointed of late, so that experience confirms itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "A = cos(g_t, d_{t-1}); d_t = memory d_{t-1} + (1 - memory) g_t, tensor by tensor"
UNITS = "cosine"
RANGE = (-1.0, 1.0)
REFERENCE = "hypergradient with its scale divided out: Baydin et al., arXiv 1703.04782, eq. 5"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "gradient", "tensor", "agreement"
START = {"trail": 0.0}


def sense(gradient: Tensor, state: State, *, memory: float) -> tuple[float, State]:
    """Cosine of ``gradient`` and its trail, -1 to 1, or 0 without a trail; what is not finite says 0 and leaves no trail."""
    trail = state["trail"]
    # Half precision is too coarse for a sum of squares; single is not.
    wide = gradient.flatten() if gradient.dtype == torch.float64 else gradient.flatten().float()
    square = float(wide.dot(wide))
    if not square < HUGE * HUGE:
        return 0.0, state
    if not isinstance(trail, Tensor):
        return 0.0, {"trail": (1.0 - memory) * gradient}
    before = trail.flatten().to(wide.dtype)
    scale = math.sqrt(square * float(before.dot(before)))
    cosine = min(max(float(wide.dot(before)) / scale, -1.0), 1.0) if scale > 1e-30 else 0.0
    return cosine, {"trail": torch.lerp(trail, gradient, 1.0 - memory)}

"""Stress: more mistakes than were usual, as an animal whose world no longer does what it expects."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = (
    "U = min(10, max(0, (z - p) / (s + 0.001) - z0)); z = EMA of the error rate e, p its mean so far, "
    "s^2 = (1 - m) / (1 + m) var(e)"
)
UNITS = "standard deviations of the recent error rate above the usual one, beyond the threshold"
RANGE = (0.0, 10.0)
REFERENCE = "exponentially weighted chart for concept drift: Ross et al., arXiv 1212.6018, section 3; variance as observed"
KNOBS = {
    "memory": Knob(0.8, 0.5, 0.95, least=0.0, most=0.9999),
    "threshold": Knob(2.0, 1.0, 4.0, least=0.0, most=10.0),
}
NEUTRAL = {"threshold": 10.0}
SIGNAL, SCOPE, QUANTITY = "errors", "network", "stress"
START = {"count": 0.0, "recent": 0.0, "usual": 0.0, "variance": 0.0}


def sense(errors: float, state: State, *, memory: float, threshold: float) -> tuple[float, State]:
    """Stress, 0 to 10, at a share ``errors`` (0 to 1) of the batch mistaken; 0 in the first ten steps.

    What is not a share from 0 to 1 is no evidence.
    """
    if not 0.0 <= errors <= 1.0:
        return 0.0, state
    count = state["count"] + 1.0
    gap = errors - state["usual"]
    usual = state["usual"] + gap / count
    variance = state["variance"] + (gap * (errors - usual) - state["variance"]) / count
    recent = errors if count == 1.0 else memory * state["recent"] + (1.0 - memory) * errors
    spread = math.sqrt(max(variance, 0.0) * (1.0 - memory) / (1.0 + memory))
    stress = (recent - usual) / (spread + 1e-3) - threshold if count > 10.0 else 0.0
    return min(max(stress, 0.0), 10.0), {"count": min(count, HUGE), "recent": recent, "usual": usual, "variance": variance}

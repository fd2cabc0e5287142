"""Stress: the gradient is far longer than it was of late, as when a tissue is pulled harder than it is used to."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, deviation

EQUATION = "U = max(0, (log |g| - m) / s - z0), with m, s the exponential mean and spread of log |g|"
UNITS = "spreads of the logarithm of the gradient's norm above the threshold"
RANGE = (0.0, 10.0)
REFERENCE = (
    "control chart: Roberts, doi 10.1080/00401706.1959.10489860, "
    "on a logarithm since norms of gradients spread over orders of magnitude"
)
KNOBS = {
    "memory": Knob(0.98, 0.9, 0.995, least=0.0, most=0.9999),
    "threshold": Knob(1.0, 0.5, 3.0, least=0.0, most=10.0),
}
NEUTRAL = {"threshold": 10.0}
SIGNAL, SCOPE, QUANTITY = "norm", "network", "stress"
START = {"count": 0.0, "mean": 0.0, "variance": 0.0}


def sense(norm: float, state: State, *, memory: float, threshold: float) -> tuple[float, State]:
    """Spreads by which ``norm`` exceeds its baseline and ``threshold``; a norm that is not finite is the greatest stress."""
    z, learned = deviation(math.log(max(norm, 1e-30)) if norm < math.inf else math.inf, state, memory=memory)
    return max(0.0, z - threshold), learned

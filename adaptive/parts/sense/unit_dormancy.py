"""Stress of each unit: how silent it has become beside its neighbours, as a neuron that has lost its input."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, clamp, unit_size

EQUATION = "U_i = max(0, 1 - s_i / (limit mean_j s_j)); s_i = exponential mean of |g_i|, g_i the gradient of the unit's weights"
UNITS = "share of the limit that is missing: 1 for a dead unit"
RANGE = (0.0, 1.0)
REFERENCE = "score of dormant neurons: Sokar et al., arXiv 2302.12902, eq. 1, by gradients as in Liu et al., arXiv 2505.24061"
KNOBS = {
    "memory": Knob(0.95, 0.8, 0.99, least=0.0, most=0.9999),
    "limit": Knob(0.1, 0.01, 0.5, log=True, least=1e-6, most=1.0),
}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "gradient", "unit", "stress"
START = {"activity": 0.0}


def sense(gradient: Tensor, state: State, *, memory: float, limit: float) -> tuple[Tensor, State]:
    """What is missing to ``limit`` times the mean activity, 0 to 1 for each unit; 0 for all where none has any."""
    activity = memory * state["activity"] + (1.0 - memory) * unit_size(gradient)
    least = (limit * activity.mean()).clamp_min(1e-30)
    known = (activity.mean() > 0.0).to(activity.dtype)
    return known * clamp(1.0 - activity / least, 0.0, 1.0), {"activity": activity}

"""Stress: the share of a layer's units that have stopped to learn, as cells of a tissue that fell silent."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, unit_size

EQUATION = (
    "U = share of units i with s_i <= limit mean_j s_j; s_i = exponential mean of |g_i|, g_i the gradient of the unit's weights"
)
UNITS = "share of the tensor's units"
RANGE = (0.0, 1.0)
REFERENCE = "dormant neurons: Sokar et al., arXiv 2302.12902, by gradients as in Liu et al., arXiv 2505.24061"
KNOBS = {
    "memory": Knob(0.95, 0.8, 0.99, least=0.0, most=0.9999),
    "limit": Knob(0.1, 0.01, 0.5, log=True, least=0.0, most=1.0),
}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "gradient", "tensor", "stress"
START = {"activity": 0.0}


def sense(gradient: Tensor, state: State, *, memory: float, limit: float) -> tuple[float, State]:
    """Share of units whose recent gradient is at most ``limit`` of the tensor's mean, 0 to 1; 0 where no unit has any."""
    activity = memory * state["activity"] + (1.0 - memory) * unit_size(gradient)
    mean = activity.mean()
    silent = (activity <= limit * mean) & (mean > 0.0)
    return (float(silent.double().mean()) if silent.numel() else 0.0), {"activity": activity}

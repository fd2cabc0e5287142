"""Stress: a weight on which much depends, as a synapse that is used all the time."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

EQUATION = "U = min(10, max(0, v / mean v - 1)); v <- memory v + (1 - memory) g^2, weight by weight, mean over the tensor"
UNITS = "mean squares of the tensor's gradient, above one"
RANGE = (0.0, 10.0)
REFERENCE = "squared gradients as importance: Kirkpatrick et al., arXiv 1612.00796, section 2; as a running mean"
KNOBS = {"memory": Knob(0.99, 0.9, 0.999, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "gradient", "weight", "stress"
START = {"square": 0.0}


def sense(gradient: Tensor, state: State, *, memory: float) -> tuple[Tensor, State]:
    """Importance above that of the tensor's mean weight, 0 to 10; 0 for all where nothing has a gradient."""
    square = memory * state["square"] + (1.0 - memory) * gradient.square()
    mean = square.mean() if square.numel() else square.sum()
    return (square / mean.clamp_min(1e-37) - 1.0).clamp(0.0, 10.0), {"square": square}

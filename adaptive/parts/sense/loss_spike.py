"""Stress: the loss jumps above what was usual of late, as damaged protein suddenly piles up in a heated cell."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, deviation

EQUATION = "U = max(0, (loss - m) / s - z0), with m, s the exponential mean and spread of the loss"
UNITS = "spreads of the loss above the threshold"
RANGE = (0.0, 10.0)
REFERENCE = "control chart on an exponential mean: Roberts, doi 10.1080/00401706.1959.10489860; baseline as in deviation()"
KNOBS = {
    "memory": Knob(0.98, 0.9, 0.995, least=0.0, most=0.9999),
    "threshold": Knob(1.0, 0.5, 3.0, least=0.0, most=10.0),
}
NEUTRAL = {"threshold": 10.0}
SIGNAL, SCOPE, QUANTITY = "loss", "network", "stress"
START = {"count": 0.0, "mean": 0.0, "variance": 0.0}


def sense(loss: float, state: State, *, memory: float, threshold: float) -> tuple[float, State]:
    """Spreads by which ``loss`` exceeds its baseline and ``threshold``; a loss that is not finite is the greatest stress."""
    z, learned = deviation(loss, state, memory=memory)
    return max(0.0, z - threshold), learned

"""Stress: the loss has not fallen for long, as growth that has come to a halt."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = (
    "U = min(10, max(0, n / patience - 1)), n the steps since the exponential mean of the loss last was its lowest by a share"
)
UNITS = "patiences waited in vain"
RANGE = (0.0, 10.0)
REFERENCE = "patience of early stopping: Prechelt, doi 10.1007/3-540-49430-8_3"
KNOBS = {
    "memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999),
    "patience": Knob(30.0, 10.0, 300.0, log=True, least=1.0, most=1e9),
    "share": Knob(1e-3, 1e-4, 1e-2, log=True, least=0.0, most=1.0),
}
NEUTRAL = {"patience": 1e9}
SIGNAL, SCOPE, QUANTITY = "loss", "network", "stress"
START = {"count": 0.0, "mean": 0.0, "lowest": 0.0, "waited": 0.0}


def sense(loss: float, state: State, *, memory: float, patience: float, share: float) -> tuple[float, State]:
    """Patiences waited beyond the first, 0 to 10; a loss that is not finite is a step in vain and not taken in."""
    waited, count, mean, lowest = state["waited"] + 1.0, state["count"], state["mean"], state["lowest"]
    if abs(loss) < HUGE:
        mean = loss if count == 0.0 else memory * mean + (1.0 - memory) * loss
        if count == 0.0 or mean < lowest - share * abs(lowest):
            lowest, waited = mean, 0.0
        count = min(count + 1.0, HUGE)
    learned = {"count": count, "mean": mean, "lowest": lowest, "waited": min(waited, HUGE)}
    return min(max(waited / patience - 1.0, 0.0), 10.0), learned

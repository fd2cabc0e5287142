"""Stress: what was learned does not hold for a batch that was held back from learning, as training that does not transfer."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "U = min(10, max(0, (h - l) / (|l| + 0.001) - tolerance)), h and l exponential means of the held-out loss and the loss"
UNITS = "gap as a share of the loss"
RANGE = (0.0, 10.0)
REFERENCE = "generalisation loss against training progress: Prechelt, doi 10.1007/3-540-49430-8_3"
KNOBS = {
    "memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999),
    "tolerance": Knob(0.1, 0.01, 1.0, log=True, least=0.0, most=10.0),
}
NEUTRAL = {"tolerance": 10.0}
SIGNAL, SCOPE, QUANTITY = "held_out", "network", "stress"
START = {"count": 0.0, "learned": 0.0, "held": 0.0}


def sense(losses: tuple[float, float], state: State, *, memory: float, tolerance: float) -> tuple[float, State]:
    """Gap beyond ``tolerance``, 0 to 10, of the loss and that of a batch of the stream not learned from.

    What is not finite is the widest gap and not taken in.
    """
    loss, held_out = losses
    if not (abs(loss) < HUGE and abs(held_out) < HUGE):
        return max(10.0 - tolerance, 0.0), state
    share = 1.0 - memory if state["count"] > 0.0 else 1.0
    learned = state["learned"] + share * (loss - state["learned"])
    held = state["held"] + share * (held_out - state["held"])
    gap = (held - learned) / (abs(learned) + 1e-3)
    return min(max(gap - tolerance, 0.0), 10.0), {"count": min(state["count"] + 1.0, HUGE), "learned": learned, "held": held}

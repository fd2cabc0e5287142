"""Agreement: whether the loss of late is below what it was before, as an environment that treats the organism well."""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State, deviation

EQUATION = "A = tanh(slow EMA(z) - fast EMA(z)), with z the loss in spreads above its slow baseline"
UNITS = "spreads of the loss, squashed; above 0 the loss falls"
RANGE = (-1.0, 1.0)
REFERENCE = "two exponential means: Roberts, doi 10.1080/00401706.1959.10489860; their difference as a trend, ours"
KNOBS = {
    "memory": Knob(0.98, 0.95, 0.995, least=0.0, most=0.9999),
    "recent": Knob(0.8, 0.5, 0.9, least=0.0, most=0.9999),
}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "loss", "network", "agreement"
START = {"count": 0.0, "mean": 0.0, "variance": 0.0, "fast": 0.0}


def sense(loss: float, state: State, *, memory: float, recent: float) -> tuple[float, State]:
    """How far the recent loss lies below its baseline, -1 to 1; a loss that is not finite is the worst news and not taken in."""
    z, learned = deviation(loss, state, memory=memory)
    if not abs(loss) < HUGE:
        return -1.0, state
    # The baseline is the slow average, so the distance of the fast one from it is the fast average of the distances.
    learned["fast"] = recent * state["fast"] + (1.0 - recent) * z
    return -math.tanh(learned["fast"]), learned

"""Chaperone titration: load binds free chaperones, which frees the switch that has more of them made.

Free chaperone keeps its own transcription factor quiet. Under load none is free, synthesis runs at full speed, and the level
rises until enough is free again; after the shock the surplus decays slowly. The response is how far the level has risen.
"""

from __future__ import annotations

import math

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp

EQUATION = (
    "free = max(0, C - U); a = K / (K + free); C <- (1 - decay) C + decay capacity a; "
    "response = (C - C*) / (capacity - C*), C* = (sqrt(K^2 + 4 K capacity) - K) / 2 the level without load"
)
UNITS = "share of the way from the level at rest to the highest level; U, C, K and capacity are in units of the load"
RANGE = (0.0, 1.0)
REFERENCE = "Hsp70 titration of Hsf1: Zheng et al., doi 10.7554/eLife.18638; discrete form ours"
KNOBS = {
    "capacity": Knob(4.0, 2.0, 10.0, least=0.01, most=1e6),
    "affinity": Knob(0.5, 0.1, 2.0, log=True, least=1e-6, most=1e6),
    "decay": Knob(0.05, 0.01, 0.3, log=True, least=0.0, most=1.0),
}
NEUTRAL = {"decay": 0.0}
TAKES = {"stress": "activation"}
START = {"risen": 0.0}


def respond(load: Value, state: State, *, capacity: float, affinity: float, decay: float) -> tuple[Value, State]:
    """Rise of the chaperone level, 0 at rest to 1; ``decay`` is the share made and lost in each step."""
    rest = (math.sqrt(affinity * affinity + 4.0 * affinity * capacity) - affinity) / 2.0
    level = rest + state["risen"] * (capacity - rest)
    free = clamp(level - load, 0.0, capacity)
    active = affinity / (affinity + free)
    made = (1.0 - decay) * level + decay * capacity * active
    risen = clamp((made - rest) / (capacity - rest), 0.0, 1.0)
    return risen, {"risen": risen}

"""Anticipation: not what is, but what is about to be is answered."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp, sign, size

EQUATION = "response = sign(x_t) clamp(|x_t| + lead (s_t - s_{t-1}), 0, 1); s_t = memory s_{t-1} + (1 - memory) |x_t|"
UNITS = "share of the full response, reached by one unit of what is foreseen; lead is in steps"
RANGE = (-1.0, 1.0)
REFERENCE = (
    "derivative action with a filter: Ziegler and Nichols, doi 10.1115/1.4019264; "
    "anticipation in E. coli: Mitchell et al., doi 10.1038/nature08112"
)
KNOBS = {
    "lead": Knob(3.0, 0.5, 20.0, log=True, least=0.0, most=1e4),
    "memory": Knob(0.5, 0.0, 0.9, least=0.0, most=1.0),
}
NEUTRAL: dict[str, float] = {}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"smooth": 0.0}


def respond(value: Value, state: State, *, lead: float, memory: float) -> tuple[Value, State]:
    """The value ``lead`` steps ahead, if it goes on changing as it does, -1 to 1."""
    smooth = memory * state["smooth"] + (1.0 - memory) * size(value)
    return sign(value) * clamp(size(value) + lead * (smooth - state["smooth"]), 0.0, 1.0), {"smooth": smooth}

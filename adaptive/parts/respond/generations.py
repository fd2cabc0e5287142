"""Inheritance: stress met in one generation marks the next, and the mark fades unless stress recurs."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp

EQUATION = "response = m; after every period steps m <- fade m + (1 - fade) mean of min(1, x) in that time"
UNITS = "share of the full mark; period is in steps, fade for each generation"
RANGE = (0.0, 1.0)
REFERENCE = "inherited small RNA of stressed fathers: Gapp et al., doi 10.1038/nn.3695; the arithmetic ours"
KNOBS = {
    "period": Knob(30.0, 10.0, 300.0, log=True, least=1.0, most=1e9),
    "fade": Knob(0.3, 0.05, 0.8, least=0.0, most=1.0),
}
NEUTRAL = {"fade": 1.0}
TAKES = {"stress": "activation"}
START = {"age": 0.0, "log": 0.0, "mark": 0.0}


def respond(value: Value, state: State, *, period: float, fade: float) -> tuple[Value, State]:
    """The mark that this generation was born with, 0 to 1; what it meets is for its children."""
    mark = state["mark"] + 0.0 * value
    age, log = state["age"] + 1.0, state["log"] + clamp(value, 0.0, 1.0)
    if age < period:
        return mark, {"age": age, "log": log, "mark": mark}
    return mark, {"age": 0.0, "log": 0.0, "mark": clamp(fade * mark + (1.0 - fade) * log / age, 0.0, 1.0)}

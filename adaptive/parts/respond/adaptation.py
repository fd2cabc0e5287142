"""Perfect adaptation: what is new is answered, what stays is not, however strong it is."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp, sign, size

EQUATION = "response = sign(x) min(1, max(0, |x| - a)); a <- a + rate (|x| - a)"
UNITS = "share of the full response, reached by one unit of what is sensed above the level adapted to"
RANGE = (-1.0, 1.0)
REFERENCE = (
    "perfect adaptation: Barkai and Leibler, doi 10.1038/43199; "
    "incoherent feed-forward: Goentoro et al., doi 10.1016/j.molcel.2009.11.018"
)
KNOBS = {"rate": Knob(0.05, 0.005, 0.5, log=True, least=0.0, most=1.0)}
NEUTRAL: dict[str, float] = {}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"level": 0.0}


def respond(value: Value, state: State, *, rate: float) -> tuple[Value, State]:
    """What exceeds the level adapted to, -1 to 1; under a constant value it goes back to 0."""
    level = state["level"]
    answer = sign(value) * clamp(size(value) - level, 0.0, 1.0)
    return answer, {"level": level + rate * (size(value) - level)}

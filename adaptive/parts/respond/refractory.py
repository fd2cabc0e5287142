"""A nerve cell: past the threshold it fires at full strength, and then it cannot fire for a while."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, choose, clamp, like, sign, size

EQUATION = "response = sign(x) where |x| >= threshold and r = 0, else 0; r <- period after firing, else max(0, r - 1)"
UNITS = "all or nothing; threshold is in units of what is sensed, period in steps"
RANGE = (-1.0, 1.0)
REFERENCE = "refractory period: Hodgkin and Huxley, doi 10.1113/jphysiol.1952.sp004764; as in integrate-and-fire models"
KNOBS = {
    "threshold": Knob(0.5, 0.1, 2.0, log=True, least=1e-6, most=1e6),
    "period": Knob(5.0, 1.0, 100.0, log=True, least=0.0, most=1e6),
}
NEUTRAL = {"threshold": 1e6}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"rest": 0.0}


def respond(value: Value, state: State, *, threshold: float, period: float) -> tuple[Value, State]:
    """-1, 0 or 1; after a response there is none for ``period`` steps."""
    fires = like((size(value) >= threshold) & (state["rest"] <= 0.0), value)
    return fires * sign(value), {"rest": choose(fires > 0.0, period, clamp(state["rest"] - 1.0, 0.0, 1e6))}

"""A governor: the answer may change only so fast, and its gain falls while the news keeps changing its mind."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, choose, clamp, sign

EQUATION = (
    "r <- r + clamp(clamp(g x, -1, 1) - r, -limit, limit); then g <- min(1, loosen g) where x_t x_{t-1} > 0, "
    "max(0.05, damp g) where < 0"
)
UNITS = "share of the full response; limit is the most that it may change in a step; loosen and damp are factors on the gain"
RANGE = (-1.0, 1.0)
REFERENCE = "gains that grow with agreement and shrink with change of sign: Riedmiller and Braun, doi 10.1109/ICNN.1993.298623"
KNOBS = {
    "limit": Knob(0.1, 0.01, 0.5, log=True, least=0.0, most=1.0),
    "loosen": Knob(1.1, 1.01, 1.5, least=1.0, most=10.0),
    "damp": Knob(0.7, 0.3, 0.95, least=0.0, most=1.0),
}
NEUTRAL = {"limit": 0.0}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"answer": 0.0, "gain": 1.0, "before": 0.0}


def respond(value: Value, state: State, *, limit: float, loosen: float, damp: float) -> tuple[Value, State]:
    """The governed answer, -1 to 1; the gain learned from this value serves the next."""
    before, gain = state["answer"], state["gain"]
    answer = before + clamp(clamp(gain * value, -1.0, 1.0) - before, -limit, limit)
    along = sign(value) * state["before"]
    damped = choose(along < 0.0, clamp(damp * gain + 0.0 * value, 0.05, 1.0), gain + 0.0 * value)
    gain = choose(along > 0.0, clamp(loosen * gain + 0.0 * value, 0.05, 1.0), damped)
    return answer, {"answer": answer, "gain": gain, "before": sign(value)}

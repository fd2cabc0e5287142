"""Competition: who senses more than its neighbours answers and keeps them quiet."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp, mean, sign, size

EQUATION = "response_i = sign(x_i) clamp(|x_i| - inhibition mean_j |x_j|, 0, 1), over the units or weights of a tensor"
UNITS = "share of the full response, reached by one unit of what is sensed above the inhibition"
RANGE = (-1.0, 1.0)
REFERENCE = "lateral inhibition: Hartline and Ratliff, doi 10.1085/jgp.40.3.357, eq. 1, of all by all alike"
KNOBS = {"inhibition": Knob(1.0, 0.1, 3.0, log=True, least=0.0, most=1e6)}
NEUTRAL = {"inhibition": 1e6}
TAKES, SCOPES = {"stress": "activation", "agreement": "tone"}, ("unit", "weight")
START: dict[str, float] = {}


def respond(value: Value, state: State, *, inhibition: float) -> tuple[Value, State]:
    """What is left of the value after inhibition by the mean of its tensor, -1 to 1."""
    strength = size(value)
    return sign(value) * clamp(strength - inhibition * mean(strength), 0.0, 1.0), state

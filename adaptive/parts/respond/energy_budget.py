"""A purse of ATP: every answer costs, the purse refills slowly, and an empty one answers nothing."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp, sign, size

EQUATION = "response = sign(x) min(|x|, 1, E / cost); E <- min(1, E - cost |response| + refill)"
UNITS = "share of the full response; cost of a full one and refill of a step are shares of a full purse"
RANGE = (-1.0, 1.0)
REFERENCE = "energy as a limit of signalling: Attwell and Laughlin, doi 10.1097/00004647-200110000-00001; token bucket: RFC 2697"
KNOBS = {
    "cost": Knob(0.2, 0.02, 1.0, log=True, least=1e-6, most=1.0),
    "refill": Knob(0.02, 0.002, 0.2, log=True, least=0.0, most=1.0),
}
NEUTRAL: dict[str, float] = {}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"spent": 0.0}


def respond(value: Value, state: State, *, cost: float, refill: float) -> tuple[Value, State]:
    """What the purse allows of the value, -1 to 1; held at 1 it settles at refill / cost."""
    strength = size(value)
    left = clamp((1.0 - state["spent"]) / cost, 0.0, 1.0)
    paid = clamp(strength - clamp(strength - left, 0.0, 1e18), 0.0, 1.0)
    return sign(value) * paid, {"spent": clamp(state["spent"] + cost * paid - refill, 0.0, 1.0)}

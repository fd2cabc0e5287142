"""Arousal: some stress helps most, little and much help little (Yerkes and Dodson)."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp, exp, sign, size

EQUATION = "response = sign(x) u e^(1 - u), u = |x| / peak"
UNITS = "share of the full response; peak is in units of what is sensed"
RANGE = (-1.0, 1.0)
REFERENCE = "Yerkes and Dodson, doi 10.1002/cne.920180503; the curve is Ricker's, doi 10.1139/f54-039"
KNOBS = {"peak": Knob(1.0, 0.2, 4.0, log=True, least=1e-6, most=1e6)}
NEUTRAL: dict[str, float] = {}
TAKES = {"stress": "activation", "agreement": "tone"}
START: dict[str, float] = {}


def respond(value: Value, state: State, *, peak: float) -> tuple[Value, State]:
    """The curve at ``value``: 0 at 0, 1 at ``peak``, falling beyond it."""
    dose = clamp(size(value) / peak, 0.0, 700.0)
    return sign(value) * clamp(dose * exp(1.0 - dose), 0.0, 1.0), state

"""A dose-response curve: nothing at small doses, half at the half-dose, all at large ones. No memory."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, choose, clamp, sign, size

EQUATION = "response = sign(x) |x|^n / (half^n + |x|^n)"
UNITS = "share of the full response; half is in units of what is sensed"
RANGE = (-1.0, 1.0)
REFERENCE = "Hill, doi 10.1113/jphysiol.1910.sp001386; made odd for signed evidence"
KNOBS = {
    "half": Knob(0.5, 0.1, 5.0, log=True, least=1e-6, most=1e6),
    "steepness": Knob(2.0, 1.0, 8.0, least=0.1, most=16.0),
}
NEUTRAL: dict[str, float] = {}
TAKES = {"stress": "activation", "agreement": "tone"}
START: dict[str, float] = {}


def respond(value: Value, state: State, *, half: float, steepness: float) -> tuple[Value, State]:
    """The curve at ``value``: 0 at 0, a half at ``half``, odd, rising with ``value``."""
    # Doses beyond 1e±3 half-doses are all or nothing; powers of them would leave single precision.
    dose = clamp(size(value) / half, 1e-3, 1e3)
    # Above the half-dose the reciprocal is taken, so that no power overflows.
    below, above = clamp(dose, 0.0, 1.0) ** steepness, clamp(dose, 1.0, 1e3) ** -steepness
    curve = choose(dose <= 1.0, below / (1.0 + below), 1.0 / (1.0 + above))
    return sign(value) * curve, state

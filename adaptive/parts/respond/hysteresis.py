"""A switch: on past the upper threshold, off below the lower, and in between as it was."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, choose, sign, size

EQUATION = "s <- sign(x) where |x| >= high; else s <- 0 where s x < low high; else s stays; response = s"
UNITS = "all or nothing; high is in units of what is sensed, low is a share of it"
RANGE = (-1.0, 1.0)
REFERENCE = (
    "thermionic trigger: Schmitt, doi 10.1088/0950-7671/15/1/305; "
    "memory of the lac operon: Ozbudak et al., doi 10.1038/nature02298"
)
KNOBS = {
    "high": Knob(0.5, 0.1, 2.0, log=True, least=1e-6, most=1e6),
    "low": Knob(0.5, 0.1, 0.9, least=0.0, most=1.0),
}
NEUTRAL = {"high": 1e6}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"switch": 0.0}


def respond(value: Value, state: State, *, high: float, low: float) -> tuple[Value, State]:
    """-1, 0 or 1; what was switched on stays on until hardly anything is sensed."""
    switch = state["switch"] + 0.0 * value
    kept = choose(switch * value < low * high, 0.0 * value, switch)
    switch = choose(size(value) >= high, sign(value), kept)
    return switch, {"switch": switch}

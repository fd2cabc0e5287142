"""A trace that fades: what was sensed echoes for a while and is then forgotten."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, clamp

EQUATION = "L <- memory L + (1 - memory) x; response = clamp(L, -1, 1)"
UNITS = "share of the full response, reached by one unit of what is sensed, held"
RANGE = (-1.0, 1.0)
REFERENCE = "leaky integrator: Lapicque (1907), translated by Brunel and van Rossum, doi 10.1007/s00422-007-0189-6"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=1.0)}
NEUTRAL = {"memory": 1.0}
TAKES = {"stress": "activation", "agreement": "tone"}
START = {"trace": 0.0}


def respond(value: Value, state: State, *, memory: float) -> tuple[Value, State]:
    """The trace, brought into -1 to 1; ``memory`` is the share that is left after one step."""
    trace = memory * state["trace"] + (1.0 - memory) * value
    return clamp(trace, -1.0, 1.0), {"trace": trace}

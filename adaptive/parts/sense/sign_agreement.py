"""Agreement of each single weight: whether its gradient has the sign that it has had of late, as a synapse that is used again."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, calm, sign

EQUATION = "A = sign(g_t) sign(d_{t-1}); d_t = memory d_{t-1} + (1 - memory) g_t, weight by weight"
UNITS = "sign"
RANGE = (-1.0, 1.0)
REFERENCE = "signs of successive gradients: Riedmiller and Braun, IEEE Int. Conf. on Neural Networks (1993) 586"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "gradient", "weight", "agreement"
START = {"trail": 0.0}


def sense(gradient: Tensor, state: State, *, memory: float) -> tuple[Value, State]:
    """-1, 0 or 1 for each weight, shaped like ``gradient``; a gradient that is not finite says 0 and leaves no trail."""
    known = calm(gradient)
    trail = memory * state["trail"] + (1.0 - memory) * known
    return sign(known) * sign(state["trail"]), {"trail": trail}

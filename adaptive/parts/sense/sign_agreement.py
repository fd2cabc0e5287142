"""Agreement of each single weight: whether its gradient has the sign that it has had of late, as a synapse that is used again."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

EQUATION = "A = sign(g_t) sign(d_{t-1}); d_t = memory d_{t-1} + (1 - memory) g_t, weight by weight"
UNITS = "sign"
RANGE = (-1.0, 1.0)
REFERENCE = "signs of successive gradients: Riedmiller and Braun, doi 10.1109/ICNN.1993.298623"
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "pair", "weight", "agreement"
START: dict[str, float] = {}


def sense(pair: tuple[Tensor, Tensor], state: State, *, memory: float) -> tuple[Tensor, State]:
    """-1, 0 or 1 for each weight; a product that is too small for its kind of number is no evidence."""
    gradient, trail = pair
    return (gradient * trail).sign_(), state

"""Stress: the loss goes up and down more than it goes anywhere, as a controller that overshoots."""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State

EQUATION = "U = max(0, 1 - |EMA(loss_t - loss_{t-1})| / EMA|loss_t - loss_{t-1}| - tolerance)"
UNITS = "share of the loss's way that leads nowhere"
RANGE = (0.0, 1.0)
REFERENCE = "straightness of a path, net over gross way: Benhamou, doi 10.1016/j.jtbi.2004.03.016"
KNOBS = {
    "memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999),
    "tolerance": Knob(0.5, 0.0, 0.9, least=0.0, most=1.0),
}
NEUTRAL = {"tolerance": 1.0}
SIGNAL, SCOPE, QUANTITY = "loss", "network", "stress"
START = {"count": 0.0, "before": 0.0, "net": 0.0, "gross": 0.0}


def sense(loss: float, state: State, *, memory: float, tolerance: float) -> tuple[float, State]:
    """Turbulence beyond ``tolerance``, 0 to 1; 0 for a loss that moves one way; what is not finite is the most."""
    if not abs(loss) < HUGE:
        return 1.0 - tolerance, state
    change = loss - state["before"] if state["count"] > 0.0 else 0.0
    net = memory * state["net"] + (1.0 - memory) * change
    gross = memory * state["gross"] + (1.0 - memory) * abs(change)
    learned = {"count": min(state["count"] + 1.0, HUGE), "before": loss, "net": net, "gross": gross}
    return (max(1.0 - min(abs(net) / gross, 1.0) - tolerance, 0.0) if gross > 1e-30 else 0.0), learned

"""Consolidation: what has mattered is held where it was, what has not stays free."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, calm, typical

EQUATION = "g_t <- g_t + gain response F (w_t - a_t); F = min(10, v / mean v), v = EMA(g^2); a_t the slow average of w"
UNITS = "strength of the pull of a weight of mean importance, counted as weight decay is, at full response"
RANGE = (-1e18, 1e18)
REFERENCE = (
    "elastic weight consolidation: Kirkpatrick et al., arXiv 1612.00796, eq. 3, as a stream; v is Adam's where there is one"
)
KNOBS = {
    "gain": Knob(0.1, 1e-3, 1.0, log=True, least=0.0, most=1000.0),
    "memory": Knob(0.99, 0.9, 0.999, least=0.0, most=1.0),
}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "pull"
READS = ("weight", "average", "importance")


def act(response: Value, weight: Tensor, average: Tensor, importance: Tensor, *, gain: float, memory: float) -> Tensor:
    """What the pull adds to the gradient; where importance is not finite it counts as none."""
    share = calm(importance) / typical(importance).clamp_min(1e-30)
    return (weight - average).mul_(share.clamp_(max=10.0)).mul_(gain * response)

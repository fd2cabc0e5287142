"""Expression in place of the code: the response leaves to each unit only the learning of how strongly it is expressed."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, calm

EQUATION = "g_i <- g_i + gain response ((g_i . w_i) / (w_i . w_i) w_i - g_i) for the weights w_i of unit i; vectors stay free"
UNITS = "share of the gradient across the unit's weights that is taken away at full response; what is along them stays"
RANGE = (-1e18, 1e18)
REFERENCE = "length apart from direction: Salimans and Kingma, arXiv 1602.07868; gains alone: Liu et al., arXiv 2205.05638"
KNOBS = {"gain": Knob(0.8, 0.1, 1.0, least=0.0, most=1.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "gradient"
READS = ("gradient", "weight")


def act(response: Value, gradient: Tensor, weight: Tensor, *, gain: float) -> Tensor:
    """The gradient, of which ever less changes the pattern of a unit's weights; where it is not finite it stays so."""
    if weight.dim() < 2:
        return gradient.clone()
    g, w = calm(gradient), calm(weight)
    assert isinstance(g, Tensor) and isinstance(w, Tensor)
    inner = tuple(range(1, weight.dim()))
    along = (g * w).sum(dim=inner, keepdim=True) / w.square().sum(dim=inner, keepdim=True).clamp_min(1e-30)
    return gradient + (along * w - gradient) * (gain * response)

"""Expression noise: the response lets every weight learn at a rate that is drawn anew, some in bursts and most a little less."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, clamp

EQUATION = "lr_t = lr e^(s xi - s^2 / 2), s = gain response, xi standard normal, weight by weight; the mean factor is 1"
UNITS = "spread of the logarithm of the factor, at full response"
RANGE = (0.0, 149.0)
REFERENCE = (
    "random learning rates: Blier et al., arXiv 1810.01322; noise of expression: Elowitz et al., doi 10.1126/science.1070919"
)
KNOBS = {"gain": Knob(0.7, 0.05, 2.0, log=True, least=0.0, most=10.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "rate"
READS = ("noise",)


def act(response: Value, noise: Tensor, *, gain: float) -> Tensor:
    """The factor on each weight's learning rate, at most e^5."""
    spread = gain * response
    exponent = clamp(noise * spread - 0.5 * spread * spread, -50.0, 5.0)
    assert isinstance(exponent, Tensor)
    return exponent.exp()

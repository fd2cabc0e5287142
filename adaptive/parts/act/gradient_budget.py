"""An energy budget: the response holds the length of the gradient to what may be spent, up or down."""

from __future__ import annotations

from adaptive.knobs import Knob

EQUATION = "g <- g (budget / |g|)^(gain response)"
UNITS = "factor; budget is in units of the norm of the gradient of the network, or of the tensor in that scope"
RANGE = (0.0, 1e6)
REFERENCE = "normalized gradient descent: Hazan et al., arXiv 1507.02030, algorithm 1, blended in by the response"
KNOBS = {
    "gain": Knob(0.5, 0.1, 1.0, least=0.0, most=1.0),
    "budget": Knob(1.0, 0.1, 10.0, log=True, least=1e-6, most=1e6),
}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor"), "scale"
READS = ("norm",)


def act(response: float, norm: float, *, gain: float, budget: float) -> float:
    """The factor on the gradient: 1 at rest, at full response and gain the norm is ``budget``; at most a million."""
    return min((budget / norm) ** (gain * response), 1e6) if 0.0 < norm < 1e30 else 1.0

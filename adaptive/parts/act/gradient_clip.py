"""A shield against long gradients: the stronger the response, the closer the gradient's norm is held to a limit."""

from __future__ import annotations

from adaptive.knobs import Knob

EQUATION = "g <- g (1 - gain response (1 - min(1, limit / |g|)))"
UNITS = "factor; limit is in units of the norm of the gradient of the network, or of the tensor in that scope"
RANGE = (0.0, 1.0)
REFERENCE = "norm clipping: Pascanu et al., arXiv 1211.5063, blended in by the response"
KNOBS = {
    "gain": Knob(1.0, 0.1, 1.0, least=0.0, most=1.0),
    "limit": Knob(1.0, 0.1, 10.0, log=True, least=1e-6, most=1e6),
}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor"), "scale"
READS = ("norm",)


def act(response: float, norm: float, *, gain: float, limit: float) -> float:
    """The factor on the gradient: 1 at rest or within ``limit``, clipped to ``limit`` at full response and gain 1."""
    return 1.0 - gain * response * (1.0 - min(1.0, limit / norm)) if norm > 0.0 else 1.0

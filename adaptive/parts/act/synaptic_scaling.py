"""Synaptic scaling: the response brings the size of a layer's weights back to what it was at first."""

from __future__ import annotations

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, root_mean_square

EQUATION = "w <- w (1 + gain response (target rms(w_0) / rms(w) - 1)), after the step, for tensors with inputs"
UNITS = "share of the way to the target at full response; target is in units of the first size"
RANGE = (-1e18, 1e18)
REFERENCE = "Turrigiano et al., doi 10.1038/36103; size kept by projection: Salimans and Kingma, arXiv 1602.07868"
KNOBS = {
    "gain": Knob(0.01, 1e-3, 0.3, log=True, least=0.0, most=1.0),
    "target": Knob(1.0, 0.3, 3.0, log=True, least=1e-6, most=1e6),
}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor", "unit", "weight"), "weight"
READS = ("weight", "anchor")


def act(response: Value, weight: Tensor, anchor: Tensor, *, gain: float, target: float) -> Tensor:
    """The weights, scaled; vectors, such as biases, and tensors that are, or began as, all 0 or not finite stay as they are."""
    if weight.dim() < 2 or not weight.numel():
        return weight
    size, first = root_mean_square(weight), root_mean_square(anchor)
    known = ((size > 1e-15) & (size < 1e15) & (first > 1e-15)).to(weight.dtype)
    return weight * (1.0 + (target * first / size.clamp(1e-15, 1e15) - 1.0) * known * (gain * response))

"""Features of one image's views close together, images far apart: maximum manifold capacity as a second objective.

Views are the inputs with noise. Features are brought to length 1; the mean over the views of one sample is its centroid, and the
sum of singular values of all centroids grows with their number of independent directions and with how well views agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer

TITLE = "Maximum manifold capacity"
MECHANISM, TECHNIQUE = "response property of sensory systems", "maximum manifold capacity representation"
DESCRIPTION = "the gradient of the manifold capacity of noisy views is mixed into that of the loss"
REFERENCE = "Yerxa et al., arXiv 2303.03307; beside a supervised loss, with noise for views and lambda 0, ours"
PROPOSED_AS, FUNCTION = "MMCR objective", "code_efficiently"
EQUATIONS = (
    "z_bv = h(x_b + spread s xi_v) / |h|; c_b = mean_v z_bv; L = - |C|_* / B, |C|_* the sum of singular values of (c_1 … c_B)",
    "g <- g + gain |g| / |dL| dL, norms over the network; s the spread of the batch's inputs",
)
PAIRS = (
    ("object manifold", "features of the views of one sample"),
    ("efficient coding", "large nuclear norm of the centroids"),
    ("ventral stream", "hidden layers"),
)
PRIOR_ART = "MMCR itself (arXiv 2303.03307); Barlow Twins (arXiv 2103.03230) and VICReg (arXiv 2105.04906) as second objectives"
TASK = "small_data_digits"
BECAUSE = "a hundred labels say little, and what views have in common says more about the images"
REFUTED_BY = "training on the noisy views with the labels alone, at the same cost, is as good"
LEAVES_OUT = "no pretraining without labels and no linear probe: it is an objective beside the loss"
SPEC = None
NEEDS = ("lookahead",)
BUFFERS = 0
KNOBS = BASE | {
    "act_gain": Knob(0.1, 0.01, 1.0, log=True, most=1000.0),
    "sense_spread": Knob(0.3, 0.05, 1.0, log=True, most=100.0),
}
NEUTRAL = {"act_gain": 0.0}
VIEWS = 2


class ManifoldCapacity(NetworkOptimizer):
    """SGD or AdamW with manifold capacity as a second objective.

    Args:
        act_gain: length of its gradient against that of the loss.
        sense_spread: noise of a view, in standard deviations of the batch's inputs.
    """

    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.1, 0.0, 1000.0), "sense_spread": (0.3, 0.0, 100.0)}

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        spread = float(self.param_groups[0]["sense_spread"]) * float(inputs.detach().float().std(correction=0))
        views = [self._features(inputs + spread * self._noise(inputs)) for _ in range(VIEWS)]
        unit = [view / view.norm(dim=1, keepdim=True).clamp_min(1e-6) for view in views]
        centroids = torch.stack(unit).mean(dim=0)
        capacity = nuclear_norm(centroids) / len(inputs)
        return self._gradient_of(-capacity, weights, VIEWS * len(inputs))


def nuclear_norm(matrix: Tensor) -> Tensor:
    """Sum of singular values, with a gradient that is finite where some of them are equal or 0.

    It is the trace of the root of the Gram matrix; its gradient U V^T is made from the singular vectors of nonzero values.
    """
    if not bool(matrix.isfinite().all()):
        return matrix.new_zeros(())
    with torch.no_grad():
        u, s, v = torch.linalg.svd(matrix, full_matrices=False)
        kept = (s > 1e-6 * s.max().clamp_min(1e-30)).to(s.dtype)
        slope = (u * kept) @ v
    total = (matrix * slope).sum()
    assert isinstance(total, Tensor)
    return total


def build(params: Any, *, lr: float, **knobs: Any) -> ManifoldCapacity:
    """The optimizer; call its ``attach(model)`` once."""
    return ManifoldCapacity(params, lr, **({"weight_decay": 1e-4} | knobs))

"""A code in which equal steps are equally long wherever they are taken, as grid cells keep a map of space.

Grid cells shift their phases by one's own movement, the same everywhere. The hidden code is asked for that much: a
displacement of the input changes the code by the same length in all places and directions, which is a conformal isometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer

TITLE = "Grid-cell code"
MECHANISM, TECHNIQUE = "grid cell", "artificial neural network"
DESCRIPTION = (
    "the gradient of how unequal steps of the hidden code are, for equal steps of the input, is mixed into that of the loss"
)
REFERENCE = "conformal isometry: Xu et al., arXiv 2210.02684; as a penalty on any network, ours"
PROPOSED_AS, FUNCTION = "Grid-cell-inspired network", "represent_space"
EQUATIONS = (
    "n_bv = |h(x_b + s d_v) - h(x_b)|, d_v two random directions of length 1 that all samples share",
    "L = var n / (mean n)^2, over samples and directions;  g <- g + gain |g| / |dL| dL",
)
PAIRS = (
    ("position", "input"),
    ("path integration", "change of the code by a displacement"),
    ("metric of the map", "equal length of equal steps"),
)
PRIOR_ART = (
    "conformal isometry as a theory of grid cells (arXiv 2210.02684); Jacobian regularization (arXiv 1908.02729), "
    "which shortens steps instead of making them equal"
)
TASK = "slow_regression"
BECAUSE = "a code with an even metric has no blind corners when the target moves"
REFUTED_BY = "Jacobian or weight regularization at the same cost is as good"
LEAVES_OUT = "neither periodic, multi-scale codes nor a recurrent path integrator: only the metric that they keep"
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead",)
BUFFERS = 0
KNOBS = BASE | {
    "act_gain": Knob(0.1, 0.01, 1.0, log=True, most=1000.0),
    "sense_spread": Knob(0.3, 0.05, 1.0, log=True, most=100.0),
}
NEUTRAL = {"act_gain": 0.0}


class GridCells(NetworkOptimizer):
    """SGD or AdamW with an even metric of the last hidden code as a second objective.

    Args:
        act_gain: length of its gradient against the loss's. sense_spread: step, in standard deviations of the batch's inputs.
    """

    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.1, 0.0, 1000.0), "sense_spread": (0.3, 0.0, 100.0)}

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        here = self._features(inputs)
        step = float(self.param_groups[0]["sense_spread"]) * float(inputs.detach().float().std(correction=0))
        lengths = []
        for _ in range(2):
            direction = self._noise(inputs[:1])
            direction = direction / direction.float().norm().clamp_min(1e-12).to(direction.dtype)
            moved = self._features(inputs + step * inputs[0].numel() ** 0.5 * direction)
            lengths.append((moved - here).square().sum(dim=1).add(1e-12).sqrt())
        steps = torch.cat(lengths)
        return self._gradient_of(steps.var(correction=0) / steps.mean().square(), weights, 3 * len(inputs))


def build(params: Any, *, lr: float, **knobs: Any) -> GridCells:
    """The optimizer; call its ``attach(model)`` once."""
    return GridCells(params, lr, **({"weight_decay": 1e-4} | knobs))

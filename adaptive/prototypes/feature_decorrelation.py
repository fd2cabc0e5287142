"""Features of different samples driven apart: cells that inhibit those that fire with them come to say different things.

Lateral inhibition takes from each cell what its neighbours say already, so that the spectrum of what the population says
becomes flat. The sum of singular values of a batch's features, brought to length 1, is largest where that spectrum is flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer
from adaptive.prototypes.manifold_capacity import nuclear_norm

TITLE = "Decorrelated features"
MECHANISM, TECHNIQUE = "lateral inhibition", "covariance normalization"
DESCRIPTION = "the gradient of how flat the spectrum of a batch's features is, is mixed into that of the loss"
REFERENCE = (
    "the objective of Yerxa et al., arXiv 2303.03307, without its views and beside a supervised loss: ours, after its ablation"
)
PROPOSED_AS, FUNCTION = "", "code_efficiently"
EQUATIONS = (
    "z_b = h(x_b) / |h(x_b)|; L = - |Z|_* / B, |Z|_* the sum of singular values of (z_1 … z_B)",
    "g <- g + gain |g| / |dL| dL, norms over the network",
)
PAIRS = (
    ("what cells say together", "covariance of the features of a batch"),
    ("inhibition by neighbours", "gradient of the sum of singular values"),
    ("population of cells", "what the last linear layer is given"),
)
PRIOR_ART = (
    "MMCR itself (arXiv 2303.03307); decorrelation of hidden units (DeCov, arXiv 1511.06068); Barlow Twins (arXiv 2103.03230);"
    " a large nuclear norm of a batch's predictions (arXiv 2003.12237)"
)
TASK = "small_data_digits"
BECAUSE = "a hundred labels leave most directions of the features unsaid, and what is told apart there is told apart elsewhere"
REFUTED_BY = "a random direction of the same length, or the steps that it costs given to the labels, is as good"
LEAVES_OUT = "no lateral connections and no time: the aim of the circuit, a flat spectrum, is followed by gradient"
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead",)
BUFFERS = 0
KNOBS = BASE | {"act_gain": Knob(0.1, 0.01, 1.0, log=True, most=1000.0)}
NEUTRAL = {"act_gain": 0.0}


class FeatureDecorrelation(NetworkOptimizer):
    """SGD or AdamW with the sum of singular values of a batch's features as a second objective.

    Args:
        act_gain: length of its gradient against that of the loss.
    """

    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.1, 0.0, 1000.0)}

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        features = self._features(inputs)
        unit = features / features.norm(dim=1, keepdim=True).clamp_min(1e-6)
        return self._gradient_of(-nuclear_norm(unit) / len(inputs), weights, len(inputs))


def build(params: Any, *, lr: float, **knobs: Any) -> FeatureDecorrelation:
    """The optimizer; call its ``attach(model)`` once."""
    return FeatureDecorrelation(params, lr, **({"weight_decay": 1e-4} | knobs))

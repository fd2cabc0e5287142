"""Two streams against each other: inputs flow up one network, classes down another, and each teaches the other layer by layer.

Nothing is sent back through layers. At each height the activity of a sample should agree with the feedback network's for its
own class, and with that of no other; both sides learn from that mismatch at once, and the last layer from the labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer

TITLE = "Counter-current learning"
MECHANISM, TECHNIQUE = "counter-current exchange", "counter-current learning"
DESCRIPTION = (
    "the gradient is replaced, as far as the gain goes, by layer-local ones against a feedback network that runs from"
    " the classes down"
)
REFERENCE = "Kao and Hariharan, arXiv 2409.19841, the form for layered perceptrons; mixed with the gradient at its length, ours"
PROPOSED_AS, FUNCTION = "Counter-current learning", "assign_credit"
EQUATIONS = (
    "a_l = max(0, W_l sg(a_{l-1}) + b_l);  c_L = I, c_l = max(0, V_{l+1} sg(c_{l+1})), sg stops gradients",
    "L = loss(W_L sg(a_{L-1}) + b_L, y) + sum_{l<L} kappa (256 / d_l) mean_{b,k} (a_l^b . c_l^k - 1[y_b = k])^2",
    "d = dL/dW;  V <- V - lr dL/dV;  g <- g + gain (|g| / |d| d - g)",
)
PAIRS = (
    ("warm stream", "network from inputs to classes"),
    ("cold stream", "feedback network from classes to inputs"),
    ("exchange along the way", "local loss at each height"),
    ("gradient kept along the whole length", "targets for every layer, not only the last"),
)
PRIOR_ART = (
    "counter-current learning itself (Kao and Hariharan, arXiv 2409.19841); difference target propagation (arXiv "
    "1412.7525); forward-forward (arXiv 2212.13345)"
)
TASK = "label_swap_digits"
BECAUSE = "no claim of gain: the paper shows that it comes near backpropagation; where it should help is open"
REFUTED_BY = "backpropagation at its tuned rate is better at the same forward-equivalents, which the paper itself lets expect"
LEAVES_OUT = (
    "hidden layers of the network at hand are used as they are; convolutions are not treated; V is learned by plain descent"
)
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead", "labels")
BUFFERS = 0
KNOBS = BASE | {"act_gain": Knob(0.8, 0.1, 1.0, most=1.0), "sense_kappa": Knob(0.5, 0.05, 5.0, log=True, most=1000.0)}
NEUTRAL = {"act_gain": 0.0}


class CounterCurrentLearning(NetworkOptimizer):
    """SGD or AdamW that follows layer-local gradients in the place of the gradient, at the same length.

    Args:
        act_gain: share of the gradient that is replaced, 0 to 1. sense_kappa: weight of the local losses.
    """

    OF_LOSS = True
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.8, 0.0, 1.0), "sense_kappa": (0.5, 0.0, 1000.0)}

    def _mixed(self, gradient: Tensor, direction: Tensor, share: float) -> Tensor:
        return gradient + (direction - gradient) * share

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        if targets.is_floating_point() or targets.dim() != 1:
            raise ValueError("targets must be class numbers of shape (batch,): the feedback network starts from classes")
        layers = self._layers(inputs)[1]
        top, held, _ = layers[-1]
        self.forward_equivalents += float(len(inputs))  # every layer is run once more, each from what it was given
        loss = self._loss(torch.nn.functional.linear(held.detach(), top.weight, top.bias), targets)
        feedback = self._feedback([layer.out_features for layer, _, _ in layers], inputs.device)
        code = torch.eye(top.out_features, device=inputs.device)
        own = torch.nn.functional.one_hot(targets, top.out_features).float()
        for (layer, given, _), v in zip(reversed(layers[:-1]), feedback, strict=True):
            activity = torch.nn.functional.linear(given.detach(), layer.weight, layer.bias).relu().float()
            code = (code.detach() @ v.t()).relu()
            mismatch = (activity @ code.t() - own).square().mean()
            loss = loss + float(self.param_groups[0]["sense_kappa"]) * 256.0 / layer.out_features * mismatch
        found = self._gradient_of(loss, [*weights, *feedback], len(inputs))
        rate = float(self.param_groups[0]["lr"])
        learned = [
            v.detach() if d is None else v.detach() - rate * d for v, d in zip(feedback, found[len(weights) :], strict=True)
        ]
        if all(bool(v.isfinite().all()) for v in learned):
            self.state["network"] = self.state["network"] | {"feedback": learned}
        return found[: len(weights)]

    def _feedback(self, sizes: list[int], device: torch.device) -> list[Tensor]:
        """Weights of the feedback network from the top down; drawn by the optimizer's own seed where there are none yet."""
        known = self.state["network"].get("feedback")
        if known is None:
            generator = torch.Generator().manual_seed(self._draws())
            shapes = zip(reversed(sizes[:-1]), reversed(sizes[1:]), strict=True)
            known = [torch.randn(to, given, generator=generator).to(device) * given**-0.5 for to, given in shapes]
        return [v.detach().clone().requires_grad_(True) for v in known]


def build(params: Any, *, lr: float, **knobs: Any) -> CounterCurrentLearning:
    """The optimizer; call its ``attach(model)`` once."""
    return CounterCurrentLearning(params, lr, **({"weight_decay": 1e-4} | knobs))

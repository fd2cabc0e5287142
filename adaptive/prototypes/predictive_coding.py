"""Layers that predict each other: beliefs relax until errors are spread, then each layer learns from its own error alone.

Every hidden layer holds a belief about its activity. The target is clamped to the top; beliefs move downhill on the sum of
squared errors of prediction, each weighted by its precision, and after some rounds the weights learn locally. The precision of
a unit follows how large its errors have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.mechanism import quiet
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer

TITLE = "Predictive coding"
MECHANISM, TECHNIQUE = "predictive coding", "hierarchical probabilistic inference"
DESCRIPTION = (
    "the gradient is replaced, as far as the gain goes, by local updates from precision-weighted errors after beliefs"
    " have relaxed"
)
REFERENCE = (
    "equations as in Millidge et al., arXiv 2006.04182; precision by variance of errors as in hierarchical filters, "
    "simplified by us"
)
PROPOSED_AS, FUNCTION = "Predictive coding with precision-weighted local updates", "learn_by_prediction"
EQUATIONS = (
    "F = sum_l |pi_l^(1/2) (x_l - W_l f(x_{l-1}) - b_l)|^2 / 2 + B loss(W_L f(x_{L-1}) + b_L, y), f = max(0, .)",
    "x_l <- x_l - rate dF/dx_l, rounds times from x_l = W_l f(x_{l-1}) + b_l;  then d = dF/dW at these x, local to each layer",
    "pi = m / v of each unit, 0.1 to 10, v = EMA(mean e^2), m the mean v of all units;  g <- g + gain (|g| / |d| d - g)",
)
PAIRS = (
    ("cortical level", "layer"),
    ("belief", "x_l, the pre-activation that is relaxed"),
    ("prediction error", "e_l = x_l - its prediction from below"),
    ("precision", "weight of a unit's error"),
)
PRIOR_ART = (
    "predictive coding networks as an approximation of backpropagation (Millidge et al., arXiv 2006.04182); "
    "pyhgf (arXiv 2410.09206)"
)
TASK = "label_swap_digits"
BECAUSE = "inference before learning changes weights less where one layer can explain the error"
REFUTED_BY = "backpropagation at its tuned rate is as good or better at the same forward-equivalents"
LEAVES_OUT = (
    "predictions run from input to output, as in discriminative predictive coding; precisions do not depend on each other; "
    "between layers a rectifier is assumed"
)
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead", "labels")
BUFFERS = 0
KNOBS = BASE | {"act_gain": Knob(0.8, 0.1, 1.0, most=1.0), "respond_rate": Knob(0.1, 0.01, 0.5, log=True, most=10.0)}
NEUTRAL = {"act_gain": 0.0}
ROUNDS, MEMORY, TINY = 6, 0.9, 1e-12


class PredictiveCoding(NetworkOptimizer):
    """SGD or AdamW that follows local updates in the place of the gradient, at the same length.

    Args:
        act_gain: share of the gradient that is replaced, 0 to 1. respond_rate: step of the beliefs.
    """

    OF_LOSS = True
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.8, 0.0, 1.0), "respond_rate": (0.1, 0.0, 10.0)}

    def _mixed(self, gradient: Tensor, direction: Tensor, share: float) -> Tensor:
        return gradient + (direction - gradient) * share

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        layers = self._linear(inputs)
        beliefs = [out.detach().clone() for _, _, out in layers[:-1]]
        below = layers[0][1].detach()
        precisions = self._precisions(beliefs)
        for _ in range(ROUNDS if beliefs else 0):
            beliefs = [x.detach().requires_grad_(True) for x in beliefs]
            energy = self._energy(layers, below, beliefs, targets, precisions)[0]
            slopes = torch.autograd.grad(energy, beliefs)
            rate = float(self.param_groups[0]["respond_rate"])
            beliefs = [(x - rate * slope).detach() for x, slope in zip(beliefs, slopes, strict=True)]
            self.forward_equivalents += 3.0 * len(inputs)
        energy, errors = self._energy(layers, below, beliefs, targets, precisions)
        self.forward_equivalents += float(len(inputs))
        self._learn(errors)
        return self._gradient_of(energy, weights, len(inputs))

    def _energy(
        self, layers: Sequence[Any], below: Tensor, beliefs: list[Tensor], targets: Tensor, precisions: Sequence[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Sum of squared errors, each by its precision, and the loss; beside it the mean square of each unit's errors."""
        energy, errors, held = torch.zeros((), device=below.device), [], below
        for (layer, _, _), belief, precision in zip(layers, beliefs, precisions, strict=False):
            gap = belief - layer(held.to(layer.weight.dtype))
            energy = energy + 0.5 * (precision * gap.square()).sum()
            errors.append(gap.detach().float().square().flatten(0, -2).mean(dim=0))
            held = belief.relu()
        top = layers[-1][0]
        return energy + len(below) * self._loss(top(held.to(top.weight.dtype)), targets), errors

    def _precisions(self, beliefs: Sequence[Tensor]) -> list[Tensor]:
        """For each hidden layer the precision of its units, (units,)."""
        sizes = [belief.shape[-1] for belief in beliefs]
        known = self.state["network"].get("errors")
        if known is None or len(known) != sum(sizes):
            return [torch.ones(size, device=belief.device) for size, belief in zip(sizes, beliefs, strict=True)]
        known = known.to(beliefs[0].device) + TINY
        return list((known.mean() / known).clamp(0.1, 10.0).split(sizes))

    def _learn(self, errors: Sequence[Tensor]) -> None:
        if not errors:
            return
        fresh = quiet(torch.cat(list(errors)))
        known = self.state["network"].get("errors")
        if known is not None and known.shape == fresh.shape:
            fresh = MEMORY * known.to(fresh.device) + (1.0 - MEMORY) * fresh
        # Replaced, not written into: a state dict that was saved keeps what it holds.
        self.state["network"] = self.state["network"] | {"errors": fresh}


def build(params: Any, *, lr: float, **knobs: Any) -> PredictiveCoding:
    """The optimizer; call its ``attach(model)`` once."""
    return PredictiveCoding(params, lr, **({"weight_decay": 1e-4} | knobs))

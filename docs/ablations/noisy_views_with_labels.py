"""Manifold capacity without its objective: the same noisy views, and the loss of their labels in place of their capacity.

exapt bench run docs/ablations/noisy_views_with_labels.py --task small_data_digits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from adaptive.prototypes.manifold_capacity import KNOBS, VIEWS, ManifoldCapacity

__all__ = ["KNOBS", "NEEDS", "build"]
NEEDS = ("lookahead",)


class NoisyViews(ManifoldCapacity):
    """The gradient of the loss on noisy copies of the batch is mixed into that on the batch."""

    OF_LOSS = True

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        spread = float(self.param_groups[0]["sense_spread"]) * float(inputs.detach().float().std(correction=0))
        outputs = [self._layers(inputs + spread * self._noise(inputs))[0] for _ in range(VIEWS)]
        loss = sum(self._loss(one, targets) for one in outputs) / VIEWS
        assert isinstance(loss, Tensor)
        return self._gradient_of(loss, weights, VIEWS * len(inputs))


def build(params: Any, *, lr: float, **knobs: Any) -> NoisyViews:
    """The optimizer; call its ``attach(model)`` once."""
    return NoisyViews(params, lr, **({"weight_decay": 1e-4} | knobs))

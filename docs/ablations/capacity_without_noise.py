"""Manifold capacity without its manifolds: the capacity of the features as they are, without noisy views to bring together.

exapt bench run docs/ablations/capacity_without_noise.py --task small_data_digits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from adaptive.prototypes.manifold_capacity import KNOBS as WITH_NOISE
from adaptive.prototypes.manifold_capacity import VIEWS, ManifoldCapacity, nuclear_norm

NEEDS = ("lookahead",)
KNOBS = {name: knob for name, knob in WITH_NOISE.items() if name != "sense_spread"}


class Spread(ManifoldCapacity):
    """The features of a batch are driven apart; it pays for as many passes as if it had views."""

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        view = self._features(inputs)
        self.forward_equivalents += float((VIEWS - 1) * len(inputs))
        capacity = nuclear_norm(view / view.norm(dim=1, keepdim=True).clamp_min(1e-6)) / len(inputs)
        return self._gradient_of(-capacity, weights, VIEWS * len(inputs))


def build(params: Any, *, lr: float, **knobs: Any) -> Spread:
    """The optimizer; call its ``attach(model)`` once."""
    return Spread(params, lr, **({"weight_decay": 1e-4} | knobs))

"""Manifold capacity without any meaning: a random direction of the same length in place of its gradient, at the same cost.

exapt bench run docs/ablations/random_direction.py --task small_data_digits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from adaptive.prototypes.manifold_capacity import KNOBS as WITH_NOISE
from adaptive.prototypes.manifold_capacity import VIEWS, ManifoldCapacity

NEEDS = ("lookahead",)
KNOBS = {name: knob for name, knob in WITH_NOISE.items() if name != "sense_spread"}


class RandomDirection(ManifoldCapacity):
    """Noise of the gradient's length, other in every step, is mixed into it."""

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        self.forward_equivalents += 3.0 * VIEWS * len(inputs)
        return [self._noise(p) for p in weights]


def build(params: Any, *, lr: float, **knobs: Any) -> RandomDirection:
    """The optimizer; call its ``attach(model)`` once."""
    return RandomDirection(params, lr, **({"weight_decay": 1e-4} | knobs))

"""Decorrelated features without any meaning: a random direction of the same length in place of the gradient, at the same cost.

exapt bench run docs/ablations/decorrelation_random_direction.py --task small_data_digits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from adaptive.prototypes.feature_decorrelation import KNOBS as KNOBS
from adaptive.prototypes.feature_decorrelation import FeatureDecorrelation

NEEDS = ("lookahead",)


class RandomDirection(FeatureDecorrelation):
    """Noise of the gradient's length, other in every step, is mixed into it."""

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        self.forward_equivalents += 3.0 * len(inputs)
        return [self._noise(p) for p in weights]


def build(params: Any, *, lr: float, **knobs: Any) -> RandomDirection:
    """The optimizer; call its ``attach(model)`` once."""
    return RandomDirection(params, lr, **({"weight_decay": 1e-4} | knobs))

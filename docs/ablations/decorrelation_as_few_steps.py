"""Decorrelated features without any change of the step: SGD that pays for the second pass, and so takes half the steps.

exapt bench run docs/ablations/decorrelation_as_few_steps.py --task small_data_digits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from adaptive.prototypes._composed import BASE as KNOBS
from adaptive.prototypes.feature_decorrelation import FeatureDecorrelation

__all__ = ["KNOBS", "build"]
NEEDS = ("lookahead",)


class FewSteps(FeatureDecorrelation):
    """SGD that stops early."""

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        self.forward_equivalents += 3.0 * len(inputs)
        return [None] * len(weights)


def build(params: Any, *, lr: float, **knobs: Any) -> FewSteps:
    """The optimizer; call its ``attach(model)`` once."""
    return FewSteps(params, lr, **({"weight_decay": 1e-4} | knobs))

"""Prototypes in which tensors compete: who may learn in a step is decided for all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor

from adaptive.frame import RegulatedOptimizer
from adaptive.mechanism import Work
from adaptive.parts.act import learning_brake
from adaptive.parts.elementwise import State


class AllocatingOptimizer(RegulatedOptimizer):
    """SGD or AdamW; the response of a tensor is 1 where it has to wait, 0 where it may learn."""

    SIGNAL, SCOPE, CHANGES, OBSERVES = "norm", "tensor", "rate", ("loss",)
    START: ClassVar[dict[str, State]] = {"sense": {}, "respond": {}}
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (1.0, 0.0, 1.0)}
    ACT = staticmethod(learning_brake.act)

    def _responses(self, work: Work, gradients: list[Tensor], signals: dict[str, Any]) -> tuple[list[Any], list[float]]:
        if self.mechanism == "off" or self.replay is not None or self.constant is not None:
            return super()._responses(work, gradients, signals)
        self._rest()
        sensed, responses = self._allocate(work, self._squares(gradients), gradients)
        self._sensed, self._answered = sensed, [(p, response) for (_, p), response in zip(work, responses, strict=True)]
        return list(responses), []

    def _allocate(self, work: Work, squares: Sequence[float], gradients: Sequence[Tensor]) -> tuple[list[float], list[float]]:
        """For each tensor what was sensed, and its response."""
        raise NotImplementedError

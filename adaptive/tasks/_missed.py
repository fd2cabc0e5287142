"""How many of a batch were missed, where a task's own score does not say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from adaptive.tasks import correct

if TYPE_CHECKING:
    import torch


class Missed:
    """A task's ``score`` (outputs, targets), and beside it the share of the batch that it saw last that was missed."""

    def __init__(self, score: Callable[[torch.Tensor, torch.Tensor], float]) -> None:
        self.score = score
        self.share: float | None = None
        """From 0 to 1; ``None`` where targets are no classes, so that none can be missed."""

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> float:
        classes = targets.dim() == 1 and not targets.is_floating_point()
        self.share = 1.0 - correct(outputs, targets) if classes else None
        return self.score(outputs, targets)

"""What baselines share that look at more than gradients: the loss of each step, how many were missed, the batch itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch

from adaptive.baselines._rule import RuleOptimizer, UnsupportedGradient


class MissingSignal(RuntimeError):
    """The step needs something that was not observed since the last one."""


class ObservingOptimizer(RuleOptimizer):
    """A rule that is told of each step what ``OBSERVES`` names: call ``observe(...)`` before ``step()``.

    What is observed serves one step. A closure's loss counts as observed.
    """

    OBSERVES: ClassVar[tuple[str, ...]] = ("loss",)
    NEEDED: ClassVar[tuple[str, ...]] = ("loss",)
    """Without these there is no step; the others are taken where a task reveals them."""
    _told: dict[str, Any]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._told = {}

    def observe(self, **signals: Any) -> None:
        """Takes the loss, a number or a tensor of one, and what else ``OBSERVES`` names.

        Raises:
            TypeError: something that it does not observe.
        """
        for name, value in signals.items():
            if name not in self.OBSERVES:
                raise TypeError(f"{type(self).__name__} observes {', '.join(self.OBSERVES)}, not {name!r}")
            if value is not None:
                self._told[name] = _number(value) if name in ("loss", "errors") else value

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; without any gradient nothing happens.

        Raises:
            MissingSignal: what the rule needs was not observed since the last step.
            UnsupportedGradient: a gradient is sparse or complex.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
            self.observe(loss=loss)
        gradients = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
        for gradient in gradients:
            if gradient.layout != torch.strided or gradient.is_complex():
                kind = "complex" if gradient.is_complex() else "sparse"
                raise UnsupportedGradient(f"{type(self).__name__} takes dense real gradients, not {kind} ones")
        if gradients:
            if missing := [f"{name}=..." for name in self.NEEDED if name not in self._told]:
                raise MissingSignal(f"call optimizer.observe({', '.join(missing)}) before step()")
            self._advance(self._told)
        self._told = {}
        return loss

    def _advance(self, told: dict[str, Any]) -> None:
        """The step, where there is something to learn from."""
        super().step()

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._told = {}


def _number(value: Any) -> float:
    return float(value.detach()) if isinstance(value, torch.Tensor) else float(value)

"""Prototypes that must know the network: its features and layers, and the gradient of something else than the loss.

The network is run a second time, in evaluation mode and on the batch at hand, so that no running statistics change and no
random numbers are drawn from anybody's generator. Each such pass is counted in ``forward_equivalents``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.frame import MissingSignal, RegulatedOptimizer
from adaptive.mechanism import Work, quiet
from adaptive.parts.elementwise import State

Layer = tuple[torch.nn.Linear, Tensor, Tensor]
"""A linear layer, what came in and what went out."""


class NetworkOptimizer(RegulatedOptimizer):
    """SGD or AdamW whose gradient is mixed with another direction that the network gives; ``response`` says how far.

    Args:
        act_gain: length of the added direction against that of the gradient, at full response; the network's as a whole.

    A subclass says what the direction is. At a gain of 0, or a response of 0, it is its base optimizer.
    """

    SIGNAL, SCOPE, CHANGES, OBSERVES = "batch", "network", "gradient", ("inputs", "targets")
    START: ClassVar[dict[str, State]] = {"sense": {}, "respond": {}}
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.1, 0.0, 1000.0)}
    OF_LOSS: ClassVar[bool] = False
    """Whether the direction is one of the loss, and turns round where that is to be raised."""
    _model: torch.nn.Module | None = None
    _loss: Callable[[Tensor, Tensor], Tensor] = staticmethod(torch.nn.functional.cross_entropy)
    _batch: dict[str, Any]

    @staticmethod
    def ACT(response: float, *, gain: float) -> float:
        """The share of the added direction."""
        return gain * response

    def attach(self, model: torch.nn.Module, loss: Callable[[Tensor, Tensor], Tensor] | None = None) -> None:
        """Says which network the parameters belong to, and its loss (a mean over the batch; cross-entropy if not given)."""
        self._model = model
        if loss is not None:
            self._loss = loss

    def _responses(self, work: Work, gradients: list[Tensor], signals: dict[str, Any]) -> tuple[list[Any], list[float]]:
        self._batch = signals
        return super()._responses(work, gradients, signals)

    def _signal(self, signals: dict[str, Any], norm: float) -> Any:
        return self._known(signals)

    def _known(self, signals: dict[str, Any]) -> tuple[Tensor, Tensor]:
        """The batch.

        Raises:
            MissingSignal: no network, or no batch.
        """
        if self._model is None:
            raise MissingSignal("call optimizer.attach(model) once before step()")
        if "inputs" not in signals or "targets" not in signals:
            raise MissingSignal("call optimizer.observe(inputs=..., targets=...) before step()")
        return signals["inputs"], signals["targets"]

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[float, float, State]:
        return 1.0, 1.0, {}

    def _changes(self, work: Work, gradients: list[Tensor], responses: list[Any], norms: list[float]) -> list[Any]:
        shares = [0.0 if r is None else self.ACT(r, **self._knobs("act", g)) for (g, _), r in zip(work, responses, strict=True)]
        if not any(shares):
            return [None] * len(work)
        with self._looking(), torch.enable_grad():
            found = self._direction(*self._known(self._batch), [p for _, p in work])
        added = [torch.zeros_like(p) if d is None else quiet(d.to(p.dtype)) for (_, p), d in zip(work, found, strict=True)]
        # As long as the gradient: where that is nothing, nothing is added, and the gain has no unit.
        length, own = (sum(float(quiet(x).double().square().sum()) for x in these) ** 0.5 for these in (gradients, added))
        scale = length / own if own > 1e-30 else 0.0
        signs = [-1.0 if self.OF_LOSS and group["maximize"] else 1.0 for group, _ in work]
        mixed = zip(gradients, added, shares, signs, strict=True)
        return [self._mixed(g, d * (scale * sign), share) for g, d, share, sign in mixed]

    def _mixed(self, gradient: Tensor, direction: Tensor, share: float) -> Tensor:
        return gradient + direction * share

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        """The direction for each of ``weights``, uphill, as a gradient is."""
        raise NotImplementedError

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """The network in evaluation mode; afterwards every module is in the mode in which it was."""
        assert self._model is not None
        modes = [(module, module.training) for module in self._model.modules()]
        self._model.eval()
        try:
            yield
        finally:
            for module, mode in modes:
                module.training = mode

    def _layers(self, inputs: Tensor) -> tuple[Tensor, list[Layer]]:
        """Outputs for ``inputs``, and the linear layers in the order in which they were at work."""
        assert self._model is not None
        seen: list[Layer] = []
        hooks = [
            module.register_forward_hook(lambda layer, given, out: seen.append((layer, given[0], out)))
            for module in self._model.modules()
            if isinstance(module, torch.nn.Linear)
        ]
        try:
            outputs = self._model(inputs)
        finally:
            for hook in hooks:
                hook.remove()
        self.forward_equivalents += float(len(inputs))
        return outputs, seen

    def _linear(self, inputs: Tensor) -> list[Layer]:
        """The linear layers in the order in which they were at work.

        Raises:
            ValueError: there is none.
        """
        layers = self._layers(inputs)[1]
        if not layers:
            raise ValueError(f"the network has no linear layer, and {type(self).__name__} works on those")
        return layers

    def _features(self, inputs: Tensor) -> Tensor:
        """What the last linear layer is given, (batch, features), in single precision or better."""
        layers = self._linear(inputs)
        features = layers[-1][1].flatten(1) if layers[-1][1].dim() == 2 else layers[-1][1].flatten(0, -2)
        return features if features.dtype == torch.float64 else features.float()

    def _gradient_of(self, objective: Tensor, weights: Sequence[Tensor], samples: int) -> Sequence[Tensor | None]:
        """Gradient of ``objective`` for ``weights``, ``None`` where they have no part in it."""
        if not objective.requires_grad:
            return [None] * len(weights)
        self.forward_equivalents += 2.0 * samples
        known = [p for p in weights if p.requires_grad]
        found = dict(zip(map(id, known), torch.autograd.grad(objective, known, allow_unused=True), strict=True)) if known else {}
        return [found.get(id(p)) for p in weights]

    def _noise(self, like: Tensor) -> Tensor:
        """Standard normal numbers of the optimizer's own, other ones in every call of every step."""
        if not like.is_floating_point():
            raise ValueError("inputs must be numbers that can be varied a little, not classes or characters")
        generator = torch.Generator(like.device).manual_seed(self._draws())
        return torch.randn(like.shape, generator=generator, device=like.device, dtype=torch.float32).to(like.dtype)

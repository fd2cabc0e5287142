"""What baselines share that change what hidden units give: SGD, and hooks on the hidden layers of the network that it trains.

Such a network is lived by autograd, one life at a time: it has no form for a population, and hooks are seen by
``adaptive.by_hand``, which then steps aside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.baselines._rule import Draw, MissingNetwork, RuleOptimizer, Slot, Units, descend


@dataclass(slots=True)
class Mode:
    """What the hooks of one network know of the optimizer: they hold this, not the optimizer, so that a network can be copied."""

    training: bool = True
    seed: int = 0
    step: int = 0
    passes: int = 0
    """Training passes since the last step."""
    options: Sequence[Mapping[str, float]] = ()
    """The numbers of each hidden layer."""


class Hook:
    """Changes what one hidden layer gives. A class, so that a network with it can be pickled.

    Args:
        mode: shared by all hooks of the network.
        number: of the hidden layer, the first is 0.
    """

    PLACE: ClassVar[int]
    """Whose output it changes: 0 the linear layer's, 1 the activation's."""

    def __init__(self, mode: Mode, number: int) -> None:
        self.mode, self.number = mode, number

    def __call__(self, module: torch.nn.Module, inputs: Any, output: Tensor) -> Tensor:
        raise NotImplementedError


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """SGD's step."""
    for slot in slots:
        descend(slot, slot.g)


class HookedOptimizer(RuleOptimizer):
    """SGD on a network whose hidden layers it changes: call ``attach(model)`` once; ``detach()`` gives the network back.

    Hidden are the ``Linear``, activation, ``Linear`` triples in the order of the model's modules. ``eval()`` and ``train()``
    switch what holds in training only.
    """

    HOOK: ClassVar[type[Hook]]
    RULE = staticmethod(rule)
    _model: torch.nn.Module | None = None
    _incoming: Sequence[torch.nn.Linear] = ()
    _mode: Mode

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._mode = Mode()

    def attach(self, model: torch.nn.Module, loss: Any = None) -> None:
        """Says which network to change; hooks of the same kind that it has, also those of a copied network, are replaced.

        ``loss`` is not used.

        Raises:
            ValueError: the network has no hidden layer of the form Linear, activation, Linear.
        """
        layers = [module for module in model.modules() if not list(module.children())]
        triples = [
            (a, f)
            for a, f, b in zip(layers, layers[1:], layers[2:], strict=False)
            if isinstance(a, torch.nn.Linear) and isinstance(b, torch.nn.Linear) and not list(f.parameters())
        ]
        if not triples:
            raise ValueError(f"{type(self).__name__} needs a network with Linear, activation, Linear in a row")
        self.detach()
        _unhook(model, self.HOOK)
        self._model, self._incoming = model, [a for a, _ in triples]
        self._tell()
        for number, triple in enumerate(triples):
            triple[self.HOOK.PLACE].register_forward_hook(self.HOOK(self._mode, number))

    def detach(self) -> None:
        """Takes the hooks off the network, which then gives what it would give without them."""
        if self._model is not None:
            _unhook(self._model, self.HOOK)
        self._model, self._incoming = None, ()

    def train(self) -> None:
        """From now on passes are for learning."""
        self._mode.training = True

    def eval(self) -> None:
        """From now on passes are for judging."""
        self._mode.training = False

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; without any gradient nothing happens.

        Raises:
            MissingNetwork: no network is attached.
            UnsupportedGradient: a gradient is sparse or complex.
        """
        given = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
        # A gradient that no step can take is named first, whatever network it comes from.
        plain = all(gradient.layout == torch.strided and not gradient.is_complex() for gradient in given)
        if self._model is None and plain and (given or closure is not None):
            raise MissingNetwork("call optimizer.attach(model) once before step()")
        loss = super().step(closure)
        self._tell()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a saved state, and with it what the hooks draw next."""
        super().load_state_dict(state_dict)
        self._tell()

    def _tell(self) -> None:
        """Hands the hooks seed, step and each layer's numbers: those of the group of its incoming weights."""
        kept: Any = self.state
        whole, mode = kept["network"], self._mode
        mode.seed, mode.step, mode.passes = int(whole["seed"]), int(whole["step"]), 0
        groups = {id(p): group for group in self.param_groups for p in group["params"]}
        numbers = [groups.get(id(layer.weight), self.defaults) for layer in self._incoming]
        mode.options = [{name: float(group[name]) for name in self.OPTIONS} for group in numbers]

    def __getstate__(self) -> dict[str, Any]:
        # A copy has no network yet, and does not speak to the hooks of the first.
        return super().__getstate__() | {"_model": None, "_incoming": (), "_mode": Mode(training=self._mode.training)}


def _unhook(model: torch.nn.Module, kind: type[Hook]) -> None:
    for module in model.modules():
        for key in [key for key, hook in module._forward_hooks.items() if type(hook) is kind]:
            del module._forward_hooks[key]

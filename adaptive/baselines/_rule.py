"""What our own baselines share: a rule that moves the weights of many networks at once; one network is a population of one.

A rule is a plain function ``rule(slots, units, draw, whole)``. Every tensor that it meets has the members of the population as
its first axis, and every number that a user sets is a float, or a tensor that broadcasts over the members. So the form that
trains one network and the form that trains hundreds are the same lines of code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob

Number = Any
"""A float, or a tensor of one number a member."""


@dataclass(slots=True)
class Slot:
    """One parameter tensor of all members: weights ``p`` (members, …), written into; gradients ``g``; state; hyperparameters."""

    p: Tensor
    g: Tensor
    state: dict[str, Any]
    h: Mapping[str, Number]
    whole: Slot | None = None
    """Where all weights of a member are one slot, that slot, of which this one is the columns of ``span``."""
    span: tuple[int, int] = (0, 0)

    def memories(self) -> list[Tensor]:
        """What is kept for each of these weights, as views of the shape of ``p``."""
        if self.whole is not None:
            return [kept[:, slice(*self.span)].view(self.p.shape) for kept in self.whole.memories()]
        return [kept for kept in self.state.values() if isinstance(kept, Tensor) and kept.shape == self.p.shape]


@dataclass(slots=True)
class Units:
    """One hidden layer of all members: what its units gave, (members, batch, units), and the slots around it."""

    activity: Tensor
    incoming: Slot
    bias: Slot | None
    outgoing: Slot
    outgoing_bias: Slot | None
    state: dict[str, Any]
    h: Mapping[str, Number] = field(default_factory=dict)
    """Hyperparameters as floats or (members, 1)."""


class Draw:
    """Random numbers that depend on (seed, step) alone: nothing to save, and members of one seed draw the same.

    Args:
        seeds: one for each member.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self.seeds, self.step = tuple(seeds), 0
        self._distinct = sorted(set(seeds))
        self._place = torch.tensor([self._distinct.index(seed) for seed in seeds])
        self._shared: dict[int, torch.Generator] = {}
        self._own: dict[int, torch.Generator] = {}

    def at(self, step: int) -> Draw:
        """The draws of ``step``."""
        self.step = step
        self._shared.clear()
        self._own.clear()
        return self

    def normal(self, like: Tensor) -> Tensor:
        """Standard normal numbers of the shape of ``like`` (members, …)."""
        rows = []
        for seed in self._distinct:
            if seed not in self._shared:
                self._shared[seed] = self._generator(seed, 0)
            rows.append(torch.randn(like.shape[1:], generator=self._shared[seed]))
        drawn = torch.stack(rows)
        return (drawn if len(rows) == 1 == len(self.seeds) else drawn[self._place]).to(like.dtype)

    def uniform(self, member: int, shape: Sequence[int], bound: float) -> Tensor:
        """Numbers from -bound to bound for one member, from a stream of its own."""
        if member not in self._own:
            self._own[member] = self._generator(self.seeds[member], 1)
        return torch.empty(tuple(shape)).uniform_(-bound, bound, generator=self._own[member])

    def _generator(self, seed: int, stream: int) -> torch.Generator:
        mixed = (seed * 6364136223846793005 + (2 * self.step + stream) * 1442695040888963407 + 1) % 2**63
        return torch.Generator().manual_seed(mixed)


def total(tensors: Iterable[Tensor]) -> Tensor:
    """Sum over everything but the members: (members,)."""
    return torch.stack([tensor.flatten(1).sum(dim=1) for tensor in tensors]).sum(dim=0)


def spread(value: Number, like: Tensor) -> Number:
    """``value`` (members,), or a float, so that it broadcasts over ``like`` (members, …)."""
    return value.reshape(-1, *(1,) * (like.dim() - 1)) if isinstance(value, Tensor) and value.dim() else value


def member(value: Number) -> Number:
    """A hyperparameter of a slot as (members,), or as the float that it is."""
    return value.reshape(-1) if isinstance(value, Tensor) else value


def descend(slot: Slot, gradient: Tensor) -> None:
    """SGD's step: weight decay and momentum where the baseline has them, then ``lr``."""
    h = slot.h
    if _used(h.get("weight_decay", 0.0)):
        gradient = gradient + h["weight_decay"] * slot.p
    gradient = carried_on(slot, gradient)
    rate = h["lr"]
    if isinstance(rate, Tensor):
        slot.p.sub_(gradient * rate)
    else:
        slot.p.sub_(gradient, alpha=rate)


def carried_on(slot: Slot, gradient: Tensor) -> Tensor:
    """The gradient with what momentum carries on of earlier ones, not to be written into; without momentum, the gradient."""
    momentum = slot.h.get("momentum", 0.0)
    if not _used(momentum):
        return gradient
    buffer = slot.state.get("momentum_buffer")
    slot.state["momentum_buffer"] = buffer = gradient.clone() if buffer is None else buffer.mul_(momentum).add_(gradient)
    return buffer


def adam_direction(slot: Slot, gradient: Tensor) -> Tensor:
    """Adam's direction: both running means corrected for their start; ``beta1``, ``beta2`` and ``eps`` as hyperparameters."""
    state, h = slot.state, slot.h
    if "exp_avg" not in state:
        state |= {"exp_avg": torch.zeros_like(slot.p), "exp_avg_sq": torch.zeros_like(slot.p), "age": 0}
    state["age"] = age = int(state["age"]) + 1
    beta1, beta2 = h["beta1"], h["beta2"]
    state["exp_avg"].mul_(beta1).add_((1.0 - beta1) * gradient)
    state["exp_avg_sq"].mul_(beta2).add_((1.0 - beta2) * gradient.square())
    mean: Tensor = state["exp_avg"] / (1.0 - beta1**age)
    spread_out: Tensor = (state["exp_avg_sq"] / (1.0 - beta2**age)).sqrt() + h["eps"]
    return mean / spread_out


def _used(value: Number) -> bool:
    return isinstance(value, Tensor) or value != 0.0


class UnsupportedGradient(RuntimeError):
    """A gradient is sparse or complex."""


class MissingNetwork(RuntimeError):
    """The baseline works on units, and was not told the network."""


class RuleOptimizer(torch.optim.Optimizer):
    """A rule as an ordinary optimizer of one network.

    Args:
        params: tensors or groups; a group may override every number.
        lr: learning rate, a number or a tensor of one; schedulers may change it.
        maximize: climb instead of descend.
        seed: of the numbers that the rule draws; torch's initial seed if not given. No global generator is used.
        options: what ``OPTIONS`` names.

    Raises:
        TypeError: an option that it has not. ValueError: a number out of range.
    """

    OPTIONS: ClassVar[Mapping[str, Knob]]
    """Every number that it takes, ``lr`` among them."""

    @staticmethod
    def RULE(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
        """The rule; ``whole`` is what the network keeps as one."""
        raise NotImplementedError

    def __init__(
        self, params: Any, *, lr: float | Tensor, maximize: bool = False, seed: int | None = None, **options: float
    ) -> None:
        given = {"lr": lr, "maximize": maximize} | options
        defaults = {name: knob.default for name, knob in self.OPTIONS.items()} | given
        self._check(defaults)
        super().__init__(params, defaults)
        whole: Any = self.state
        whole["network"] = {"step": 0, "seed": torch.initial_seed() if seed is None else int(seed)}
        self._draw: Draw | None = None

    def _check(self, options: Mapping[str, Any]) -> None:
        ours = ("params", "param_names", "maximize", "initial_lr", "max_lr", "min_lr")
        for name, value in options.items():
            if name in ours:
                continue
            if name not in self.OPTIONS:
                raise TypeError(f"{type(self).__name__} has no option {name!r}; it has {', '.join(sorted(self.OPTIONS))}")
            if isinstance(value, Tensor) and value.numel() != 1:
                raise ValueError(f"{name} must be one number, not a tensor of shape {tuple(value.shape)}")
            knob, number = self.OPTIONS[name], float(value)
            if not (math.isfinite(number) and knob.least <= number <= knob.most):
                raise ValueError(f"{name} must be a finite number from {knob.least:g} to {knob.most:g}, not {value!r}")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds tensors with options of their own."""
        if isinstance(param_group, dict):
            self._check(param_group)
        super().add_param_group(param_group)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; ``closure`` evaluates the model again and returns the loss. Without any gradient nothing happens."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        slots: dict[int, Slot] = {}
        for group in self.param_groups:
            h = {name: float(group[name]) for name in self.OPTIONS}
            for p in group["params"]:
                if p.grad is None:
                    continue
                if p.grad.layout != torch.strided or p.grad.is_complex() or p.is_complex():
                    kind = "complex" if p.is_complex() or p.grad.is_complex() else "sparse"
                    raise UnsupportedGradient(f"{type(self).__name__} takes dense real gradients, not {kind} ones")
                gradient = -p.grad if group["maximize"] else p.grad
                slots[id(p)] = Slot(p.detach().unsqueeze(0), gradient.unsqueeze(0), self.state[p], h)
        if not slots:
            return loss
        kept: Any = self.state
        whole = kept["network"]
        whole["step"] += 1
        if self._draw is None or self._draw.seeds != (whole["seed"],):
            self._draw = Draw((whole["seed"],))
        type(self).RULE(list(slots.values()), self._units(slots), self._draw.at(whole["step"]), whole)
        return loss

    def _units(self, slots: Mapping[int, Slot]) -> Sequence[Units]:
        return ()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a saved state, and copies what steps write into, so that the saved one stays as it is."""
        super().load_state_dict(state_dict)
        for key, state in list(self.state.items()):
            self.state[key] = _copied(state)

    def __getstate__(self) -> dict[str, Any]:
        # Generators cannot be pickled and need not be: they depend on seed and step.
        return super().__getstate__() | {"_draw": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # A state saved by an older version lacks newer options: they get their defaults.
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    return {name: _copied(item) for name, item in value.items()} if isinstance(value, dict) else value


class UnitOptimizer(RuleOptimizer):
    """A rule that also looks at hidden units: call ``attach(model)`` once, with a model that is a stack of linear layers.

    The model's ``Linear``, activation, ``Linear`` triples are found in the order of its modules; the activation's output in the
    last forward pass in training mode with gradients on is what the rule sees.
    """

    _model: torch.nn.Module | None = None
    _seen: dict[int, Tensor]
    _triples: Sequence[tuple[torch.nn.Linear, torch.nn.Module, torch.nn.Linear]] = ()

    def attach(self, model: torch.nn.Module, loss: Any = None) -> None:
        """Says which network the parameters belong to; ``loss`` is not used.

        Raises:
            ValueError: the network has no hidden layer of the form Linear, activation, Linear.
        """
        layers = [module for module in model.modules() if not list(module.children())]
        self._triples = [
            (a, f, b)
            for a, f, b in zip(layers, layers[1:], layers[2:], strict=False)
            if isinstance(a, torch.nn.Linear) and isinstance(b, torch.nn.Linear) and not list(f.parameters())
        ]
        if not self._triples:
            raise ValueError(f"{type(self).__name__} needs a network with Linear, activation, Linear in a row")
        self._model, self._seen = model, {}
        for number, (_, activation, _) in enumerate(self._triples):
            activation.register_forward_hook(_Watch(self._seen, number))

    def _units(self, slots: Mapping[int, Slot]) -> Sequence[Units]:
        if self._model is None:
            raise MissingNetwork("call optimizer.attach(model) once before step()")
        kept: Any = self.state
        states = kept["network"].setdefault("units", {})
        found = []
        for number, (a, _, b) in enumerate(self._triples):
            incoming, outgoing = slots.get(id(a.weight)), slots.get(id(b.weight))
            if incoming is None or outgoing is None or number not in self._seen:
                continue  # A frozen layer keeps its units.
            found.append(
                Units(
                    activity=self._seen[number].flatten(0, -2).unsqueeze(0), incoming=incoming, bias=slots.get(id(a.bias)),
                    outgoing=outgoing, outgoing_bias=slots.get(id(b.bias)), state=states.setdefault(number, {}), h=incoming.h,
                )
            )  # fmt: skip
        return found

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_model": None, "_triples": (), "_seen": {}}


class _Watch:
    """Keeps the last output of a module under a number. A class, so that a model with it can be pickled."""

    def __init__(self, seen: dict[int, Tensor], number: int) -> None:
        self.seen, self.number = seen, number

    def __call__(self, module: torch.nn.Module, inputs: Any, output: Tensor) -> None:
        if module.training and torch.is_grad_enabled():
            self.seen[self.number] = output.detach()

"""The optimizer that every composed prototype is: a plain base step, and one quantity of it under a mechanism's control.

What a subclass adds is which parts sense, respond and act. With the response at rest, or the mechanism off, each step is that of
``torch.optim.SGD`` or ``torch.optim.AdamW`` (single-tensor form) bit for bit. A gradient that is not finite reaches the weights
as it would there; the mechanism's own state stays finite whatever is observed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.parts.elementwise import State, Value


class MissingSignal(RuntimeError):
    """The step needs a signal that was not observed."""


class UnsupportedGradient(RuntimeError):
    """A gradient is sparse or complex."""


class RegulatedOptimizer(torch.optim.Optimizer):
    """SGD with momentum, or AdamW, of which a sensed and answered signal changes one quantity.

    Args:
        params: tensors or groups; a group may override every number below.
        lr: learning rate; schedulers own it, the mechanism multiplies in a factor of its own.
        base: "sgd" or "adamw".
        momentum: of SGD. betas, eps: of AdamW. weight_decay: of both, each in its own way.
        maximize: climb instead of descend; an observed loss then counts as something to be raised.
        mechanism: "off" makes it the base optimizer.
        replay, constant: take the response from here instead of sensing; for control experiments.
        knobs: of the parts, named ``sense_…``, ``respond_…`` and ``act_…``.
    """

    SENSE: ClassVar[Callable[..., tuple[Any, State]]]
    RESPOND: ClassVar[Callable[..., tuple[Any, State]]]
    ACT: ClassVar[Callable[..., Any]]
    SIGNAL: ClassVar[str]
    SCOPE: ClassVar[str]
    CHANGES: ClassVar[str]
    START: ClassVar[dict[str, State]]
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]]
    """For each knob its default, the least and the most that it accepts."""
    OBSERVES: ClassVar[tuple[str, ...]]
    _named: ClassVar[dict[str, list[tuple[str, str]]]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        roles = ("sense", "respond", "act")
        # ("capacity", "respond_capacity") and so on, worked out once instead of in every step.
        cls._named = {r: [(name.removeprefix(f"{r}_"), name) for name in cls.LIMITS if name.startswith(f"{r}_")] for r in roles}

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 0.01,
        *,
        base: str = "sgd",
        momentum: float = 0.9,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        maximize: bool = False,
        mechanism: str = "on",
        replay: Sequence[float | Sequence[float]] | None = None,
        constant: float | None = None,
        **knobs: float,
    ) -> None:
        if base not in ("sgd", "adamw") or mechanism not in ("on", "off"):
            raise ValueError(f"base is 'sgd' or 'adamw' and mechanism 'on' or 'off', not {base!r} and {mechanism!r}")
        if replay is not None and (constant is not None or len(replay) == 0):
            raise ValueError("replay needs at least one response, and no constant beside it")
        if constant is not None and not math.isfinite(constant):
            raise ValueError(f"constant must be a finite number, not {constant!r}")
        self.base, self.mechanism, self.replay, self.constant = base, mechanism, replay, constant
        self.response, self.sensed, self.forward_equivalents = 0.0, 0.0, 0.0
        self.responses: tuple[float, ...] = (0.0,)
        self._signals: dict[str, Any] = {}
        defaults = {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        defaults |= {"maximize": maximize} | {name: limits[0] for name, limits in self.LIMITS.items()} | knobs
        self._check(defaults, TypeError)
        super().__init__(params, defaults)

    def _check(self, options: dict[str, Any], unknown: type[Exception]) -> None:
        """Raises ValueError for a number out of range, ``unknown`` for a name that means nothing here."""
        inf = math.inf
        limits = {"lr": (0.0, inf), "momentum": (0.0, 1.0), "eps": (0.0, inf), "weight_decay": (0.0, inf)}
        limits |= {name: (least, most) for name, (_, least, most) in self.LIMITS.items()}
        ours = ("params", "param_names", "betas", "maximize", "initial_lr", "max_lr", "min_lr")
        for name, value in options.items():
            if name not in limits:
                if name not in ours:
                    raise unknown(f"{type(self).__name__} has no option {name!r}; it has {', '.join(sorted(limits))}")
                continue
            least, most = limits[name]
            if isinstance(value, Tensor) and value.numel() != 1:
                raise ValueError(f"{name} must be one number, not a tensor of shape {tuple(value.shape)}")
            if not (least <= float(value) <= most and math.isfinite(float(value))):
                raise ValueError(f"{name} must be a finite number from {least:g} to {most:g}, not {value!r}")
        if "betas" in options and not all(0.0 <= float(beta) < 1.0 for beta in options["betas"]):
            raise ValueError(f"betas must be from 0 to below 1, not {options['betas']!r}")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds tensors with options of their own; what belongs to the whole network cannot differ from group to group."""
        if isinstance(param_group, dict):
            self._check(param_group, TypeError)
            for name, value in param_group.items():
                if self.SCOPE == "network" and name.startswith(("sense_", "respond_")) and value != self.defaults[name]:
                    raise ValueError(f"{name} belongs to the whole network: give it to the optimizer, not to a group")
        super().add_param_group(param_group)

    def observe(self, *, loss: float | Tensor | None = None, **signals: Any) -> None:
        """Hands over what the next step may sense; ``loss`` may always be given."""
        for name in signals:
            if name not in self.OBSERVES:
                names = " and ".join(sorted({"loss", *self.OBSERVES}))
                raise TypeError(f"{type(self).__name__} observes {names}, not {name!r}")
        self._signals |= signals
        if loss is not None:
            self._signals["loss"] = float(loss.detach() if isinstance(loss, Tensor) else loss)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; ``closure`` evaluates the model again and returns the loss. Without any gradient nothing happens."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
            self.observe(loss=loss)
        signals, self._signals = self._signals, {}
        work = [(group, p) for group in self.param_groups for p in group["params"] if p.grad is not None]
        for _, p in work:
            if p.grad.layout != torch.strided or p.grad.is_complex() or p.is_complex():
                raise UnsupportedGradient(f"{type(self).__name__} takes dense real gradients, not sparse or complex ones")
        if not work:
            return loss
        gradients = [-p.grad if group["maximize"] else p.grad for group, p in work]
        for (group, p), gradient, change in zip(work, gradients, self._changes(work, gradients, signals), strict=True):
            self._update(group, p, gradient, change)
        return loss

    def _changes(self, work: list[Any], gradients: list[Tensor], signals: dict[str, Any]) -> list[Value | None]:
        """For each tensor what the mechanism changes; ``None`` where it is off."""
        self.response, self.responses, self.sensed = 0.0, (0.0,), 0.0
        if self.mechanism == "off":
            return [None] * len(work)
        whole = self.SCOPE == "network"
        norms = self._norms(gradients, whole)
        given = self._given()
        sensed: list[Any]
        if given is not None:
            sensed, responses = [0.0] * len(work), self._spread(given, work)
        elif whole:
            state: dict[Any, Any] = self.state
            value, response, learned = self._regulate(self._signal(signals, norms[0]), state["network"], work[0][0])
            # Replaced, not written into: a state dict that was loaded or saved keeps what it holds.
            state["network"] = state["network"] | learned
            sensed, responses = [value], [response] * len(work)
        else:
            sensed, responses = [], []
            for (group, p), gradient in zip(work, gradients, strict=True):
                value, response, learned = self._regulate(gradient, self.state[p], group)
                self.state[p].update(learned)
                sensed.append(value)
                responses.append(response)
        self._report(work, sensed, responses)
        changes = []
        for (group, _), response, norm in zip(work, responses, norms, strict=True):
            changes.append(type(self).ACT(response, norm, **self._knobs("act", group)))
        return changes

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[Any, Any, State]:
        """Sense, then respond: what was sensed, the response, and both new states."""
        value, sensed = type(self).SENSE(signal, state.get("sense", self.START["sense"]), **self._knobs("sense", group))
        before = state.get("respond", self.START["respond"])
        response, responded = type(self).RESPOND(value, before, **self._knobs("respond", group))
        return value, response, {"sense": sensed, "respond": responded}

    def _knobs(self, role: str, group: dict[str, Any]) -> dict[str, float]:
        return {short: group[name] for short, name in self._named[role]}

    def _signal(self, signals: dict[str, Any], norm: float) -> Any:
        if self.SIGNAL == "norm":
            return norm
        if self.SIGNAL not in signals:
            raise MissingSignal(f"call optimizer.observe({self.SIGNAL}=...) before step()")
        signal = signals[self.SIGNAL]
        return -signal if self.SIGNAL == "loss" and self.param_groups[0]["maximize"] else signal

    def _norms(self, gradients: list[Tensor], whole: bool) -> list[float]:
        """Norm of the gradient that each tensor's change depends on: of all of them together, or its own."""
        if self.SIGNAL != "norm" and self.CHANGES != "scale":
            return [0.0] * len(gradients)
        norms = [float(torch.linalg.vector_norm(gradient)) for gradient in gradients]
        return [math.sqrt(sum(norm * norm for norm in norms))] * len(norms) if whole else norms

    def _given(self) -> float | Sequence[float] | None:
        """The response of this step where it is not to be sensed."""
        if self.replay is None:
            return self.constant
        state: dict[Any, Any] = self.state
        done = int(state["network"].get("replayed", 0))
        state["network"] = state["network"] | {"replayed": done + 1}
        return self.replay[done % len(self.replay)]

    def _spread(self, given: float | Sequence[float], work: list[Any]) -> list[float]:
        if isinstance(given, (float, int)):
            return [float(given)] * len(work)
        every = [p for group in self.param_groups for p in group["params"]]
        if len(given) == 1:
            return [float(given[0])] * len(work)
        if len(given) != len(every):
            raise ValueError(f"replay has {len(given)} responses in a step, and there are {len(every)} tensors")
        known = {id(p): float(response) for p, response in zip(every, given, strict=True)}
        return [known[id(p)] for _, p in work]

    def _report(self, work: list[Any], sensed: list[Any], responses: list[Any]) -> None:
        """Sets ``sensed``, ``response`` and ``responses``; tensors without a gradient report 0."""
        flat = [float(r.mean()) if isinstance(r, Tensor) else r for r in responses]
        self.sensed = sum(float(v.mean()) if isinstance(v, Tensor) else v for v in sensed) / len(sensed)
        if self.SCOPE == "network":
            self.response, self.responses = flat[0], (flat[0],)
            return
        known = {id(p): response for (_, p), response in zip(work, flat, strict=True)}
        self.response = sum(flat) / len(flat)
        self.responses = tuple(known.get(id(p), 0.0) for group in self.param_groups for p in group["params"])

    def _update(self, group: dict[str, Any], p: Tensor, gradient: Tensor, change: Value | None) -> None:
        """Applies the change, then the base step. A change of nothing leaves the step bit for bit as it was."""
        rate, decay = float(group["lr"]), float(group["weight_decay"])
        factor: Tensor | None = None
        pull: Tensor | None = None
        if change is None:
            pass
        elif self.CHANGES == "scale":
            gradient = gradient if isinstance(change, float) and change == 1.0 else gradient * change
        elif self.CHANGES == "pull":
            if "start" not in self.state[p]:
                self.state[p]["start"] = p.clone()
            # At rest nothing may be added, not even zeros: 0 + -0 is not -0.
            pull = change * (p - self.state[p]["start"]) if isinstance(change, Tensor) or change != 0.0 else None
        elif isinstance(change, Tensor):
            factor, pull = (change, None) if self.CHANGES == "rate" else (None, change * p)
        elif self.CHANGES == "rate":
            rate *= change
        else:
            decay += change
        (self._sgd if self.base == "sgd" else self._adamw)(group, p, gradient, rate, decay, pull, factor)

    def _sgd(self, group: dict[str, Any], p: Tensor, gradient: Tensor, rate: float, decay: float, pull: Any, factor: Any) -> None:
        if decay != 0.0:
            gradient = gradient.add(p, alpha=decay)
        if pull is not None:
            gradient = gradient + pull
        if group["momentum"] != 0.0:
            buffer = self.state[p].get("momentum_buffer")
            if buffer is None:
                buffer = self.state[p]["momentum_buffer"] = gradient.clone()
            else:
                buffer.mul_(group["momentum"]).add_(gradient)
            gradient = buffer
        p.add_(gradient if factor is None else gradient * factor, alpha=-rate)

    def _adamw(
        self, group: dict[str, Any], p: Tensor, gradient: Tensor, rate: float, decay: float, pull: Any, factor: Any
    ) -> None:
        """Decay and pull act outside the adapted step; a factor for single weights acts on the adapted step alone."""
        state, (beta1, beta2) = self.state[p], group["betas"]
        if "exp_avg" not in state:
            state |= {"step": 0, "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
        step = state["step"] = int(state["step"]) + 1
        if decay != 0.0:
            p.mul_(1 - rate * decay)
        if pull is not None:
            p.sub_(pull, alpha=rate)
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(gradient, 1 - beta1)
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        spread = (square.sqrt() / (1 - beta2**step) ** 0.5).add_(group["eps"])
        p.addcdiv_(mean if factor is None else mean * factor, spread, value=-rate / (1 - beta1**step))

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a saved state, and copies what steps write into, so that the saved one stays as it is."""
        super().load_state_dict(state_dict)
        for state in self.state.values():
            for name in ("momentum_buffer", "exp_avg", "exp_avg_sq"):
                if isinstance(state.get(name), Tensor):
                    state[name] = state[name].clone()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("base", "mechanism", "replay", "constant", "response", "responses", "sensed", "forward_equivalents", "_signals")
        return super().__getstate__() | {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # A state saved by an older version lacks newer options: they get their defaults.
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)

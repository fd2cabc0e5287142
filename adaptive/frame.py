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

from adaptive.base_step import Move, adamw, lots, sgd
from adaptive.mechanism import Mechanism
from adaptive.parts.elementwise import State

FROZEN = 1e-20
"""A learning rate this small is meant to freeze, and then no action moves the weights either."""


class MissingSignal(RuntimeError):
    """The step needs a signal that was not observed."""


class UnsupportedGradient(RuntimeError):
    """A gradient is sparse or complex."""


class RegulatedOptimizer(Mechanism, torch.optim.Optimizer):
    """SGD with momentum, or AdamW, of which a sensed and answered signal changes one quantity.

    Args:
        params: tensors or groups; a group may override every number below.
        lr: learning rate; schedulers own it, the mechanism multiplies in a factor of its own.
        base: "sgd" or "adamw".
        momentum: of SGD. betas, eps: of AdamW. weight_decay: of both, each in its own way.
        maximize: climb instead of descend; an observed loss then counts as something to be raised.
        fused: AdamW in one kernel, where the change is a number for each tensor; rounds as ``torch.optim.AdamW(fused=True)``.
        seed: of the random numbers that it draws; torch's initial seed if not given. No global generator is used.
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
    READS: ClassVar[tuple[str, ...]] = ()
    START: ClassVar[dict[str, State]]
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]]
    """For each knob its default, the least and the most that it accepts."""
    OBSERVES: ClassVar[tuple[str, ...]]
    SHARED: ClassVar[tuple[str, ...]] = ()
    """Knobs that belong to the whole network although the mechanism looks at tensors or weights."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        roles = ("sense", "respond", "act")
        # ("capacity", "respond_capacity") and so on, worked out once instead of in every step.
        cls._keeps = bool({"anchor", "average", "importance"} & set(cls.READS))
        cls._alone = cls.SCOPE != "network" or not set(cls.READS) <= {"norm", "rate", "decay"}
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
        fused: bool = False,
        seed: int | None = None,
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
        if fused and base != "adamw":
            raise ValueError("only the base 'adamw' has a fused form")
        self.base, self.mechanism, self.replay, self.constant = base, mechanism, replay, constant
        self.seed = torch.initial_seed() if seed is None else int(seed)
        self.forward_equivalents = 0.0
        self._rest()
        self._signals: dict[str, Any] = {}
        defaults = {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        defaults |= {"maximize": maximize, "fused": fused}
        defaults |= {name: limits[0] for name, limits in self.LIMITS.items()} | knobs
        self._check(defaults, TypeError)
        super().__init__(params, defaults)

    def _check(self, options: dict[str, Any], unknown: type[Exception]) -> None:
        """Raises ValueError for a number out of range, ``unknown`` for a name that means nothing here."""
        inf = math.inf
        limits = {"lr": (0.0, inf), "momentum": (0.0, 1.0), "eps": (0.0, inf), "weight_decay": (0.0, inf)}
        limits |= {name: (least, most) for name, (_, least, most) in self.LIMITS.items()}
        ours = ("params", "param_names", "betas", "maximize", "fused", "initial_lr", "max_lr", "min_lr")
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
                whole = name in self.SHARED or (self.SCOPE == "network" and name.startswith(("sense_", "respond_")))
                if whole and value != self.defaults[name]:
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
        responses, norms = self._responses(work, gradients, signals)
        after = self.CHANGES in ("weight", "reset")
        if after and self._keeps and self.mechanism == "on":
            self._anchor(work)
        changes = [None] * len(work) if after else self._changes(work, gradients, responses, norms)
        move = sgd if self.base == "sgd" else adamw
        for lot in lots([self._move(*its) for its in zip(work, gradients, changes, strict=True)]):
            move(lot)
        if after:
            for (group, p), new in zip(work, self._changes(work, gradients, responses, norms), strict=True):
                self._put(p, new if float(group["lr"]) > FROZEN else None)
        return loss

    def _signal(self, signals: dict[str, Any], norm: float) -> Any:
        """What a sense of the whole network takes in this step."""
        if self.SIGNAL == "norm":
            return norm
        wanted = ("loss", "held_out") if self.SIGNAL == "held_out" else (self.SIGNAL,)
        if missing := [name for name in wanted if name not in signals]:
            raise MissingSignal(f"call optimizer.observe({', '.join(f'{name}=...' for name in missing)}) before step()")
        against = -1.0 if self.param_groups[0]["maximize"] else 1.0
        if self.SIGNAL == "held_out":
            return against * signals["loss"], against * float(signals["held_out"])
        signal = signals[self.SIGNAL]
        return against * signal if self.SIGNAL == "loss" else float(signal) if self.SIGNAL == "errors" else signal

    def _move(self, its: tuple[dict[str, Any], Tensor], gradient: Tensor, change: Any) -> Move:
        """The base step of one tensor with the change in it. A change of nothing leaves it bit for bit as it was."""
        (group, p), kind = its, self.CHANGES
        rate, decay = float(group["lr"]), float(group["weight_decay"])
        inertia = group["momentum"] if self.base == "sgd" else group["betas"][0]
        pull: Tensor | None = None
        factor: Tensor | None = None
        if change is None:
            pass
        elif kind == "scale":
            gradient = gradient if isinstance(change, float) and change == 1.0 else gradient * change
        elif kind == "gradient":
            gradient = change
        elif kind == "pull":
            # At rest nothing may be added, not even zeros: 0 + -0 is not -0.
            pull = change if isinstance(change, Tensor) else None
        elif kind == "momentum":
            inertia *= change
        elif isinstance(change, Tensor):
            factor, pull = (change, None) if kind == "rate" else (None, change * p)
        elif kind == "rate":
            rate *= change
        else:
            decay += change
        return Move(group, p, gradient, self.state[p], rate, decay, inertia, pull, factor)

    def _put(self, p: Tensor, new: Tensor | None) -> None:
        """Weights that an action gives after the step; where units were reset, all that was kept of them goes, too."""
        if new is None:
            return
        if self.CHANGES == "reset":
            fresh = (new != p).flatten(1).any(dim=1) if p.dim() > 1 else new != p
            for name in ("momentum_buffer", "exp_avg", "exp_avg_sq", "trail"):
                if isinstance(self.state[p].get(name), Tensor):
                    self.state[p][name][fresh] = 0.0
        p.copy_(new)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a saved state, and copies what steps write into, so that the saved one stays as it is."""
        super().load_state_dict(state_dict)
        for state in self.state.values():
            for name in ("momentum_buffer", "exp_avg", "exp_avg_sq", "trail", "average", "square"):
                if isinstance(state.get(name), Tensor):
                    state[name] = state[name].clone()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("base", "mechanism", "replay", "constant", "seed", "forward_equivalents", "_signals")
        seen = {"_sensed": self.sensed, "_answered": self.responses, "_mean": self.response}
        return super().__getstate__() | {name: self.__dict__[name] for name in kept} | seen

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # A state saved by an older version lacks newer options: they get their defaults.
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)

"""The regularizer that every composed penalty is: a scalar to add to the loss, whose strength a mechanism controls.

What a subclass adds is which parts sense, respond and act. The gradient of the penalty is, bit for bit, what the action adds to
the gradient in an optimizer made of the same parts. At rest, neutral or off, the penalty is 0 and adds nothing to any gradient.
The mechanism's own state stays finite whatever is observed.
"""

from __future__ import annotations

import copy
import functools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.mechanism import Mechanism, wide
from adaptive.parts.elementwise import State

FELT = ("norm", "gradient", "pair", "products")
"""Signals that are made of gradients."""


class MissingInput(RuntimeError):
    """The penalty needs something that was not given."""


class Unsupported(RuntimeError):
    """A gradient is sparse."""


class Pulled(torch.autograd.Function):
    """A value with the gradient that is handed over with it."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, pulls: list[Tensor | None], again: Callable[..., Any], *weights: Tensor) -> Tensor:
        ctx.again = again
        ctx.at_rest = [pull is None for pull in pulls]
        ctx.save_for_backward(*weights, *(pull for pull in pulls if pull is not None))
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        count, (above,) = len(ctx.at_rest), upstream
        weights, known = ctx.saved_tensors[:count], iter(ctx.saved_tensors[count:])
        gradients: list[Tensor | None] = []
        for index, weight in enumerate(weights):
            pull = None if ctx.at_rest[index] else next(known)
            if pull is not None and torch.is_grad_enabled():
                # Gradients of gradients are asked for, so the pull is worked out again, as a function of the weights.
                pull = ctx.again(index, weight)
            gradients.append(None if pull is None else (pull * above.to(pull.device)).to(weight.dtype))
        return None, None, None, *gradients


class Regularizer(Mechanism, torch.nn.Module):
    """A penalty of which a sensed and answered signal changes the strength.

    Each step of training calls it once, adds what it returns to the loss, and goes backward from the sum::

        penalty = regularizer(loss)
        optimizer.zero_grad()
        (loss + penalty).backward()
        optimizer.step()

    Calls in the mode of evaluation sense nothing and learn nothing: they give the penalty at the response of the last step.
    It holds the weights without owning them: its ``parameters()`` are none, and its ``state_dict`` has what the mechanism keeps.

    Args:
        params: tensors, pairs of a name and a tensor, or groups; a group may override knobs, ``weight_decay`` and ``betas``.
        mechanism: "off" makes the penalty 0.
        replay, constant: take the response from here instead of sensing; for control experiments.
        gradient: where it senses gradients, "now" takes those of the loss that is given, at the cost of one more backward pass;
            "last" takes what the last step left in ``.grad``, penalty included, at no cost: call it before ``zero_grad``.
        options: knobs of the parts, named ``sense_…``, ``respond_…`` and ``act_…``. Where the action puts a factor on the weight
            decay, ``weight_decay`` has to say that of the optimizer, to which the penalty adds the change alone. Where it reads
            the importance of weights, ``betas`` has the memory of it as second number, as in Adam.
    """

    SENSE: ClassVar[Callable[..., tuple[Any, State]]]
    RESPOND: ClassVar[Callable[..., tuple[Any, State]]]
    ACT: ClassVar[Callable[..., Any]]
    SIGNAL: ClassVar[str]
    SCOPE: ClassVar[str]
    CHANGES: ClassVar[str]
    READS: ClassVar[tuple[str, ...]] = ()
    DEGREE: ClassVar[float] = 2.0
    """The penalty grows with this power of the weights' way from where they are pulled to."""
    START: ClassVar[dict[str, State]]
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]]
    """For each knob its default, the least and the most that it accepts."""
    OBSERVES: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        roles = ("sense", "respond", "act")
        cls._keeps = bool({"anchor", "average", "importance"} & set(cls.READS))
        cls._alone = True
        cls._named = {r: [(name.removeprefix(f"{r}_"), name) for name in cls.LIMITS if name.startswith(f"{r}_")] for r in roles}

    def __init__(
        self,
        params: Any,
        *,
        mechanism: str = "on",
        replay: Sequence[float | Sequence[float]] | None = None,
        constant: float | None = None,
        gradient: str = "now",
        **options: Any,
    ) -> None:
        super().__init__()
        if mechanism not in ("on", "off") or gradient not in ("now", "last"):
            raise ValueError(f"mechanism is 'on' or 'off' and gradient 'now' or 'last', not {mechanism!r} and {gradient!r}")
        if replay is not None and (constant is not None or len(replay) == 0):
            raise ValueError("replay needs at least one response, and no constant beside it")
        if constant is not None and not math.isfinite(constant):
            raise ValueError(f"constant must be a finite number, not {constant!r}")
        self.base, self.seed = "sgd", 0  # what Mechanism asks of an optimizer: gradients' mean squares are kept here
        self.mechanism, self.replay, self.constant, self.gradient = mechanism, replay, constant, gradient
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self._rest()
        self.defaults: dict[str, Any] = {name: limits[0] for name, limits in self.LIMITS.items()}
        self.defaults |= {"betas": (0.9, 0.999)} if "importance" in self.READS else {}
        self._check(options)
        self.defaults |= options
        self.param_groups: list[dict[str, Any]] = []
        self.names: list[str] = []
        if isinstance(params, (Tensor, dict)):
            raise TypeError(f"params are tensors, pairs of a name and a tensor, or groups, not a {type(params).__name__}")
        given = list(params)
        for group in given if given and all(isinstance(one, dict) for one in given) else [{"params": given}]:
            self._add(group)

    def _add(self, group: dict[str, Any]) -> None:
        """Takes a group of tensors, after checking that each is new and can be pulled."""
        own = {name: value for name, value in group.items() if name != "params"}
        self._check(own)
        for name, value in own.items():
            if self.SCOPE == "network" and name.startswith(("sense_", "respond_")) and value != self.defaults[name]:
                raise ValueError(f"{name} belongs to the whole network: give it to the regularizer, not to a group")
        options = self.defaults | own
        if "decay" in self.READS and "weight_decay" not in options:
            raise TypeError(f"{type(self).__name__} puts a factor on the optimizer's weight decay: say it, weight_decay=…")
        known = {id(p) for other in self.param_groups for p in other["params"]}
        tensors = []
        for one in group["params"]:
            name, p = one if isinstance(one, tuple) else (str(len(self.names)), one)
            if not isinstance(p, Tensor) or not p.is_leaf or not p.is_floating_point():
                raise TypeError(f"{name} is no leaf tensor of real numbers, so it cannot be pulled")
            if id(p) in known or name in self.names:
                raise ValueError(f"{name} is given twice")
            known.add(id(p))
            tensors.append(p)
            self.names.append(name)
        if not tensors:
            raise ValueError("there are no tensors to pull")
        self.param_groups.append(options | {"params": tensors})

    def _check(self, options: dict[str, Any]) -> None:
        """Raises ValueError for a number out of range, TypeError for a name that means nothing here."""
        limits = {name: (least, most) for name, (_, least, most) in self.LIMITS.items()}
        limits |= {"weight_decay": (0.0, math.inf)} if "decay" in self.READS else {}
        for name, value in options.items():
            if name == "betas" and "importance" in self.READS:
                if not all(0.0 <= float(beta) < 1.0 for beta in value):
                    raise ValueError(f"betas must be from 0 to below 1, not {value!r}")
            elif name not in limits:
                raise TypeError(f"{type(self).__name__} has no option {name!r}; it has {', '.join(sorted(limits))}")
            elif not (limits[name][0] <= float(value) <= limits[name][1] and math.isfinite(float(value))):
                raise ValueError(f"{name} must be a finite number from {limits[name][0]:g} to {limits[name][1]:g}, not {value!r}")

    def forward(self, loss: float | Tensor | None = None, **signals: Any) -> Tensor:
        """The penalty, a scalar; in the mode of training it senses first, and what it senses has to be given.

        Args:
            loss: of this step; a tensor that gradients can be taken of, where they are sensed "now".
            signals: ``targets``, ``errors`` or ``held_out``, where the sense takes them.

        Raises:
            MissingInput: what is sensed was not given. TypeError: a signal that is not sensed.
        """
        for name in signals:
            if name not in self.OBSERVES or name == "loss":
                raise TypeError(f"{type(self).__name__} takes {', '.join(sorted({'loss', *self.OBSERVES}))}, not {name!r}")
        if self.mechanism == "on" and self.training:
            self._live(loss, signals)
        return self._penalty()

    def _live(self, loss: float | Tensor | None, signals: dict[str, Any]) -> None:
        """Senses and responds, and keeps for each tensor the response; a tensor that is not learned has none."""
        learned = [(group, p) for group in self.param_groups for p in group["params"] if p.requires_grad]
        sensing = self.replay is None and self.constant is None and self.SIGNAL in FELT
        if sensing or "importance" in self.READS:
            found = self._gradients(loss, [p for _, p in learned])
            work = [its for its, gradient in zip(learned, found, strict=True) if gradient is not None]
            gradients = [gradient for gradient in found if gradient is not None]
        else:
            work, gradients = learned, [p.detach() for _, p in learned]  # nobody looks at them
        if loss is not None:
            signals = signals | {"loss": float(loss.detach() if isinstance(loss, Tensor) else loss)}
        self._rest()
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p].pop("response", None)
            self._anchor(learned)
            if work:
                responses, _ = self._responses(work, gradients, signals)
                if self._keeps:
                    self._keep(work, gradients)
                for (_, p), response in zip(work, responses, strict=True):
                    self.state[p]["response"] = response
        self.state["network"] = self.state["network"] | {"calls": int(self.state["network"].get("calls", 0)) + 1}

    def _gradients(self, loss: float | Tensor | None, weights: list[Tensor]) -> Sequence[Tensor | None]:
        """For each of ``weights`` the gradient that is sensed; ``None`` where there is none."""
        name = type(self).__name__
        if self.gradient == "last":
            found: Sequence[Tensor | None] = [p.grad for p in weights]
            if self.state["network"].get("calls", 0) and all(gradient is None for gradient in found):
                raise MissingInput(f"{name} finds no gradient of the last step: call it before optimizer.zero_grad()")
        elif not isinstance(loss, Tensor) or not loss.requires_grad:
            raise MissingInput(f"{name} senses gradients: give it the loss as a tensor, before backward(), or gradient='last'")
        else:
            found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True) if weights else ()
        if any(gradient is not None and gradient.layout != torch.strided for gradient in found):
            raise Unsupported(f"{name} takes dense gradients, not sparse ones")
        return found

    def _signal(self, signals: dict[str, Any], norm: float) -> Any:
        """What a sense of the whole network takes in this step."""
        if self.SIGNAL == "norm":
            return norm
        wanted = ("loss", "held_out") if self.SIGNAL == "held_out" else (self.SIGNAL,)
        if missing := [name for name in wanted if signals.get(name) is None]:
            raise MissingInput(f"{type(self).__name__} senses {' and '.join(wanted)}: give it {', '.join(missing)}")
        if self.SIGNAL == "held_out":
            return signals["loss"], float(signals["held_out"])
        signal = signals[self.SIGNAL]
        return signal if self.SIGNAL == "targets" else float(signal)

    def _penalty(self) -> Tensor:
        """The penalty at the responses that are kept."""
        every = [(group, p) for group in self.param_groups for p in group["params"]]
        pulls: list[Tensor | None] = []
        values: list[Tensor] = []
        with torch.no_grad():
            for group, p in every:
                pull = self._pull(group, p, p, self.state[p].get("response")) if self.mechanism == "on" else None
                pulls.append(pull)
                if pull is not None:
                    values.append(wide(pull).dot(wide(self._way(p))) / self.DEGREE)
            first = every[0][1]
            value = torch.zeros((), dtype=wide(first).dtype, device=first.device)
            for part in values:
                value = value + part.to(first.device)

        responses = [self.state[p].get("response") for _, p in every]

        def again(index: int, weight: Tensor) -> Tensor | None:
            return self._pull(*every[index], weight, responses[index])

        scalar: Tensor = Pulled.apply(value, pulls, again, *(p for _, p in every))  # type: ignore[no-untyped-call]
        return scalar

    def _pull(self, group: dict[str, Any], p: Tensor, weight: Tensor, response: Any) -> Tensor | None:
        """What the action adds to the gradient where ``p`` is ``weight``; ``None`` at rest: nothing is added then, not even 0."""
        if response is None or (isinstance(response, float) and response == 0.0):
            return None
        read = [weight if name == "weight" else self._read(name, group, p, p, [], 0, None) for name in self.READS]
        change = type(self).ACT(response, *read, **self._knobs("act", group))
        pull: Tensor = change * weight if self.CHANGES == "decay" else change
        return pull

    def _way(self, p: Tensor) -> Tensor:
        """From where ``p`` is pulled to, to where it is."""
        places = [name for name in ("anchor", "average") if name in self.READS and self.CHANGES == "pull"]
        return p - self.state[p][places[0]] if places else p

    def get_extra_state(self) -> dict[str, Any]:
        """What the mechanism keeps, by the names of the tensors or their places; numbers, tensors and dictionaries alone."""
        every = [p for group in self.param_groups for p in group["params"]]
        tensors = {name: self.state[p] for name, p in zip(self.names, every, strict=True)}
        return copy.deepcopy({"network": dict(self.state["network"]), "tensors": tensors})

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Takes over a saved state, which stays as it is.

        Raises:
            ValueError: it is of other tensors.
        """
        if list(state["tensors"]) != self.names:
            raise ValueError(f"the saved state is of {', '.join(state['tensors'])}, and these are {', '.join(self.names)}")
        saved, every = copy.deepcopy(state), [p for group in self.param_groups for p in group["params"]]
        for name, p in zip(self.names, every, strict=True):
            for kept in ("anchor", "average", "square", "trail"):
                known = saved["tensors"][name].get(kept)
                if known is not None and known.shape != p.shape:
                    raise ValueError(f"{name} has the shape {tuple(p.shape)}, and that saved {tuple(known.shape)}")
        self._rest()
        self.state = defaultdict(dict, {"network": saved["network"]})
        for name, p in zip(self.names, every, strict=True):
            self.state[p] = mapped(saved["tensors"][name], functools.partial(fitted, p))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Regularizer:
        """What ``to``, ``cuda`` and ``double`` do to the weights of a network, they do to what is kept of them."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for key in list(self.state):
            self.state[key] = mapped(self.state[key], fn)
        return self

    def extra_repr(self) -> str:
        """How many tensors it holds, and what is not as usual."""
        unusual = [f"{name}={value!r}" for name, value in self.defaults.items() if value != self.LIMITS.get(name, (None,))[0]]
        return ", ".join([f"{len(self.names)} tensors", f"mechanism={self.mechanism!r}", *unusual])


def fitted(p: Tensor, kept: Tensor) -> Tensor:
    """``kept`` where ``p`` is, and of its kind of number."""
    return kept.to(p.device, p.dtype if kept.is_floating_point() else kept.dtype)


def mapped(state: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A nested state with ``change`` made to all tensors in it."""
    if isinstance(state, Tensor):
        return change(state)
    return {name: mapped(value, change) for name, value in state.items()} if isinstance(state, dict) else state

"""Running a mechanism inside an optimizer's step: what is sensed for each tensor, how it is answered, what follows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.parts.elementwise import HUGE, State, calm

Work = list[tuple[dict[str, Any], Tensor]]
"""Tensors that have a gradient, each with its group."""


def fetched(numbers: list[Tensor]) -> list[float]:
    """Single numbers as floats; from a device all at once, since each fetch waits for it."""
    if len(numbers) > 1 and numbers[0].device.type != "cpu" and len({n.dtype for n in numbers}) == 1:
        return [float(number) for number in torch.stack(numbers).tolist()]
    return [number.item() for number in numbers]


def wide(x: Tensor) -> Tensor:
    """``x`` as a vector; half precision is too coarse for a sum of squares, single is not."""
    return x.flatten() if x.dtype in (torch.float32, torch.float64) else x.flatten().float()


def quiet(x: Tensor) -> Tensor:
    """``x`` with 0 where it is not finite."""
    known = calm(x)
    assert isinstance(known, Tensor)
    return known


def seed_of_draw(seed: int, drawn: int) -> int:
    """What the random numbers of the draw number ``drawn`` come from, where an optimizer's seed is ``seed``; 0 to 2^62."""
    return (seed * 6364136223846793005 + drawn * 1442695040888963407) % (1 << 62)


class Mechanism:
    """The part of an optimizer that senses, responds and works out what to change."""

    SENSE: ClassVar[Any]
    RESPOND: ClassVar[Any]
    ACT: ClassVar[Any]
    SIGNAL: ClassVar[str]
    SCOPE: ClassVar[str]
    READS: ClassVar[tuple[str, ...]]
    START: ClassVar[dict[str, State]]
    _named: ClassVar[dict[str, list[tuple[str, str]]]]
    _keeps: ClassVar[bool]
    _alone: ClassVar[bool]
    state: Any
    param_groups: list[dict[str, Any]]
    base: str
    seed: int
    mechanism: str
    replay: Sequence[float | Sequence[float]] | None
    constant: float | None

    def _rest(self) -> None:
        self._sensed: Any = 0.0
        self._answered: Any = (0.0,)
        self._mean: float | None = 0.0

    @property
    def sensed(self) -> float:
        """What was sensed in the last step, the mean of tensors; 0 at rest."""
        if isinstance(self._sensed, list):
            self._sensed = sum(float(v.mean()) if isinstance(v, Tensor) else v for v in self._sensed) / len(self._sensed)
        return float(self._sensed)

    @property
    def responses(self) -> tuple[float, ...]:
        """The response of the last step: one number, or one for each tensor, 0 for those without a gradient."""
        if isinstance(self._answered, list):
            flat = [float(r.mean()) if isinstance(r, Tensor) else r for r in (response for _, response in self._answered)]
            self._mean = sum(flat) / len(flat)
            known = {id(p): response for (p, _), response in zip(self._answered, flat, strict=True)}
            self._answered = tuple(known.get(id(p), 0.0) for group in self.param_groups for p in group["params"])
        answered: tuple[float, ...] = self._answered
        return answered

    @property
    def response(self) -> float:
        """The response of the last step, the mean of tensors that had a gradient; 0 at rest."""
        seen = self.responses
        return seen[0] if self._mean is None else self._mean

    def _responses(self, work: Work, gradients: list[Tensor], signals: dict[str, Any]) -> tuple[list[Any], list[float]]:
        """The response for each tensor, ``None`` where the mechanism is off, and the norm that its change may depend on."""
        self._rest()
        if self.mechanism == "off":
            return [None] * len(work), []
        whole = self.SCOPE == "network"
        given = self._given()
        felt = given is None and self.SIGNAL in ("norm", "gradient", "pair", "products")
        squares = self._squares(gradients) if felt or "norm" in self.READS else []
        norms = [math.sqrt(square) if square >= 0.0 else square for square in squares]
        if whole and norms:
            norms = [math.sqrt(total) if (total := sum(squares)) >= 0.0 else total] * len(norms)
        if given is not None:
            sensed: list[Any] = [0.0]
            responses: list[Any] = self._spread(given, work)
        elif whole:
            signal = self._signal(signals, norms[0] if norms else 0.0)
            value, response, learned = self._regulate(signal, self.state["network"], work[0][0])
            # Replaced, not written into: a state dict that was loaded or saved keeps what it holds.
            self.state["network"] = self.state["network"] | learned
            sensed, responses = [value], [response] * len(work)
        else:
            sensed, responses = [], []
            for (group, p), signal in zip(work, self._signals_of(work, gradients, squares), strict=True):
                value, response, learned = self._regulate(signal, self.state[p], group)
                self.state[p].update(learned)
                sensed.append(value)
                responses.append(response)
            self._remember(work, gradients, squares)
        self._sensed = sensed
        if whole:
            self._answered, self._mean = (float(responses[0]),), None
        else:
            self._answered = [(p, response) for (_, p), response in zip(work, responses, strict=True)]
        return responses, norms

    def _signal(self, signals: dict[str, Any], norm: float) -> Any:
        raise NotImplementedError

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[Any, Any, State]:
        """Sense, then respond: what was sensed, the response, and both new states."""
        value, sensed = type(self).SENSE(signal, state.get("sense", self.START["sense"]), **self._knobs("sense", group))
        before = state.get("respond", self.START["respond"])
        response, responded = type(self).RESPOND(value, before, **self._knobs("respond", group))
        return value, response, {"sense": sensed, "respond": responded}

    def _knobs(self, role: str, group: dict[str, Any]) -> dict[str, float]:
        return {short: group[name] for short, name in self._named[role]}

    def _squares(self, gradients: list[Tensor]) -> list[float]:
        return fetched([flat.dot(flat) for flat in map(wide, gradients)])

    def _signals_of(self, work: Work, gradients: list[Tensor], squares: list[float]) -> list[Any]:
        """For each tensor what its sense takes; a gradient that is not finite is told as 0 where it is handed over."""
        if self.SIGNAL == "length":
            return fetched([flat.dot(flat) for flat in (wide(p) for _, p in work)])
        states = [self.state[p] for _, p in work]
        if self.SIGNAL == "displacement":
            for (_, p), state in zip(work, states, strict=True):
                if "trail" not in state:
                    state["trail"] = p.clone()
            moved = [wide(p - state["trail"]) for (_, p), state in zip(work, states, strict=True)]
            lengths = fetched([flat.dot(flat) for flat in (wide(p) for _, p in work)])
            return list(zip(lengths, fetched([flat.dot(flat) for flat in moved]), strict=True))
        if self.SIGNAL != "gradient":
            for gradient, state in zip(gradients, states, strict=True):
                if "trail" not in state:
                    state |= {"trail": torch.zeros_like(gradient), "trail_square": 0.0}
        if self.SIGNAL == "products":
            along = fetched([wide(g).dot(wide(state["trail"])) for g, state in zip(gradients, states, strict=True)])
            for state, product in zip(states, along, strict=True):
                state["along"] = product
            return [(square, state["along"], state["trail_square"]) for square, state in zip(squares, states, strict=True)]
        known = [g if square < HUGE * HUGE else quiet(g) for g, square in zip(gradients, squares, strict=True)]
        return known if self.SIGNAL == "gradient" else [(g, s["trail"]) for g, s in zip(known, states, strict=True)]

    def _remember(self, work: Work, gradients: list[Tensor], squares: list[float]) -> None:
        """Takes this step into the trails: exponential means of the gradient, or the weights as they were."""
        if self.SIGNAL == "displacement":
            torch._foreach_copy_([self.state[p]["trail"] for _, p in work], [p for _, p in work])
        if self.SIGNAL not in ("pair", "products"):
            return
        taken: dict[float, tuple[list[Tensor], list[Tensor]]] = {}
        for (group, p), gradient, square in zip(work, gradients, squares, strict=True):
            state, memory = self.state[p], float(group.get("sense_memory", 0.0))
            along, finite = state.pop("along", 0.0), square < HUGE * HUGE
            if not finite and self.SIGNAL == "products":
                continue
            trails, news = taken.setdefault(memory, ([], []))
            trails.append(state["trail"])
            news.append(gradient if finite else quiet(gradient))
            # The square of the new trail from what is known already, which spares a pass; its error fades as memory does.
            rest = 1.0 - memory
            old = memory * memory * state["trail_square"]
            state["trail_square"] = max(old + 2.0 * memory * rest * along + rest * rest * square, 0.0) if finite else old
        for memory, (trails, news) in taken.items():
            torch._foreach_lerp_(trails, news, 1.0 - memory)

    def _given(self) -> float | Sequence[float] | None:
        """The response of this step where it is not to be sensed."""
        if self.replay is None:
            return self.constant
        done = int(self.state["network"].get("replayed", 0))
        self.state["network"] = self.state["network"] | {"replayed": done + 1}
        return self.replay[done % len(self.replay)]

    def _spread(self, given: float | Sequence[float], work: Work) -> list[float]:
        if isinstance(given, (float, int)):
            return [float(given)] * len(work)
        every = [p for group in self.param_groups for p in group["params"]]
        if len(given) == 1:
            return [float(given[0])] * len(work)
        if len(given) != len(every):
            raise ValueError(f"replay has {len(given)} responses in a step, and there are {len(every)} tensors")
        known = {id(p): float(response) for p, response in zip(every, given, strict=True)}
        return [known[id(p)] for _, p in work]

    def _changes(self, work: Work, gradients: list[Tensor], responses: list[Any], norms: list[float]) -> list[Any]:
        """For each tensor what the action makes of its response; ``None`` where the mechanism is off or at rest."""
        if self.mechanism == "off":
            return [None] * len(work)
        if self._keeps:
            self._anchor(work)
            self._keep(work, gradients)
        drawn = self._draws() if "noise" in self.READS or "chance" in self.READS else None
        shared: dict[int, Any] = {}
        changes: list[Any] = []
        for index, (group, p) in enumerate(work):
            response = responses[index]
            if isinstance(response, float) and response == 0.0:
                changes.append(None)
                continue
            if self._alone or id(group) not in shared:
                read = [self._read(name, group, p, gradients[index], norms, index, drawn) for name in self.READS]
                shared[id(group)] = type(self).ACT(response, *read, **self._knobs("act", group))
            changes.append(shared[id(group)])
        return changes

    def _anchor(self, work: Work) -> None:
        """Keeps the weights as they were before their first step, for an action that reads them."""
        for _, p in work:
            if "anchor" in self.READS and "anchor" not in self.state[p]:
                self.state[p]["anchor"] = p.clone()

    def _keep(self, work: Work, gradients: list[Tensor]) -> None:
        """Carries on what else an action needs to know of the past, also while it rests."""
        for (group, p), gradient in zip(work, gradients, strict=True):
            state = self.state[p]
            if "average" in self.READS:
                if "average" not in state:
                    state["average"] = p.clone()
                else:
                    state["average"].lerp_(p, 1.0 - float(group["act_memory"]))
            if "importance" in self.READS and self.base == "sgd":
                known = quiet(gradient)
                if "square" not in state:
                    state["square"] = torch.zeros_like(gradient)
                state["square"].mul_(group["betas"][1]).addcmul_(known, known, value=1 - group["betas"][1])

    def _draws(self) -> int:
        """A number that is another in every step, from which this step's random numbers come."""
        known = self.state["network"]
        drawn, seed = int(known.get("drawn", 0)), int(known.get("seed", self.seed))
        # The seed is saved with the state, so that a life that goes on elsewhere draws what it would have drawn here.
        self.state["network"] = known | {"drawn": drawn + 1, "seed": seed}
        return seed_of_draw(seed, drawn)

    def _read(
        self, name: str, group: dict[str, Any], p: Tensor, gradient: Tensor, norms: list[float], index: int, drawn: int | None
    ) -> Any:
        """One quantity that an action reads, see :mod:`adaptive.parts`."""
        if name in ("noise", "chance"):
            generator = torch.Generator(p.device).manual_seed((drawn or 0) + index)
            draw = torch.randn if name == "noise" else torch.rand
            return draw(p.shape, generator=generator, device=p.device, dtype=p.dtype)
        if name == "importance":
            square = self.state[p].get("square" if self.base == "sgd" else "exp_avg_sq")
            return torch.zeros_like(p) if square is None else square
        if name == "norm":
            return norms[index]
        if name in ("rate", "decay"):
            return float(group["lr" if name == "rate" else "weight_decay"])
        return {"gradient": gradient, "weight": p}[name] if name in ("gradient", "weight") else self.state[p][name]

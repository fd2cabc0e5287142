"""What a circuit senses and how it answers, for all members of a population.

What belongs to a whole network or tensor is one number a member and goes through the very functions of the parts, one member
after the other; what belongs to single weights or units goes through them for all members at once, by ``torch.vmap`` where a part
looks at more than one weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._rule import Slot
from adaptive.circuit_steps import over
from adaptive.parts.elementwise import HUGE

ACROSS = frozenset(
    "mean sum typical root_mean_square unit_size flatten argsort numel dim len shape max min amax view math float bool".split()
)
"""Names that a function uses which looks at more than one weight, or wants plain numbers."""
Lists = dict[str, list[float]]


class Sensing:
    """The first half of a circuit's rule; all state lies in the slots and in ``whole``."""

    def __init__(self, kind: Any, *, by_weight: bool) -> None:
        self.kind, self.by_weight = kind, by_weight
        self.whole_network = kind.SCOPE == "network"
        self.pointwise = {role: _pointwise(getattr(kind, role)) for role in ("SENSE", "RESPOND", "ACT")}

    def _named(self, role: str) -> list[tuple[str, str]]:
        named: list[tuple[str, str]] = self.kind._named[role]
        return named

    def _norms(self, squares: list[list[float]], slots: int) -> list[list[float]]:
        """For each slot the gradient's norm, of every member: of the whole network, or of the tensor, by scope."""
        rows = [[sum(column) for column in zip(*squares, strict=True)]] * slots if squares and self.whole_network else squares
        return [[math.sqrt(s) if s >= 0.0 else s for s in row] for row in rows]

    def _handed(self, given: Sequence[Any], slots: int, step: int) -> list[list[float]]:
        """Responses that are not to be sensed: for each member a number, or a trajectory that starts again at its end."""
        rows = [one if isinstance(one, float) else one[(step - 1) % len(one)] for one in given]
        every = [[float(row)] * slots if isinstance(row, (float, int)) else list(row) for row in rows]
        spread = [row * slots if len(row) == 1 else row for row in every]
        return [[row[index] for row in spread] for index in range(slots)]

    def _responses(
        self, slots: Sequence[Slot], squares: list[Tensor], whole: dict[str, Any]
    ) -> tuple[list[Any], list[list[float]]]:
        """For each slot the response, a list of numbers or a tensor; and for each slot the norms that a change may depend on."""
        known = torch.stack(squares).tolist() if squares else []
        norms = self._norms(known, len(slots))
        if self.whole_network:
            if self.kind.SIGNAL == "norm":
                signal = norms[0]
            elif self.kind.SIGNAL == "loss":
                signal = whole["loss"].double().tolist()
            else:
                signal = (1.0 - whole["score"].double()).tolist()
            values, answers = self._one_by_one(signal, whole.setdefault("circuit", {}), whole["lists"])
            self._note(whole, [values], answers)
            return [answers] * len(slots), norms
        if self.by_weight:
            both = [self._all_at_once(slot, row) for slot, row in zip(slots, squares, strict=True)]
            told = [[each.flatten(1).mean(dim=1).tolist() for each in kind] for kind in zip(*both, strict=True)]
            self._note(whole, told[0], told[1])
            return [answer for _, answer in both], norms
        signals = self._of_tensors(slots, known, whole["lists"])
        found = [
            self._one_by_one(signal, slot.state.setdefault("circuit", {}), whole["lists"])
            for slot, signal in zip(slots, signals, strict=True)
        ]
        self._remember(slots, known, whole["lists"])
        self._note(whole, [values for values, _ in found], [answers for _, answers in found])
        return [answers for _, answers in found], norms

    def _note(self, whole: dict[str, Any], values: list[list[float]], responses: Any) -> None:
        """Keeps what was sensed, the mean of tensors, and the response, of each tensor where each has its own."""
        whole.setdefault("responses", []).append(responses)
        whole.setdefault("sensed", []).append([sum(column) / len(column) for column in zip(*values, strict=True)])

    def _one_by_one(self, signals: Sequence[Any], state: dict[str, Any], lists: Lists) -> tuple[list[float], list[float]]:
        """What is sensed and the response, one number a member, through the parts as they are."""
        kind = self.kind
        if not state:
            state |= {"sense": [kind.START["sense"]] * len(signals), "respond": [kind.START["respond"]] * len(signals)}
            for role in ("sense", "respond"):
                state[f"{role} knobs"] = [
                    {short: lists[name][m] for short, name in self._named(role)} for m in range(len(signals))
                ]
        sense, respond, values, answers = kind.SENSE, kind.RESPOND, [], []
        sensed, responded = state["sense"], state["respond"]
        for m, signal in enumerate(signals):
            value, sensed[m] = sense(signal, sensed[m], **state["sense knobs"][m])
            answer, responded[m] = respond(value, responded[m], **state["respond knobs"][m])
            values.append(float(value))
            answers.append(float(answer))
        return values, answers

    def _of_tensors(self, slots: Sequence[Slot], squares: list[list[float]], lists: Lists) -> list[list[Any]]:
        """What a sense of tensors takes, for each slot and member."""
        if self.kind.SIGNAL == "length":
            return list(torch.stack([slot.p.flatten(1).square().sum(dim=1) for slot in slots]).tolist())
        if self.kind.SIGNAL == "displacement":
            for slot in slots:
                slot.state.setdefault("trail", slot.p.clone())
            lengths = torch.stack([slot.p.flatten(1).square().sum(dim=1) for slot in slots]).tolist()
            moved = torch.stack([(slot.p - slot.state["trail"]).flatten(1).square().sum(dim=1) for slot in slots]).tolist()
            return [list(zip(*pair, strict=True)) for pair in zip(lengths, moved, strict=True)]
        if self.kind.SIGNAL == "gradient":  # a sense that looks at the tensor and gives one number: member by member
            return [[_quiet(slot.g[m], square) for m, square in enumerate(row)] for slot, row in zip(slots, squares, strict=True)]
        for slot in slots:
            if "trail" not in slot.state:
                slot.state |= {"trail": torch.zeros_like(slot.g), "trail_square": [0.0] * len(slot.p)}
        along = torch.stack([(slot.g * slot.state["trail"]).flatten(1).sum(dim=1) for slot in slots]).tolist()
        for slot, row in zip(slots, along, strict=True):
            slot.state["along"] = row
        return [
            list(zip(row, slot.state["along"], slot.state["trail_square"], strict=True))
            for slot, row in zip(slots, squares, strict=True)
        ]

    def _remember(self, slots: Sequence[Slot], squares: list[list[float]], lists: Lists) -> None:
        """Takes this step into the trails."""
        if self.kind.SIGNAL == "displacement":
            for slot in slots:
                slot.state["trail"].copy_(slot.p)
        if self.kind.SIGNAL != "products":
            return
        memories = lists.get("sense_memory", [0.0] * len(slots[0].p))
        for slot, row in zip(slots, squares, strict=True):
            state, finite = slot.state, [square < HUGE * HUGE for square in row]
            shares = torch.tensor([1.0 - memory if fine else 0.0 for memory, fine in zip(memories, finite, strict=True)])
            state["trail"].lerp_(slot.g if all(finite) else torch.nan_to_num(slot.g, 0.0, 0.0, 0.0), over(shares, slot.g))
            for m, (memory, square, along) in enumerate(zip(memories, row, state["along"], strict=True)):
                if finite[m]:
                    old, rest = memory * memory * state["trail_square"][m], 1.0 - memory
                    state["trail_square"][m] = max(old + 2.0 * memory * rest * along + rest * rest * square, 0.0)

    def _all_at_once(self, slot: Slot, squares: Tensor) -> tuple[Tensor, Tensor]:
        """What is sensed and the response for each unit or weight of all members."""
        kind, state = self.kind, slot.state
        gradient = torch.where(over(squares < HUGE * HUGE, slot.g), slot.g, slot.g.clamp(-HUGE, HUGE).nan_to_num(0.0, 0.0, 0.0))
        knobs = {role: {short: member(slot, name) for short, name in self._named(role)} for role in ("sense", "respond")}
        if "sensed" not in state:
            state |= {"sensed": _spread(kind.START["sense"], slot), "responded": _spread(kind.START["respond"], slot)}
            if kind.SIGNAL == "pair":
                state["trail"] = torch.zeros_like(slot.g)
        signal = (gradient, state["trail"]) if kind.SIGNAL == "pair" else gradient

        if self.pointwise["SENSE"] and self.pointwise["RESPOND"]:
            fitting = {role: {name: over(n, slot.g) for name, n in numbers.items()} for role, numbers in knobs.items()}
            before = [
                {name: over(n, slot.g) if n.dim() == 1 else n for name, n in state[which].items()}
                for which in ("sensed", "responded")
            ]
            value, sensed = kind.SENSE(signal, before[0], **fitting["sense"])
            answer, responded = kind.RESPOND(value, before[1], **fitting["respond"])
            state["sensed"], state["responded"] = _tensors(sensed, slot.g), _tensors(responded, slot.g)
            self._trail(slot, gradient, knobs["sense"])
            return value, answer

        def both(signal: Any, sensed: Any, responded: Any, sense: Any, respond: Any) -> Any:
            value, sensed = kind.SENSE(signal, sensed, **sense)
            answer, responded = kind.RESPOND(value, responded, **respond)
            return value, answer, _tensors(sensed, answer), _tensors(responded, answer)

        values, answers, state["sensed"], state["responded"] = torch.vmap(both)(
            signal, state["sensed"], state["responded"], knobs["sense"], knobs["respond"]
        )
        self._trail(slot, gradient, knobs["sense"])
        return values, answers

    def _trail(self, slot: Slot, gradient: Tensor, knobs: Mapping[str, Tensor]) -> None:
        if self.kind.SIGNAL == "pair":
            memory = knobs.get("memory", torch.zeros(len(slot.p)))
            slot.state["trail"].lerp_(gradient, over(1.0 - memory, gradient))


def member(slot: Slot, name: str) -> Tensor:
    """A hyperparameter as (members,)."""
    value = slot.h[name]
    return value.reshape(-1) if isinstance(value, Tensor) else torch.full((len(slot.p),), float(value))


def _pointwise(function: Any) -> bool:
    """Whether what a part does to a weight depends on that weight alone, so that members do not mix in one tensor."""
    return not ACROSS & set(function.__code__.co_names)


def _quiet(gradient: Tensor, square: float) -> Tensor:
    return gradient if square < HUGE * HUGE else torch.where(gradient.abs() < HUGE, gradient, torch.zeros_like(gradient))


def _spread(start: Mapping[str, Any], slot: Slot) -> dict[str, Tensor]:
    """The state before the first step, for every member."""
    return {name: torch.full((len(slot.p),), float(value)) for name, value in start.items()}


def _tensors(state: Mapping[str, Any], like: Tensor) -> dict[str, Tensor]:
    return {name: value if isinstance(value, Tensor) else torch.full_like(like, float(value)) for name, value in state.items()}

"""A circuit of parts as a rule for many lives at once, so that a population can live it.

Results are those of a life alone within float error; :func:`adaptive.population.able` tries that before it relies on it. A
control may be handed its response instead of sensing anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from adaptive import parts
from adaptive.baselines._rule import Draw, Slot, Units
from adaptive.circuit_senses import Lists, Sensing, member
from adaptive.circuit_steps import adamw, over, sgd
from adaptive.compile import compile_spec
from adaptive.knobs import Knob
from adaptive.mechanism import seed_of_draw
from kg import plugins

Rule = Callable[[Sequence[Slot], Sequence[Units], Draw, dict[str, Any]], None]
NUMBERS = frozenset(("norm", "rate", "decay"))
"""What an action may read that is one number a member."""
SIGNALS = frozenset(("loss", "errors", "norm", "products", "displacement", "length", "gradient", "pair"))
"""What can be sensed here; the others need more than a batch's loss and gradients."""


def rule_of(module: ModuleType) -> tuple[Rule, dict[str, Knob]] | None:
    """The rule of a prototype made of parts and all options that it takes; ``None`` where parts do not say all of it."""
    spec = getattr(module, "SPEC", None)
    if spec is None:
        return None
    base = str(getattr(module, "BASE", "sgd"))
    kind: Any = compile_spec(spec)
    if kind.SIGNAL not in SIGNALS:
        return None
    options = dict(plugins.load("adaptive.baselines", base, kind="baseline").OPTIONS)
    options |= {name: Knob(value, value, value, least=least, most=most) for name, (value, least, most) in kind.LIMITS.items()}
    circuit = parts.join(spec.sense, spec.respond, spec.act)
    return _Circuit(kind, base, by_weight=circuit.scope in ("unit", "weight")), options


class _Circuit(Sensing):
    """The rule of one circuit; all state lies in the slots and in ``whole``."""

    def __init__(self, kind: Any, base: str, *, by_weight: bool) -> None:
        super().__init__(kind, by_weight=by_weight)
        self.base, self.plain = base, set(kind.READS) <= NUMBERS
        self.after = kind.CHANGES in ("weight", "reset")

    def __call__(self, slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
        if "lists" not in whole:
            whole["lists"] = self._lists(slots[0])
            whole["members"] = len(slots[0].p)
        given = whole.get("given")
        wanted = "norm" in self.kind.READS if given else self._squared()
        squares = [slot.g.flatten(1).square().sum(dim=1).double() for slot in slots] if wanted else []
        if given:
            known = torch.stack(squares).tolist() if squares else []
            responses, norms = self._handed(given, len(slots), whole["step"]), self._norms(known, len(slots))
            whole.setdefault("responses", []).append(responses[0] if self.whole_network else responses)
        else:
            responses, norms = self._responses(slots, squares, whole)
        self._anchor(slots)
        changes: list[Any] = [None] * len(slots) if self.after else self._changes(slots, responses, norms, draw, whole)
        step = sgd if self.base == "sgd" else adamw
        for slot, change in zip(slots, changes, strict=True):
            step(slot, self.kind.CHANGES, change)
        if self.after:
            for slot, new in zip(slots, self._changes(slots, responses, norms, draw, whole), strict=True):
                if new is not None:
                    self._put(slot, new)

    def _squared(self) -> bool:
        return self.kind.SIGNAL in ("norm", "products") or "norm" in self.kind.READS or self.kind.SIGNAL in ("gradient", "pair")

    def _lists(self, slot: Slot) -> Lists:
        """Every hyperparameter as one number a member."""
        size = len(slot.p)
        return {
            name: value.reshape(-1).double().tolist() if isinstance(value, Tensor) else [float(value)] * size
            for name, value in slot.h.items()
        }

    def _changes(
        self, slots: Sequence[Slot], responses: list[Any], norms: list[list[float]], draw: Draw, whole: dict[str, Any]
    ) -> list[Any]:
        """For each slot what the action makes of its response, or ``None`` where all members rest."""
        self._keep(slots)
        seeds: list[int] = []
        if {"noise", "chance"} & set(self.kind.READS):
            drawn = whole["drawn"] = whole.get("drawn", -1) + 1
            seeds = [seed_of_draw(seed, drawn) for seed in draw.seeds]
        changes: list[Any] = []
        for index, (slot, response) in enumerate(zip(slots, responses, strict=True)):
            listed = isinstance(response, list)
            if self.plain and listed:
                shared = bool(index) and self.whole_network
                known = norms[index] if norms else []
                changes.append(changes[0] if shared else self._numbers(response, known, whole["lists"]))
                continue
            if listed and not any(response):
                changes.append(None)
                continue
            own = [seed + index for seed in seeds]
            reads = [self._read(name, slot, norms[index] if norms else [], own) for name in self.kind.READS]
            changes.append(self._tensor(slot, response, reads, whole["lists"]))
        return changes

    def _numbers(self, response: list[float], norms: list[float], lists: Lists) -> Tensor | None:
        """One number a member; a member at rest gets what changes nothing."""
        rest = 0.0 if self.kind.CHANGES == "decay" else 1.0
        if not any(response):
            return None
        read = {"norm": norms, "rate": lists["lr"], "decay": lists.get("weight_decay", [0.0] * len(response))}
        found = [
            float(
                self.kind.ACT(
                    answer,
                    *(read[name][m] for name in self.kind.READS),
                    **{short: lists[n][m] for short, n in self._named("act")},
                )
            )
            if answer != 0.0
            else rest
            for m, answer in enumerate(response)
        ]
        return torch.tensor(found)

    def _tensor(self, slot: Slot, response: Any, reads: list[Any], lists: Lists) -> Tensor | None:
        """A tensor for all members; one at rest keeps what it has."""
        if self.kind.CHANGES == "reset" and isinstance(response, list):  # these look at numbers, one member at a time
            new = slot.p.clone()
            for m, answer in enumerate(response):
                if answer != 0.0:
                    mine = [read[m] if isinstance(read, Tensor) and len(read) == len(response) else read for read in reads]
                    new[m] = self.kind.ACT(answer, *mine, **{short: lists[n][m] for short, n in self._named("act")})
            return new
        answers = response if isinstance(response, Tensor) else torch.tensor(response)
        knobs = {short: member(slot, name) for short, name in self._named("act")}

        def act(answer: Tensor, knobs: Mapping[str, Any], *reads: Any) -> Any:
            return self.kind.ACT(answer, *reads, **knobs)

        if self.pointwise["ACT"]:
            fitting = [over(read, slot.p) if isinstance(read, Tensor) and read.dim() == 1 else read for read in reads]
            response_ = answers if answers.dim() > 1 else over(answers, slot.p)
            return self._at_rest(
                slot, answers, self.kind.ACT(response_, *fitting, **{n: over(k, slot.p) for n, k in knobs.items()})
            )
        members = len(slot.p)
        reads = [read if isinstance(read, Tensor) else torch.tensor(read) for read in reads]
        reads = [read if read.dim() and len(read) == members else read.expand(members, *read.shape) for read in reads]
        return self._at_rest(slot, answers, torch.vmap(act)(answers, knobs, *reads))

    def _at_rest(self, slot: Slot, answers: Tensor, found: Tensor) -> Tensor:
        """What is to change, where it is not each weight's own matter whether it rests."""
        if answers.dim() > 1:
            return found
        resting = {"gradient": slot.g, "weight": slot.p, "reset": slot.p}.get(self.kind.CHANGES)
        moving = over(answers != 0.0, found)
        if resting is not None:
            return torch.where(moving, found, resting)
        return torch.where(moving, found, torch.full_like(found, 1.0 if self.kind.CHANGES in ("rate", "scale") else 0.0))

    def _anchor(self, slots: Sequence[Slot]) -> None:
        """The weights as they were before their first step."""
        for slot in slots:
            if "anchor" in self.kind.READS and "anchor" not in slot.state:
                slot.state["anchor"] = slot.p.clone()

    def _keep(self, slots: Sequence[Slot]) -> None:
        """What else an action needs to know of the past."""
        for slot in slots:
            if "average" in self.kind.READS:
                if "average" not in slot.state:
                    slot.state["average"] = slot.p.clone()
                else:
                    slot.state["average"].lerp_(slot.p, 1.0 - over(member(slot, "act_memory"), slot.p))
            if "importance" in self.kind.READS and self.base == "sgd":
                square = slot.state.setdefault("square", torch.zeros_like(slot.g))
                square.mul_(0.999).addcmul_(slot.g, slot.g, value=1.0 - 0.999)

    def _read(self, name: str, slot: Slot, norms: list[float], seeds: list[int]) -> Any:
        if name in ("noise", "chance"):
            draw, shape = torch.randn if name == "noise" else torch.rand, slot.p.shape[1:]
            # Settings of one seed draw the same: once for all of them.
            rows = {seed: draw(shape, generator=torch.Generator().manual_seed(seed)) for seed in dict.fromkeys(seeds)}
            return torch.stack([rows[seed] for seed in seeds])
        if name == "importance":
            square = slot.state.get("square" if self.base == "sgd" else "exp_avg_sq")
            return torch.zeros_like(slot.p) if square is None else square
        if name == "norm":
            return torch.tensor(norms)
        if name in ("rate", "decay"):
            return member(slot, "lr" if name == "rate" else "weight_decay")
        return {"gradient": slot.g, "weight": slot.p}[name] if name in ("gradient", "weight") else slot.state[name]

    def _put(self, slot: Slot, new: Tensor) -> None:
        if self.kind.CHANGES == "reset":
            fresh = (new != slot.p).flatten(2).any(dim=2) if slot.p.dim() > 2 else new != slot.p
            for name in ("momentum_buffer", "exp_avg", "exp_avg_sq", "trail"):
                if isinstance(slot.state.get(name), Tensor):
                    slot.state[name][fresh] = 0.0
        slot.p.copy_(new)

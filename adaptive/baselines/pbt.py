"""Population based training: four copies of the network live side by side; the worst takes over from the best, and varies.

    every member:       w <- w - lr a (momentum-averaged (g + weight_decay b w));   l <- 0.95 l + 0.05 loss of the batch
    every ``every`` steps: the worst (largest l) takes weights, momentum, l, a and b of the best (smallest l), then multiplies
                        a and b by 1.2 or 0.8 each

a and b start at 1 for the first member, and between 1/4 and 4, drawn evenly on a logarithmic scale, for the others; all start
from the same weights. The model's parameters are always those of the member with the smallest running loss; another one has to
be better by more than rounding to be shown. The gradient of the one that is shown is the model's own; the three others take a
forward and a backward pass of their own on the same batch, which ``forward_equivalents`` counts: where a task has a budget, the
population has a quarter of the steps. With four members the bottom and the top fifth of the source are one member each. There
every member has a stream of its own and is judged on data set aside; here all meet one stream, and its loss judges them.

*Reference:* arXiv 1711.09846, section 3 and appendix A (truncation selection, perturbation by 1.2 or 0.8).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._observing import ObservingOptimizer
from adaptive.baselines._rule import Draw, MissingNetwork, Slot, Units, descend, spread
from adaptive.knobs import Knob

DESCRIPTION = "a population of four copies trained by SGD, whose worst takes over from the best and varies its settings"
REFERENCE = "arXiv 1711.09846"
MEMBERS = 4
BUFFERS = 2 * MEMBERS
NEEDS = ("lookahead",)
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "momentum": Knob(0.0, 0.0, 0.95, most=0.999999),
    "weight_decay": Knob(1e-4, 1e-6, 1e-1, log=True),
    "every": Knob(50.0, 10.0, 300.0, log=True, least=1.0),
}
OPTIONS = KNOBS
LIVELY = {"every": 8.0, "momentum": 0.5}
MOVES_ALONE = True
MEMORY, WIDEST, PERTURBED, CLEARLY = 0.95, 4.0, (0.8, 1.2), 1e-6
LEAST, MOST = 1e-4, 1e4
"""The factors stay between these."""
Loss = Callable[[Tensor, Tensor], Tensor]


def step(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """Slots whose first axis are the members of one population; every member takes a step at settings of its own."""
    for slot in slots:
        scale = slot.h["lr"] * spread(torch.tensor(whole["rates"]), slot.p)
        decay = slot.h["weight_decay"] * spread(torch.tensor(whole["decays"]), slot.p)
        slot.h = dict(slot.h) | {"lr": scale.to(slot.p.dtype), "weight_decay": decay.to(slot.p.dtype)}
        descend(slot, slot.g)


class PBT(ObservingOptimizer):
    """See the head of this file; ``attach(model, loss)`` once, ``observe(loss=…, inputs=…, targets=…)`` before each step."""

    RULE, OPTIONS = staticmethod(step), OPTIONS
    OBSERVES = ("loss", "inputs", "targets")
    NEEDED = ("loss", "inputs", "targets")
    _model: torch.nn.Module | None = None
    _loss: Loss = staticmethod(torch.nn.functional.cross_entropy)

    def attach(self, model: torch.nn.Module, loss: Loss | None = None) -> None:
        """Says which network the parameters belong to, and its loss (a mean over the batch; cross-entropy if not given)."""
        self._model = model
        if loss is not None:
            self._loss = loss

    @property
    def forward_equivalents(self) -> float:
        """Passes that the members took which are not shown, over the life so far: 3 a sample."""
        return float(self._whole().get("spent", 0.0))

    @property
    def shown(self) -> int:
        """The number of the member whose weights the model has."""
        return int(self._whole().get("shown", 0))

    def _whole(self) -> dict[str, Any]:
        kept: Any = self.state
        whole: dict[str, Any] = kept["network"]
        return whole

    @torch.no_grad()
    def _advance(self, told: dict[str, Any]) -> None:
        if self._model is None:
            raise MissingNetwork("call optimizer.attach(model) once before step()")
        own = [(group, p) for group in self.param_groups for p in group["params"] if p.grad is not None]
        whole = self._whole()
        whole["step"] += 1
        draw = Draw((whole["seed"],))
        if "rates" not in whole:
            drawn = draw.at(0).uniform(0, (2, MEMBERS), 1.0).double()
            drawn[:, 0] = 0.0
            rates, decays = (WIDEST**drawn).tolist()
            whole |= {"rates": rates, "decays": decays, "running": [0.0] * MEMBERS, "shown": 0, "spent": 0.0}
        slots = [self._slot(group, p) for group, p in own]
        names = {id(p): name for name, p in self._model.named_parameters()}
        named, losses = [names[id(p)] for _, p in own], [0.0] * MEMBERS
        for number in range(MEMBERS):
            if number == whole["shown"]:
                losses[number], found = told["loss"], [p.grad for _, p in own]
            else:
                losses[number], found = self._pass(told, dict(zip(named, (slot.p[number] for slot in slots), strict=True)))
                whole["spent"] += 3.0 * len(told["inputs"])
            for (group, _), slot, g in zip(own, slots, found, strict=True):
                slot.g[number] = -g if group["maximize"] else g
        sign = -1.0 if any(group["maximize"] for group in self.param_groups) else 1.0
        worth = [sign * loss if math.isfinite(loss) else math.inf for loss in losses]
        whole["running"] = [MEMORY * old + (1.0 - MEMORY) * new for old, new in zip(whole["running"], worth, strict=True)]
        step(slots, (), draw, whole)
        if whole["step"] % max(1, int(own[0][0]["every"])) == 0:
            _exploit(slots, draw.at(whole["step"]), whole)
        best = min(range(MEMBERS), key=lambda number: whole["running"][number])
        if _better(whole["running"][best], whole["running"][whole["shown"]]):
            whole["shown"] = best
        for (_, p), slot in zip(own, slots, strict=True):
            p.copy_(slot.p[whole["shown"]])

    def _slot(self, group: dict[str, Any], p: Tensor) -> Slot:
        """The weights of all members of one tensor; the shown one's are the model's, whoever wrote them there."""
        state = self.state[p]
        if "members" not in state:
            state["members"] = torch.stack([p] * MEMBERS)
        state["members"][self.shown] = p
        return Slot(state["members"], torch.zeros_like(state["members"]), state, {name: float(group[name]) for name in OPTIONS})

    def _pass(self, told: dict[str, Any], weights: dict[str, Tensor]) -> tuple[float, list[Tensor]]:
        """Loss and gradients of a member on the batch that was observed; what is not trained is the model's own."""
        assert self._model is not None
        with torch.enable_grad():
            leaves = {name: w.detach().clone().requires_grad_(True) for name, w in weights.items()}
            loss = self._loss(torch.func.functional_call(self._model, leaves, (told["inputs"],)), told["targets"])
            found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
        known = [torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves.values(), found, strict=True)]
        return float(loss.detach()), known

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_model": None}


def _exploit(slots: Sequence[Slot], draw: Draw, whole: dict[str, Any]) -> None:
    """The worst becomes a copy of the best at settings near the best's, unless they are equally good."""
    running = list(whole["running"])
    best, worst = (pick(range(MEMBERS), key=lambda number: running[number]) for pick in (min, max))
    if not _better(running[best], running[worst]):
        return
    for slot in slots:
        # The weights and what else is kept of each member, its momentum.
        for kept in slot.memories():
            kept[worst] = kept[best]
    running[worst] = running[best]
    varied = [list(whole["rates"]), list(whole["decays"])]
    for factors, up in zip(varied, draw.uniform(0, (2,), 1.0).tolist(), strict=True):
        factors[worst] = min(max(factors[best] * PERTURBED[up > 0.0], LEAST), MOST)
    whole |= {"running": running, "rates": varied[0], "decays": varied[1]}


def _better(one: float, other: float) -> bool:
    """Whether the running loss ``one`` is smaller than ``other`` by more than rounding."""
    return one < other - CLEARLY * (1.0 + abs(other)) if math.isfinite(other) else math.isfinite(one)


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> PBT:
    """The optimizer; its draws come from a generator of its own."""
    return PBT(params, lr=lr, **options)

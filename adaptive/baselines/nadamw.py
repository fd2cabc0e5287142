"""NAdamW: AdamW with Nesterov momentum, the strongest plain optimizer of the AlgoPerf comparison.

*Reference:* Dozat, ICLR workshop 2016; arXiv 2306.07179.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, Slot, Units
from adaptive.knobs import Knob

DESCRIPTION = "NAdamW"
REFERENCE = "Dozat, ICLR workshop 2016; arXiv 2306.07179"
KNOBS = {
    "lr": Knob(default=3e-3, low=1e-4, high=1e-1, log=True),
    "beta1": Knob(default=0.9, low=0.0, high=0.95, most=1.0),
    "weight_decay": Knob(default=1e-2, low=1e-4, high=1.0, log=True),
}
OPTIONS = KNOBS | {"beta2": Knob(0.999, 0.9, 0.9999, most=1.0), "eps": Knob(1e-8, 1e-10, 1e-4, log=True)}
ALIKE = True
MOMENTUM_DECAY = 4e-3
"""Of torch's own."""


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The same step for a population: momentum grows towards ``beta1`` as 1 - 0.96^(0.004 t) / 2."""
    for slot in slots:
        h, state = slot.h, slot.state
        if "exp_avg" not in state:
            state |= {"exp_avg": torch.zeros_like(slot.p), "exp_avg_sq": torch.zeros_like(slot.p), "age": 0, "product": 1.0}
        state["age"] = age = int(state["age"]) + 1
        here, then = (h["beta1"] * (1.0 - 0.5 * 0.96 ** (time * MOMENTUM_DECAY)) for time in (age, age + 1))
        state["product"] = product = state["product"] * here
        slot.p.mul_(1.0 - h["lr"] * h["weight_decay"])
        state["exp_avg"].mul_(h["beta1"]).add_((1.0 - h["beta1"]) * slot.g)
        state["exp_avg_sq"].mul_(h["beta2"]).add_((1.0 - h["beta2"]) * slot.g.square())
        spread = (state["exp_avg_sq"] / (1.0 - h["beta2"] ** age)).sqrt() + h["eps"]
        mixed = slot.g * ((1.0 - here) / (1.0 - product)) + state["exp_avg"] * (then / (1.0 - product * then))
        slot.p.sub_(h["lr"] * mixed / spread)


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, beta1: float = 0.9, weight_decay: float = 1e-2
) -> torch.optim.NAdam:
    """torch's own NAdam with weight decay apart from the gradient."""
    return torch.optim.NAdam(params, lr=lr, betas=(beta1, 0.999), weight_decay=weight_decay, decoupled_weight_decay=True)

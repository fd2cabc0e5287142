"""SGD with Nesterov momentum: the gradient is taken as if the momentum's step had been made.

*Reference:* Nesterov 1983; Sutskever et al., ICML 2013.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from adaptive.baselines._rule import Draw, Slot, Units
from adaptive.knobs import Knob

DESCRIPTION = "SGD with Nesterov momentum and weight decay"
REFERENCE = "Nesterov 1983; Sutskever et al., ICML 2013"
KNOBS = {
    "lr": Knob(default=0.03, low=1e-3, high=1.0, log=True),
    "momentum": Knob(default=0.9, low=0.5, high=0.99, least=1e-6, most=1.0),
    "weight_decay": Knob(default=1e-4, low=1e-6, high=1e-2, log=True),
}
OPTIONS = KNOBS
ALIKE = True


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """The same step for a population."""
    for slot in slots:
        h, gradient = slot.h, slot.g + slot.h["weight_decay"] * slot.p
        buffer = slot.state.get("momentum_buffer")
        buffer = gradient.clone() if buffer is None else buffer.mul_(h["momentum"]).add_(gradient)
        slot.state["momentum_buffer"] = buffer
        slot.p.sub_((gradient + h["momentum"] * buffer) * h["lr"])


def build(
    params: Iterable[torch.nn.Parameter], *, lr: float, momentum: float = 0.9, weight_decay: float = 1e-4
) -> torch.optim.SGD:
    """torch's own."""
    return torch.optim.SGD(params, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=True)

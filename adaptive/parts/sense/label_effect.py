"""The effect that what is met has on whoever meets it: some classes excite, the others inhibit."""

from __future__ import annotations

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

EQUATION = "A = mean over the batch of s(y), s(y) = 1 if y >= boundary else -1"
UNITS = "mean effect of a sample"
RANGE = (-1.0, 1.0)
REFERENCE = "excitatory and inhibitory classes: Man, Damasio and Neven, arXiv 2205.08645"
KNOBS = {"boundary": Knob(5.0, 1.0, 9.0, least=-1e6, most=1e6)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "targets", "network", "agreement"
START: dict[str, float] = {}


def sense(targets: Tensor, state: State, *, boundary: float) -> tuple[float, State]:
    """Mean effect of the classes ``targets``, -1 to 1; a target that is not finite, or none at all, has no effect."""
    known = targets[torch.isfinite(targets)]
    return (float(torch.where(known >= boundary, 1.0, -1.0).mean()) if known.numel() else 0.0), state

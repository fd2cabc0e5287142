"""Renewal: a unit whose response is strong enough is replaced by a new one, with fresh incoming weights."""

from __future__ import annotations

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import Value, root_mean_square

EQUATION = "w_i <- xi_i rms(w) where response_i >= limit, after the step, xi standard normal; bias 0; its moments are forgotten"
UNITS = "all or nothing; limit is a share of the full response"
RANGE = (-1e18, 1e18)
REFERENCE = "recycling of dormant neurons: Sokar et al., arXiv 2302.12902, algorithm 1, incoming weights only"
KNOBS = {"limit": Knob(0.5, 0.1, 1.0, least=1e-6, most=2.0)}
NEUTRAL = {"limit": 2.0}
TAKES, SCOPES, CHANGES = ("activation",), ("unit",), "reset"
READS = ("weight", "noise")


def act(response: Value, weight: Tensor, noise: Tensor, *, limit: float) -> Tensor:
    """The weights, new where the unit is replaced. Outgoing weights, which belong to another tensor, stay."""
    fresh = noise * root_mean_square(weight) if weight.dim() > 1 else torch.zeros_like(weight)
    return torch.where(torch.as_tensor(response >= limit, device=weight.device), fresh, weight)

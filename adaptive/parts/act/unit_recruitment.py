"""Growth where there is no room: the response replaces the weakest units of a layer by new ones."""

from __future__ import annotations

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import calm, root_mean_square

EQUATION = (
    "w_i <- xi_i rms(w) for the share of units with the least |w_i|, if response >= limit, after the step, xi standard normal"
)
UNITS = "share of a matrix's units (at least one); limit is a share of the full response"
RANGE = (-1e18, 1e18)
REFERENCE = (
    "recycling of units: Sokar et al., arXiv 2302.12902; by the size of their weights as in Dohare et al., arXiv 2306.13812"
)
KNOBS = {
    "share": Knob(0.05, 0.01, 0.3, log=True, least=0.0, most=1.0),
    "limit": Knob(0.5, 0.1, 1.0, least=1e-6, most=2.0),
}
NEUTRAL = {"limit": 2.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor"), "reset"
READS = ("weight", "noise")


def act(response: float, weight: Tensor, noise: Tensor, *, share: float, limit: float) -> Tensor:
    """The weights, those of the weakest units new; vectors stay, and so does a layer with a single unit."""
    if weight.dim() < 2 or len(weight) < 2 or response < limit or share == 0.0:
        return weight
    known = calm(weight)
    assert isinstance(known, Tensor)
    count = min(max(1, round(share * len(weight))), len(weight) - 1)
    weakest = known.flatten(1).square().sum(dim=1).argsort(stable=True)[:count]
    chosen = torch.zeros(len(weight), dtype=torch.bool, device=weight.device)
    chosen[weakest] = True
    return torch.where(chosen.view(-1, *[1] * (weight.dim() - 1)), noise * root_mean_square(weight), weight)

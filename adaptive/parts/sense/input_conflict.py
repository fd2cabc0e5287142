"""Stress: an input on whose use experience contradicts itself, as a sense that cannot be relied on."""

from __future__ import annotations

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State

EQUATION = "U_j = (1 - cos(g_j, d_j)) / 2 for the weights of input j; d_t = memory d_{t-1} + (1 - memory) g_t"
UNITS = "cosine distance, halved: 0 the same direction, 0.5 unrelated, 1 the opposite"
RANGE = (0.0, 1.0)
REFERENCE = (
    "relevance of inputs by successive updates: IDBD, Sutton, AAAI (1992) 171; "
    "cosine as in arXiv 1703.04782, eq. 5; by input, ours"
)
KNOBS = {"memory": Knob(0.9, 0.5, 0.99, least=0.0, most=0.9999)}
NEUTRAL: dict[str, float] = {}
SIGNAL, SCOPE, QUANTITY = "pair", "weight", "stress"
START: dict[str, float] = {}


def sense(pair: tuple[Tensor, Tensor], state: State, *, memory: float) -> tuple[Tensor, State]:
    """The same number for all weights of an input; 0 for vectors, which have no inputs, and where there is no evidence."""
    gradient, trail = pair
    if gradient.dim() < 2:
        return torch.zeros_like(gradient), state
    others = [d for d in range(gradient.dim()) if d != 1]
    along = (gradient * trail).sum(dim=others, keepdim=True)
    lengths = gradient.square().sum(dim=others, keepdim=True).sqrt() * trail.square().sum(dim=others, keepdim=True).sqrt()
    known = (lengths > 1e-30) & (lengths < 1e30) & along.isfinite()
    cosine = torch.where(known, along / lengths, torch.ones_like(along)).clamp(-1.0, 1.0)
    return ((1.0 - cosine) / 2.0).expand_as(gradient), state

"""What the twins of parts reckon with, for numbers and tensors alike."""

from __future__ import annotations

import math

import torch


def limited(x, low, high):
    return x.clamp(low, high) if isinstance(x, torch.Tensor) else max(low, min(high, x))


def signed(x):
    return x.sign() if isinstance(x, torch.Tensor) else math.copysign(1.0, x) if x else 0.0


def where(condition, this, that):
    return torch.where(condition, this, that) if isinstance(condition, torch.Tensor) else this if condition else that


def cosine(a, b):
    size = float(a.norm() * b.norm())
    return float((a * b).sum()) / size if size else None


def rows(g):
    """Root mean square of each unit's numbers."""
    return g.abs() if g.dim() < 2 else g.square().mean(dim=1, keepdim=True).sqrt()

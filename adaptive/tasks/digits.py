"""Handwritten digits that never change: the plain case, in which a mechanism of adaptation should at least do no harm."""

from __future__ import annotations

import itertools

import numpy
import torch

from adaptive.tasks import Episode, correct, network, order_of
from adaptive.tasks._images import CLASSES, PIXELS, TRAINING, epochs, held_out

TITLE = "Digits"
DESCRIPTION = (
    "1,000 handwritten digits of 8 x 8 pixels, shown again and again to a 64-32-10 network, 32 at a time; nothing changes."
)
METRIC = "test accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = False
STEPS = {"quick": 500, "standard": 1500}
BATCH = 32


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; judged on images never trained on when the budget is spent."""
    batches = epochs(numpy.arange(TRAINING), batch=BATCH, order=order_of("digits", seed, reorder=reorder))
    return Episode(
        model=network((PIXELS, 32, CLASSES), task="digits", seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=itertools.islice(batches, steps),
        steps=steps,
        score=correct,
        held_out=held_out(seed),
    )

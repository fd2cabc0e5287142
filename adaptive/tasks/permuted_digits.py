"""Digits whose pixels are shuffled anew now and then: each time the network must learn to see again, in the same weights.

*Reference:* online permuted images as in arXiv 2306.13812, on small ones: one permutation follows another, each image is met once
under it, and accuracy is counted on each batch before it is learned from.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of
from adaptive.tasks._images import CLASSES, PIXELS, epochs, images

TITLE = "Digits, pixels permuted"
DESCRIPTION = "A stream of handwritten digits, 10 at a time, whose pixels are put into another random order every 180 steps."
METRIC = "online accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 1440, "standard": 3600}
BATCH, LENGTH = 10, 180


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; the order of images and the permutations have a generator each."""
    return Episode(
        model=network((PIXELS, 32, CLASSES), task="permuted_digits", seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=_permuted(seed, steps, reorder),
        steps=steps,
        score=correct,
    )


def _permuted(seed: int, steps: int, reorder: bool) -> Iterator[Batch]:
    events = draw("permuted_digits", "events", seed)
    batches = epochs(numpy.arange(len(images()[1])), batch=BATCH, order=order_of("permuted_digits", seed, reorder=reorder))
    place = torch.arange(PIXELS)
    for step in range(steps):
        if step % LENGTH == 0:
            place = torch.from_numpy(events.permutation(PIXELS))
        batch = next(batches)
        yield Batch(inputs=batch.inputs[:, place], targets=batch.targets, ids=batch.ids)

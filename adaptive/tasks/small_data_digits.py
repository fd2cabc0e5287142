"""A hundred digits to learn from: memorising is easy, so what is judged is how well the rest is recognised."""

from __future__ import annotations

import itertools

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of
from adaptive.tasks._images import CLASSES, PIXELS, TRAINING, epochs, held_out, images

TITLE = "Digits, small data"
DESCRIPTION = "100 handwritten digits, ten of each class and other ones for each seed, shown to a 64-64-10 network, 20 at a time."
METRIC = "test accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels", "held_out")
STREAM = False
STEPS = {"quick": 400, "standard": 1200}
BATCH, PER_CLASS = 20, 10


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches of this seed's hundred images; judged on images that no seed trains on."""
    classes = images()[1][:TRAINING].numpy()
    events = draw("small_data_digits", "events", seed)
    pool = numpy.concatenate([events.permutation(numpy.flatnonzero(classes == c))[:PER_CLASS] for c in range(CLASSES)])
    rest = events.permutation(numpy.setdiff1d(numpy.arange(TRAINING), pool))[:BATCH]
    pixels, named = (part[torch.from_numpy(rest)] for part in images())
    batches = epochs(pool, batch=BATCH, order=order_of("small_data_digits", seed, reorder=reorder))
    return Episode(
        model=network((PIXELS, 64, CLASSES), task="small_data_digits", seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=itertools.islice(batches, steps),
        steps=steps,
        score=correct,
        held_out=held_out(seed),
        aside=Batch(inputs=pixels, targets=named, ids=rest),
    )

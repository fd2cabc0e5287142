"""Digits that come two classes at a time, in turn: what is judged is how much of all ten is known in the end.

Five pairs of classes, drawn anew for each seed, stay for 100 steps each; after the fifth the first comes again. In a quick life
every pair comes once, in a standard life four times: class-incremental learning with repetition. Where no pair returned, each
optimizer tried knew the last pair in the end and little else, about a fifth of all. No arm is told when.

*Reference:* the setting: arXiv 2301.11396.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of
from adaptive.tasks._images import CLASSES, PIXELS, TRAINING, epochs, held_out, images

TITLE = "Digits, class-incremental"
DESCRIPTION = (
    "1,000 handwritten digits, 10 at a time, to a 64-32-10 network: five pairs of classes take turns of 100 steps, once in a "
    "life of 500 steps, four times in one of 2,000. All ten classes are asked for in the end."
)
METRIC = "test accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 500, "standard": 2000}
BATCH, TOGETHER, LENGTH = 10, 2, 100


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; a pair stays for 100 steps, and after the fifth the first comes again."""
    return Episode(
        model=network((PIXELS, 32, CLASSES), task="class_incremental_digits", seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=_in_turn(seed, steps, reorder),
        steps=steps,
        score=correct,
        held_out=held_out(seed),
    )


def _in_turn(seed: int, steps: int, reorder: bool) -> Iterator[Batch]:
    turn = draw("class_incremental_digits", "events", seed).permutation(CLASSES).reshape(-1, TOGETHER)
    order, classes = order_of("class_incremental_digits", seed, reorder=reorder), images()[1][:TRAINING].numpy()
    streams = [epochs(numpy.flatnonzero(numpy.isin(classes, pair)), batch=BATCH, order=order) for pair in turn]
    for step in range(steps):
        yield next(streams[step // LENGTH % len(streams)])

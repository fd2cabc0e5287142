"""Digits whose names are exchanged now and then: an abrupt change of concept, to which a learner must adapt.

*Reference:* label swapping as in the homeostatic learning rate's experiments, on small images: two classes drawn at random
exchange their labels, the exchanges pile up, and accuracy is counted on each batch before it is learned from.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of
from adaptive.tasks._images import CLASSES, PIXELS, epochs, images

TITLE = "Digits, labels swapped"
DESCRIPTION = "A stream of handwritten digits, 10 at a time, in which two classes exchange their labels every 75 to 125 steps."
METRIC = "online accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 1200, "standard": 2400}
BATCH = 10
SHORTEST, LONGEST = 75, 125


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; the order of images and the swaps have a generator each."""
    return Episode(
        model=network((PIXELS, 32, CLASSES), task="label_swap_digits", seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=_swapped(seed, steps, reorder),
        steps=steps,
        score=correct,
    )


def _swapped(seed: int, steps: int, reorder: bool) -> Iterator[Batch]:
    pool = numpy.arange(len(images()[1]))
    batches = epochs(pool, batch=BATCH, order=order_of("label_swap_digits", seed, reorder=reorder))
    return swapped(batches, draw("label_swap_digits", "events", seed), steps=steps, between=(SHORTEST, LONGEST))


def swapped(batches: Iterator[Batch], events: numpy.random.Generator, *, steps: int, between: tuple[int, int]) -> Iterator[Batch]:
    """``batches`` in which two classes exchange their names every ``between[0]`` to ``between[1]`` steps; exchanges pile up."""
    shortest, longest = between
    name = torch.arange(CLASSES)
    swap_at = int(events.integers(shortest, longest + 1))
    for step in range(steps):
        if step == swap_at:
            first, second = (int(c) for c in events.choice(CLASSES, size=2, replace=False))
            name = name.clone()
            name[first], name[second] = name[second].item(), name[first].item()
            swap_at += int(events.integers(shortest, longest + 1))
        batch = next(batches)
        yield Batch(inputs=batch.inputs, targets=name[batch.targets], ids=batch.ids)

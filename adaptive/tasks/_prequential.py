"""Streams of real measurements in their own order, judged on each batch before it is learned from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of

BATCH, SHUFFLED, FIRST = 10, 5, 1000


def episode(task: str, table: numpy.ndarray, seed: int, *, steps: int, reorder: bool, hidden: int = 32) -> Episode:
    """A life that starts at a place of its own in ``table`` (rows, features and a last column of classes) and goes round.

    Features are scaled by mean and spread of the first 1,000 rows of the life, which no later row changes. The order is that of
    the measurements, but for each 50 in a row, which are shuffled: that is what can be another order without another drift.
    """
    classes = int(table[:, -1].max()) + 1
    return Episode(
        model=network((table.shape[1] - 1, hidden, classes), task=task, seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=_passing(task, table, seed, steps, reorder),
        steps=steps,
        score=correct,
    )


def _passing(task: str, table: numpy.ndarray, seed: int, steps: int, reorder: bool) -> Iterator[Batch]:
    start = int(draw(task, "events", seed).integers(len(table)))
    order = order_of(task, seed, reorder=reorder)
    first = table[(start + numpy.arange(FIRST)) % len(table), :-1]
    middle, spread = first.mean(axis=0), first.std(axis=0) + 1e-6
    features = torch.from_numpy(((table[:, :-1] - middle) / spread).clip(-5.0, 5.0).astype(numpy.float32))
    targets = torch.from_numpy(table[:, -1].astype(numpy.int64))
    for step in range(steps):
        if step % SHUFFLED == 0:
            here = (start + step * BATCH + order.permutation(SHUFFLED * BATCH)) % len(table)
        ids = here[step % SHUFFLED * BATCH : (step % SHUFFLED + 1) * BATCH]
        yield Batch(inputs=features[torch.from_numpy(ids)], targets=targets[torch.from_numpy(ids)], ids=ids)

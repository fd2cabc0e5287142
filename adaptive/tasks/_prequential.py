"""Streams of real measurements in their own order, judged on each batch before it is learned from.

Lives of tuning seeds lie in the earlier half of the table and those of evaluation seeds in the later half, so that no knob is
chosen on a row that judges it. All lives of one half are stretches of the same table, which overlap.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, is_tuning, network, order_of

BATCH, SHUFFLED, FIRST = 10, 5, 1000
COVERS = (
    "Knobs are tuned on the earlier half of the table and judged on the later one. The seeds of an evaluation are stretches of "
    "that half, which overlap: intervals tell about initial weights, order and place in this one record, not about others."
)


def episode(task: str, table: numpy.ndarray, seed: int, *, steps: int, longest: int, reorder: bool, hidden: int = 32) -> Episode:
    """A life that starts at a place of its own in its half of ``table`` (rows, features and a last column of classes).

    Features are scaled by mean and spread of the first 1,000 rows of the life, which no later row changes. The order is that of
    the measurements, but for each 50 in a row, which are shuffled: that is what can be another order without another drift.

    Args:
        longest: steps for which every start leaves room in the half; a longer life goes round in its half.
    """
    classes = int(table[:, -1].max()) + 1
    return Episode(
        model=network((table.shape[1] - 1, hidden, classes), task=task, seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=_passing(task, table, seed, steps, longest, reorder),
        steps=steps,
        score=correct,
    )


def half(rows: int, seed: int) -> range:
    """Which of so many rows a life of ``seed`` may meet: the earlier half for tuning, the later for evaluation."""
    return range(rows // 2) if is_tuning(seed) else range(rows // 2, rows)


def _passing(task: str, table: numpy.ndarray, seed: int, steps: int, longest: int, reorder: bool) -> Iterator[Batch]:
    own = half(len(table), seed)
    table = table[own.start : own.stop]
    start = int(draw(task, "events", seed).integers(max(1, len(table) - longest * BATCH + 1)))
    order = order_of(task, seed, reorder=reorder)
    first = table[(start + numpy.arange(FIRST)) % len(table), :-1]
    middle, spread = first.mean(axis=0), first.std(axis=0) + 1e-6
    features = torch.from_numpy(((table[:, :-1] - middle) / spread).clip(-5.0, 5.0).astype(numpy.float32))
    targets = torch.from_numpy(table[:, -1].astype(numpy.int64))
    for step in range(steps):
        if step % SHUFFLED == 0:
            here = (start + step * BATCH + order.permutation(SHUFFLED * BATCH)) % len(table)
        ids = here[step % SHUFFLED * BATCH : (step % SHUFFLED + 1) * BATCH]
        place = torch.from_numpy(ids)
        yield Batch(inputs=features[place], targets=targets[place], ids=own.start + ids)

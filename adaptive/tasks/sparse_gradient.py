"""Words that are mostly rare: a linear classifier, most of whose weights get no gradient in most steps.

A sample is five draws from a vocabulary of 500 words whose frequencies fall as 1 / rank (Zipf's law); a word drawn twice counts
once, so that it holds 4.7 words on average. Its class is the sign of the sum of what its words count, normal numbers drawn once
for each seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of

TITLE = "Sparse gradients"
DESCRIPTION = (
    "Five draws from 500 words, few of them common and most rare, tell one of two classes; a linear model, 16 new samples at a "
    "time."
)
METRIC = "accuracy on new samples"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = False
STEPS = {"quick": 800, "standard": 2400}
WORDS, HELD, BATCH, JUDGED = 500, 5, 16, 2000


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; what words count belongs to the events, the samples to the order."""
    counts = draw("sparse_gradient", "events", seed).normal(size=WORDS)
    return Episode(
        model=network((WORDS, 2), task="sparse_gradient", seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=_samples(counts, order_of("sparse_gradient", seed, reorder=reorder), steps),
        steps=steps,
        score=correct,
        held_out=_judge(counts, draw("sparse_gradient", "judge", seed)),
    )


def _pair(counts: numpy.ndarray, order: numpy.random.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    frequency = 1.0 / numpy.arange(1, WORDS + 1)
    words = order.choice(WORDS, size=(size, HELD), p=frequency / frequency.sum())
    inputs = numpy.zeros((size, WORDS), dtype=numpy.float32)
    numpy.put_along_axis(inputs, words, 1.0, axis=1)
    return torch.from_numpy(inputs), torch.from_numpy((inputs @ counts > 0).astype(numpy.int64))


def _samples(counts: numpy.ndarray, order: numpy.random.Generator, steps: int) -> Iterator[Batch]:
    for step in range(steps):
        inputs, targets = _pair(counts, order, BATCH)
        yield Batch(inputs=inputs, targets=targets, ids=step * BATCH + numpy.arange(BATCH))


def _judge(counts: numpy.ndarray, own: numpy.random.Generator) -> Callable[[torch.nn.Module], float]:
    inputs, targets = _pair(counts, own, JUDGED)

    def accuracy(model: torch.nn.Module) -> float:
        with torch.no_grad():
            return correct(model(inputs), targets)

    return accuracy

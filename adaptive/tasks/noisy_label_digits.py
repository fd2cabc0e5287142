"""Digits of which four in ten bear a wrong name: fitting all of them is memorising nonsense."""

from __future__ import annotations

import itertools

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of
from adaptive.tasks._images import CLASSES, PIXELS, TRAINING, epochs, held_out, images

TITLE = "Digits, noisy labels"
DESCRIPTION = "1,000 handwritten digits, 40 % of them under a wrong name that never changes; a 64-64-10 network, 32 at a time."
METRIC = "test accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = False
STEPS = {"quick": 600, "standard": 1800}
BATCH, NOISE = 32, 0.4


def names(seed: int) -> torch.Tensor:
    """The names that the training images bear in this life, (1000,): a wrong one for a share ``NOISE`` of them."""
    events, true = draw("noisy_label_digits", "events", seed), images()[1][:TRAINING]
    wrong = torch.from_numpy(events.permutation(TRAINING)[: int(NOISE * TRAINING)])
    shift = torch.from_numpy(events.integers(1, CLASSES, size=len(wrong)))
    borne = true.clone()
    borne[wrong] = (true[wrong] + shift) % CLASSES
    return borne


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; judged by the true names of images never trained on."""
    borne = names(seed)
    order = order_of("noisy_label_digits", seed, reorder=reorder)
    batches = (
        Batch(inputs=batch.inputs, targets=borne[torch.from_numpy(batch.ids)], ids=batch.ids)
        for batch in epochs(numpy.arange(TRAINING), batch=BATCH, order=order)
    )
    return Episode(
        model=network((PIXELS, 64, CLASSES), task="noisy_label_digits", seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=itertools.islice(batches, steps),
        steps=steps,
        score=correct,
        held_out=held_out(seed),
    )

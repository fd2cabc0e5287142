"""Images of 28 x 28 pixels in ten classes: MNIST and Fashion-MNIST, from files that lie here."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy
import torch

from adaptive.tasks import Batch, Episode, correct, draw, network, order_of
from adaptive.tasks import label_swap_digits as digits
from adaptive.tasks._data import idx

PIXELS, CLASSES, BATCH = 784, 10, 10
Images = tuple[torch.Tensor, torch.Tensor]


@functools.lru_cache(maxsize=2)
def packed(path: Path) -> Images:
    """Pixels in 0..1, (images, 784), and classes, (images,), of an .npz file with arrays ``images`` and ``labels``."""
    with numpy.load(path, allow_pickle=False) as file:
        return _scaled(file["images"], file["labels"])


@functools.lru_cache(maxsize=2)
def pair(images: Path, labels: Path) -> Images:
    """The same of two IDX files."""
    return _scaled(idx(images), idx(labels))


def _scaled(pixels: numpy.ndarray, classes: numpy.ndarray) -> Images:
    flat = torch.from_numpy(pixels.reshape(len(pixels), PIXELS).copy())
    return flat.float().div_(255.0), torch.from_numpy(classes.astype(numpy.int64))


def label_swap(task: str, images: Images, seed: int, *, steps: int, reorder: bool) -> Episode:
    """A stream of ``images``, 10 at a time, in which two classes exchange their labels now and then."""
    order = order_of(task, seed, reorder=reorder)
    between = (digits.SHORTEST, digits.LONGEST)
    return Episode(
        model=network((PIXELS, 64, CLASSES), task=task, seed=seed),
        loss=torch.nn.functional.cross_entropy,
        batches=digits.swapped(_rounds(images, order), draw(task, "events", seed), steps=steps, between=between),
        steps=steps,
        score=correct,
    )


def _rounds(images: Images, order: numpy.random.Generator) -> Iterator[Batch]:
    pixels, classes = images
    while True:
        shuffled = order.permutation(len(classes))
        for start in range(0, len(classes) - BATCH + 1, BATCH):
            ids = shuffled[start : start + BATCH]
            chosen = torch.from_numpy(ids)
            yield Batch(inputs=pixels[chosen], targets=classes[chosen], ids=ids)

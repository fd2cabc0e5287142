"""The 1,797 handwritten digits of 8 x 8 pixels that ship with scikit-learn, split once and for all."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy
import torch

from adaptive.tasks import Batch, correct, draw, is_tuning

TRAINING, VALIDATION = 1000, 300
PIXELS, CLASSES = 64, 10


@functools.cache
def images() -> tuple[torch.Tensor, torch.Tensor]:
    """Pixels scaled to 0..1, (1797, 64), and classes, (1797,), in one fixed shuffled order."""
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    order = draw("digits", "split", 0).permutation(len(classes))
    return torch.from_numpy(pixels[order].astype(numpy.float32) / 16.0), torch.from_numpy(classes[order].astype(numpy.int64))


def held_out(seed: int) -> Callable[[torch.nn.Module], float]:
    """Accuracy on images that no seed trains on: the validation images for tuning seeds, the test images for all others."""
    pixels, classes = images()
    part = slice(TRAINING, TRAINING + VALIDATION) if is_tuning(seed) else slice(TRAINING + VALIDATION, None)

    def accuracy(model: torch.nn.Module) -> float:
        with torch.no_grad():
            return correct(model(pixels[part]), classes[part])

    return accuracy


def epochs(pool: numpy.ndarray, *, batch: int, order: numpy.random.Generator) -> Iterator[Batch]:
    """Batches of the images numbered in ``pool``, in a new random order each time round, without end."""
    pixels, classes = images()
    while True:
        shuffled = order.permutation(pool)
        for start in range(0, len(pool) - batch + 1, batch):
            ids = shuffled[start : start + batch]
            chosen = torch.from_numpy(ids)
            yield Batch(inputs=pixels[chosen], targets=classes[chosen], ids=ids)

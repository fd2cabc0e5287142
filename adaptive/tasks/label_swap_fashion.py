"""Clothes whose names are exchanged now and then, as ``label_swap_digits`` with larger images.

*Reference:* the homeostatic learning rate's experiments, arXiv 2205.08645.
"""

from __future__ import annotations

from pathlib import Path

from adaptive.tasks import Episode, _data, _mnist

TITLE = "Fashion-MNIST, labels swapped"
DESCRIPTION = (
    "A stream of Fashion-MNIST images, 10 at a time, in which two classes exchange their labels every 75 to 125 steps; 784-64-10."
)
METRIC = "online accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 1200, "standard": 6000}
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
WHAT = "Fashion-MNIST (Debian: dataset-fashion-mnist)"
BESIDE = (Path("/usr/share/datasets/fashion-mnist"), Path("/usr/share/dataset-fashion-mnist"))
"""Where systems that package the data put it."""


def missing() -> str:
    """What is not here; empty where the task can run."""
    parts = (_data.missing(name, f"{name}.gz", what=WHAT, beside=BESIDE) for name in (IMAGES, LABELS))
    return next((part for part in parts if part), "")


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches.

    Raises:
        Refused: the data are not here, or the files are no IDX files.
    """
    files = [_data.needed(name, f"{name}.gz", what=WHAT, beside=BESIDE) for name in (IMAGES, LABELS)]
    return _mnist.label_swap("label_swap_fashion", _mnist.pair(*files), seed, steps=steps, reorder=reorder)

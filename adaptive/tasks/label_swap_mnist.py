"""MNIST digits whose names are exchanged now and then, as ``label_swap_digits`` with larger images.

*Reference:* the homeostatic learning rate's experiments, arXiv 2205.08645.
"""

from __future__ import annotations

from adaptive.tasks import Episode, _data, _mnist

TITLE = "MNIST, labels swapped"
DESCRIPTION = (
    "A stream of MNIST images, 10 at a time, in which two classes exchange their labels every 75 to 125 steps; 784-64-10."
)
METRIC = "online accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 1200, "standard": 6000}
FILES, WHAT = ("mnist10k.npz", "mnist.npz"), "MNIST (arrays ``images`` and ``labels``)"


def missing() -> str:
    """What is not here; empty where the task can run."""
    return _data.missing(*FILES, what=WHAT)


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches.

    Raises:
        Refused: the data are not here.
    """
    images = _mnist.packed(_data.needed(*FILES, what=WHAT))
    return _mnist.label_swap("label_swap_mnist", images, seed, steps=steps, reorder=reorder)

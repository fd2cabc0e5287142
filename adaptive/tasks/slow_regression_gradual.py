"""The slowly-changing regression with change that is gradual: a flipped bit takes its new value little by little.

Between two flips the new value is met with a chance that rises from 0 to 1. Loss of plasticity is said to be in part an artefact
of abrupt change (arXiv 2602.09234); this twin of ``slow_regression`` lets a race see.
"""

from __future__ import annotations

from adaptive.tasks import Episode
from adaptive.tasks import slow_regression as abrupt

TITLE = "Slowly-changing regression, gradual"
DESCRIPTION = (
    "20 bits mapped to a number by 100 random threshold units; 15 bits are slow and one of them after the other passes from one "
    "value to the other over 200 steps; a 20-5-1 network follows, 10 samples at a time."
)
METRIC, DIRECTION = abrupt.METRIC, abrupt.DIRECTION
REVEALS, STREAM, STEPS = abrupt.REVEALS, abrupt.STREAM, abrupt.STEPS


def make(seed: int, *, steps: int, reorder: bool = False, batch: int = abrupt.BATCH, flip: int = abrupt.FLIP) -> Episode:
    """A life of ``steps`` batches; the chance of the new value belongs to the order of the data."""
    return abrupt.episode("slow_regression_gradual", seed, steps=steps, reorder=reorder, batch=batch, flip=flip, gradual=True)

"""The response of another seed, averaged over time and held there: what its mean level alone would do."""

from __future__ import annotations

from typing import Any

import numpy

DESCRIPTION = "the average response of another seed, held all the time, with the candidate's knobs"
TUNED = False
REQUIRED = True


def options(trajectory: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
    """One number for the whole life."""
    # The mean of equal numbers may differ from them in its last bit, and a response that never varies is its own average.
    mean = numpy.clip(numpy.mean(trajectory), numpy.min(trajectory), numpy.max(trajectory))
    return {"constant": float(mean)}

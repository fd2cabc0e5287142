"""The response of another seed with its steps shuffled: the same values as often, at times that mean nothing."""

from __future__ import annotations

from typing import Any

import numpy

DESCRIPTION = "the response of another seed, shuffled in time, with the candidate's knobs"
TUNED = False
REQUIRED = True


def options(trajectory: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
    """A permutation of ``trajectory``, drawn from the control's own generator."""
    return {"replay": generator.permutation(trajectory).tolist()}

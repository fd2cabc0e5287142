"""The mechanism switched off and everything else as it is, tuned as long as the candidate: what the mechanism adds at all."""

from __future__ import annotations

from typing import Any

import numpy

DESCRIPTION = "mechanism off, tuned like every other arm"
TUNED = True
REQUIRED = True


def options(trajectory: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
    """The response stays neutral from the first step to the last."""
    return {"mechanism": "off"}

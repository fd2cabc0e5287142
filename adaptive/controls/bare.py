"""The mechanism switched off, the candidate's own knobs kept: was it the tuning that was lucky, and not the mechanism?"""

from __future__ import annotations

from typing import Any

import numpy

DESCRIPTION = "mechanism off, with the candidate's knobs"
TUNED = False
REQUIRED = True


def options(trajectory: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
    """The response stays neutral from the first step to the last."""
    return {"mechanism": "off"}

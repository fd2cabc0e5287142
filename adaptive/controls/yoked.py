"""The response that another seed produced, replayed: as much of it, as spiky, as often, but not when this life calls for it.

Named after yoked controls in animal experiments: two animals get the same shocks, but only one can act on them.
"""

from __future__ import annotations

from typing import Any

import numpy

DESCRIPTION = "the response of another seed, replayed step by step, with the candidate's knobs"
TUNED = False
REQUIRED = True


def options(trajectory: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
    """Step k responds as step k of the other seed's life did."""
    return {"replay": trajectory.tolist()}

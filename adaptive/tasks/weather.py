"""Rain or not at Offutt Air Force Base: 18,159 days in their order, with seasons and half a century of drift.

*Reference:* Elwell and Polikar, IEEE Transactions on Neural Networks 22 (2011).
"""

from __future__ import annotations

from adaptive.tasks import Episode, _data
from adaptive.tasks._prequential import COVERS, episode

TITLE = "Weather"
DESCRIPTION = f"Days at a weather station, 10 at a time: does it rain? 8 measurements, a network with 32 hidden units. {COVERS}"
METRIC = "online accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 300, "standard": 600}
FILES, WHAT = ("weather.csv.gz", "weather.csv"), "the NOAA weather data"


def missing() -> str:
    """What is not here; empty where the task can run."""
    return _data.missing(*FILES, what=WHAT)


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches, of one half of the table; longer than a standard life it goes round in that half.

    Raises:
        Refused: the data are not here.
    """
    return episode(
        "weather", _data.table(_data.needed(*FILES, what=WHAT)), seed, steps=steps, longest=STEPS["standard"], reorder=reorder
    )

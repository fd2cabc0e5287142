"""The price of electricity in New South Wales, up or down: 45,312 half-hours in their order, with all the drift of two years.

*Reference:* Harries, Splice-2 comparative evaluation, 1999.
"""

from __future__ import annotations

from adaptive.tasks import Episode, _data
from adaptive.tasks._prequential import episode

TITLE = "Electricity"
DESCRIPTION = (
    "Half-hours of the electricity market of New South Wales, 10 at a time: does the price rise? 6 measurements, a network "
    "with 32 hidden units."
)
METRIC = "online accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 1200, "standard": 4500}
FILES, WHAT = ("elec.csv.gz", "elec.csv"), "the Elec2 data"


def missing() -> str:
    """What is not here; empty where the task can run."""
    return _data.missing(*FILES, what=WHAT)


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches.

    Raises:
        Refused: the data are not here.
    """
    return episode("elec", _data.table(_data.needed(*FILES, what=WHAT)), seed, steps=steps, reorder=reorder)

"""The price of electricity in New South Wales, up or down: 45,312 half-hours in their order, with the drift of two years.

*Reference:* Harries, Splice-2 comparative evaluation, 1999.
"""

from __future__ import annotations

from adaptive.tasks import Episode, _data
from adaptive.tasks._prequential import COVERS, episode

TITLE = "Electricity"
DESCRIPTION = (
    "Half-hours of the electricity market of New South Wales, 10 at a time: does the price rise? 6 measurements, a network "
    f"with 32 hidden units. {COVERS}"
)
METRIC = "online accuracy"
DIRECTION = "higher"
REVEALS = ("lookahead", "labels")
STREAM = True
STEPS = {"quick": 600, "standard": 1200}
FILES, WHAT = ("elec.csv.gz", "elec.csv"), "the Elec2 data"


def missing() -> str:
    """What is not here; empty where the task can run."""
    return _data.missing(*FILES, what=WHAT)


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches, of one half of the table; longer than a standard life it goes round in that half.

    Raises:
        Refused: the data are not here.
    """
    return episode(
        "elec", _data.table(_data.needed(*FILES, what=WHAT)), seed, steps=steps, longest=STEPS["standard"], reorder=reorder
    )

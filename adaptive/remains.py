"""What became of the networks that each arm trained: medians over its seeds of what was measured when a life was over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from adaptive.race import Race

MEASURED = ("dead units", "effective rank", "weight norm", "last tenth")
"""What a run's ``extra`` may tell; see :func:`adaptive.trial.run`."""

WORDS = (
    "Medians over the seeds when a life is over. Dead units: the share of hidden units that none of the last 20 batches excites. "
    "Effective rank: how many directions the last hidden layer uses on these batches, the exponential of the entropy of its "
    "singular values. Norm: of all weights together. A dash: not measured, or no run reached the end."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """Medians over the seeds that reached the end; NaN where no run tells."""

    arm: str
    dead: float
    """Share of hidden units that none of the last samples excites, 0 to 1."""
    rank: float
    """Effective rank of what the last hidden layer makes of these samples, in directions; at most its number of units."""
    norm: float
    """Of all weights together."""
    last: float
    """The score in the last tenth of the life, in the batches as they were met."""


def remains(race: Race, task: str) -> tuple[Remains, ...]:
    """One row for each arm that ran on ``task``, in the order of the race."""
    rows = []
    for arm in race.arms(task):
        told = [dict(run.extra) for run in race.evaluations(task, arm)]
        if told:
            dead, rank, norm, last = (_median([one[name] for one in told if name in one]) for name in MEASURED)
            rows.append(Remains(arm=arm, dead=dead, rank=rank, norm=norm, last=last))
    return tuple(rows)


def _median(values: list[float]) -> float:
    return float(numpy.median(values)) if values else float("nan")

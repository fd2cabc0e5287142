"""How much of its budget an arm needs to be as good as the best ordinary optimizer is at the end, on tasks that stay as they are.

Scores at a middle point of a life mislead: a schedule that decays its rate is behind there and ahead at the end. So arms are
compared at the end of the budget, or by the time to a target that does not depend on the candidate: the median final score of the
best among AdamW, NAdamW, Nesterov's and heavy-ball SGD. *Reference:* the time-to-result rules of arXiv 2306.07179.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy

from adaptive.race import Race, Run
from adaptive.stats import RESAMPLES, interval
from adaptive.tasks import draw
from adaptive.trial import CHECKPOINTS
from kg import plugins
from kg.errors import NotFound

ORDINARY = ("adamw", "nadamw", "nesterov", "sgd")
"""The optimizers that set the target; SGD's momentum is the heavy ball."""
FEWEST = 2
"""Checkpoints without which a curve tells no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """How soon one arm is there."""

    arm: str
    reached: float
    """Share of its runs that reach the target at a checkpoint."""
    median: float
    """Share of the budget that half of its runs need; infinite where fewer than half get there."""
    low: float
    high: float
    """The bootstrap interval of the median; infinite as that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The score to reach on one task, who sets it, and how soon each arm is there."""

    value: float
    arm: str
    every: float
    """Share of the budget between two checkpoints: no time is known better than that."""
    times: tuple[Time, ...]


def target(race: Race, task: str) -> Target | None:
    """The times of every arm on ``task``; none on a stream, where what counts is the whole life, or without an ordinary arm."""
    if _is_stream(task):
        return None
    sign = 1.0 if race.course(task).direction == "higher" else -1.0
    finals = {arm: [run.value for run in race.evaluations(task, arm) if math.isfinite(run.value)] for arm in ORDINARY}
    medians = {arm: float(numpy.median(values)) for arm, values in finals.items() if values}
    if not medians:
        return None
    best = max(medians, key=lambda arm: sign * medians[arm])
    # The end of a life is judged once more, a few samples after the last checkpoint.
    checkpoints = min(CHECKPOINTS, max((len(run.curve) for run in race.evaluations(task, best)), default=0))
    if checkpoints < FEWEST:
        return None
    every = [
        _time(task, arm, [_share(run, medians[best], sign, checkpoints) for run in runs])
        for arm in race.arms(task)
        if (runs := race.evaluations(task, arm))
    ]
    return Target(value=medians[best], arm=best, every=1.0 / checkpoints, times=tuple(every))


def _is_stream(task: str) -> bool:
    try:
        return bool(plugins.load("adaptive.tasks", task, kind="task").STREAM)
    except NotFound:
        return True  # A race of a task that is not here any more: nothing is known about it.


def _share(run: Run, value: float, sign: float, checkpoints: int) -> float:
    """Share of the budget at the first checkpoint of ``run`` that is as good as ``value``; infinite where none is."""
    for number, score in enumerate(run.curve, start=1):
        if math.isfinite(score) and sign * score >= sign * value:
            return min(1.0, number / checkpoints)
    return math.inf


def _time(task: str, arm: str, shares: list[float]) -> Time:
    ordered = numpy.array(shares)
    picks = draw(task, f"time of {arm}", 0).integers(len(ordered), size=(RESAMPLES, len(ordered)))
    # The lower of the two middle runs, or a median of one run that is there and one that is not would be none.
    middle = (len(ordered) - 1) // 2
    medians = numpy.sort(ordered[picks], axis=1)[:, middle]
    finite = numpy.where(numpy.isfinite(medians), medians, 2.0)
    low, high = (end if end <= 1.0 else math.inf for end in interval(finite))
    return Time(
        arm=arm, reached=float(numpy.isfinite(ordered).mean()), median=float(numpy.sort(ordered)[middle]), low=low, high=high
    )

"""What a race shows over all its tasks together; read it after the tables of the single tasks, never in their place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy

from adaptive.race import CANDIDATE, Race

POINTS = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """One arm over all tasks that it ran on."""

    arm: str
    tasks: int
    profile: tuple[float, ...]
    """Share of runs, each task counting the same, that score at least 0, 1/40, … 1 of the way from poor to good."""
    chance: float
    """Mean over tasks of the share of seeds on which the candidate is better; NaN for the candidate."""


def overall(race: Race) -> tuple[Overall, ...]:
    """The arms that ran on every task, in the race's order."""
    tasks = [course.name for course in race.courses]
    scales = {task: _scale(race, task) for task in tasks}
    marks = numpy.linspace(0.0, 1.0, POINTS)
    found = []
    for arm in race.arms():
        ran = [task for task in tasks if race.evaluations(task, arm)]
        if len(ran) < len(tasks):
            continue
        shares = []
        for task in ran:
            poor, good = scales[task]
            values = numpy.array([run.value for run in race.evaluations(task, arm)])
            scores = numpy.where(numpy.isfinite(values), (values - poor) / (good - poor or 1.0), -math.inf)
            shares.append((scores[None, :] >= marks[:, None]).mean(axis=1))
        chances = [c.chance for c in race.comparisons if c.arm == arm and math.isfinite(c.chance)]
        chance = float(numpy.mean(chances)) if chances and arm != CANDIDATE else math.nan
        profile = tuple(float(share) for share in numpy.mean(shares, axis=0))
        found.append(Overall(arm=arm, tasks=len(ran), profile=profile, chance=chance))
    return tuple(found)


def _scale(race: Race, task: str) -> tuple[float, float]:
    """A poor and a good score of ``task``: of all runs, the one that 95 % beat and the one that 5 % beat."""
    values = [run.value for run in race.runs if (run.task, run.phase) == (task, "evaluation") and math.isfinite(run.value)]
    if not values:
        return 0.0, 1.0
    low, high = (float(number) for number in numpy.quantile(values, [0.05, 0.95]))
    return (low, high) if race.course(task).direction == "higher" else (high, low)

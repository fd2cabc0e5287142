"""The table of a race: one row an arm, the candidate first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy

from adaptive import stats
from adaptive.race import CANDIDATE, Comparison, Race
from adaptive.tasks import draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one arm did on one task."""

    arm: str
    mean: float
    low: float
    high: float
    iqm: float
    budget: float
    """Mean forward-equivalents of a run."""
    seconds: float
    failures: int
    runs: int
    note: str = ""
    comparison: Comparison | None = None
    """The candidate against this arm; none for the candidate itself."""


def standings(race: Race, task: str) -> tuple[Standing, ...]:
    """Every arm of ``race`` on ``task``; a failed run counts in ``failures`` and nowhere else."""
    against = {comparison.arm: comparison for comparison in race.comparisons if comparison.task == task}
    return tuple(_standing(race, task, arm, against.get(arm)) for arm in race.arms(task))


def _standing(race: Race, task: str, arm: str, comparison: Comparison | None) -> Standing:
    runs = race.evaluations(task, arm)
    values = [run.value for run in runs if math.isfinite(run.value)]
    low = high = mean = middle = math.nan
    if values:
        mean, middle = float(numpy.mean(values)), float(stats.iqm(values))
        low, high = stats.mean_interval(values, draw(task, f"interval {arm}", 0))
    return Standing(
        arm=arm,
        mean=mean,
        low=low,
        high=high,
        iqm=middle,
        budget=float(numpy.mean([run.budget for run in runs])) if runs else 0.0,
        seconds=float(numpy.mean(lived)) if (lived := [run.seconds for run in runs if run.seconds]) else 0.0,
        failures=len(runs) - len(values),
        runs=len(runs),
        note=next((run.note for run in runs if run.note), ""),
        comparison=comparison,
    )


ROUNDING = 1e-14
"""Means of scores that are equal differ by no more than this, which is nothing."""
COLUMNS = ("arm", "mean", "interval", "iqm", "gain", "gain_interval", "p", "chance", "budget", "seconds", "failed")


def table(race: Race, task: str) -> list[dict[str, object]]:
    """The standings as rows of ``COLUMNS`` for a terminal.

    ``gain`` is how much better the candidate is than the arm (below 0: worse), ``p`` after Holm's correction, ``chance`` the
    share of seeds on which the candidate is better, ``budget`` in forward-equivalents.
    """
    rows: list[dict[str, object]] = []
    for standing in standings(race, task):
        versus = standing.comparison
        rows.append(
            {
                "arm": race.prototype if standing.arm == CANDIDATE else standing.arm,
                "mean": short(standing.mean),
                "interval": between(standing.low, standing.high),
                "iqm": short(standing.iqm),
                "gain": short(versus.difference, sign=True) if versus else "",
                "gain_interval": between(versus.low, versus.high, sign=True) if versus else "",
                "p": f"{versus.p_holm:.3f}" if versus else "",
                "chance": f"{versus.chance:.2f}" if versus and math.isfinite(versus.chance) else "",
                "budget": f"{standing.budget:,.0f}",
                "seconds": f"{standing.seconds:.2f}",
                "failed": f"{standing.failures} of {standing.runs}" if standing.failures else "",
            }
        )
    return rows


def short(value: float, *, sign: bool = False, like: float | None = None) -> str:
    """Four significant digits, no exponent where none is needed; a dash where there is no number.

    ``like`` is a number of the same kind whose size decides how many decimals to show, so that both ends of an interval agree.
    """
    if not math.isfinite(value):
        return "–"
    size = abs(value if like is None else like)
    if size < ROUNDING:
        return "0"
    plus = "+" if sign else ""
    if size >= 1e6 or size < 1e-4:
        return f"{value:{plus}.2e}"
    return f"{value:{plus}.{min(max(0, 3 - math.floor(math.log10(size))), 4 if size >= 1e-3 else 6)}f}"


def between(low: float, high: float, *, sign: bool = False) -> str:
    """An interval in words."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "–"
    like = max(abs(low), abs(high))
    return f"{short(low, sign=sign, like=like)} to {short(high, sign=sign, like=like)}"

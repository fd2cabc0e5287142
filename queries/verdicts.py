"""What races showed, as rows: one a race and task, with the effect against the best tuned baseline."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from itertools import groupby

from kg import plugins, verdict
from kg.model import Result

VERDICT, CANDIDATE, TASKS = "verdict", "candidate", "adaptive.tasks"


def verdict_rows(results: Sequence[Result]) -> list[dict[str, object]]:
    """One row a race and task; its ``"text"`` is how a person reads it. Races still without a verdict are left out.

    ``"counts"`` is whether the verdict says something of the mapping, so that belief takes it into account.
    """

    def place(result: Result) -> tuple[str, str]:
        return result.race, result.task

    rows = []
    for _, group in groupby(sorted(results, key=place), key=place):
        runs = list(group)
        if judged := next((result for result in runs if result.arm == VERDICT), None):
            rows.append(_row(judged, [result for result in runs if result.arm != VERDICT]))
    return rows


def _row(judged: Result, runs: list[Result]) -> dict[str, object]:
    word, note, counts = verdict.told(judged)
    effect, baseline = _effect(runs, judged.task)
    seeds = len({run.seed for run in runs if run.arm == CANDIDATE})
    text = f"race {judged.race}, {seeds} seeds: {judged.prototype} on {judged.task}: {word}"
    if note:
        text += f", {note}"
    return {
        "text": text,
        "prototype": judged.prototype,
        "task": judged.task,
        "verdict": word,
        "counts": counts,
        "effect": effect,
        "baseline": baseline,
        "seeds": seeds,
        "mapping": judged.mapping,
        "race": judged.race,
        "evidence": [{"text": text, "race": judged.race, "runs": len(runs), "note": note}],
    }


def lost(row: dict[str, object]) -> bool:
    """Whether the race of this row speaks against its mapping."""
    return bool(row["verdict"] == verdict.WORDS[-1.0] and row["counts"])


def _effect(runs: list[Result], task: str) -> tuple[float | None, str | None]:
    """How much better than the best baseline the candidate is, on the seeds that both ran to the end; below 0 it is worse."""
    sign = _sign(task)
    by_arm: dict[str, dict[int, float]] = {}
    for run in runs:
        if not math.isnan(run.value):
            by_arm.setdefault(run.arm, {})[run.seed] = sign * run.value
    means = {arm: sum(values.values()) / len(values) for arm, values in by_arm.items()}
    baselines = [arm for arm in _baselines() if arm in means]
    if CANDIDATE not in means or not baselines:
        return None, None
    best = max(baselines, key=lambda arm: (means[arm], arm))
    seeds = by_arm[CANDIDATE].keys() & by_arm[best].keys()
    if not seeds:
        return None, best
    return round(sum(by_arm[CANDIDATE][seed] - by_arm[best][seed] for seed in seeds) / len(seeds), 5), best


@functools.cache
def _sign(task: str) -> float:
    """-1 where less is better. The files are read once, not once a race."""
    from queries.constants import constants  # reads Python, which only races need

    return -1.0 if task in plugins.names(TASKS) and constants(TASKS, task).get("DIRECTION") == "lower" else 1.0


@functools.cache
def _baselines() -> tuple[str, ...]:
    return plugins.names("adaptive.baselines")

"""What races showed, as rows: one a race and task, with the effect against the best tuned baseline."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from itertools import groupby

from kg import plugins
from kg.model import Result

VERDICT, CANDIDATE, TASKS = "verdict", "candidate", "adaptive.tasks"
WORDS = {1.0: "better", 0.0: "no difference shown", -1.0: "worse"}
"""What the value of a verdict says; NaN is a race not run to the end."""


def verdict_rows(results: Sequence[Result]) -> list[dict[str, object]]:
    """One row a race and task; its ``"text"`` is how a person reads it. Races still without a verdict are left out."""

    def place(result: Result) -> tuple[str, str]:
        return result.race, result.task

    rows = []
    for _, group in groupby(sorted(results, key=place), key=place):
        runs = list(group)
        if verdict := next((result for result in runs if result.arm == VERDICT), None):
            rows.append(_row(verdict, [result for result in runs if result.arm != VERDICT]))
    return rows


def _row(verdict: Result, runs: list[Result]) -> dict[str, object]:
    word = "not run to the end" if math.isnan(verdict.value) else WORDS.get(verdict.value, f"{verdict.value:g}")
    effect, baseline = _effect(runs, verdict.task)
    seeds = len({run.seed for run in runs if run.arm == CANDIDATE})
    text = f"race {verdict.race}, {seeds} seeds: {verdict.prototype} on {verdict.task}: {word}"
    if verdict.note:
        text += f", {verdict.note}"
    return {
        "text": text,
        "prototype": verdict.prototype,
        "task": verdict.task,
        "verdict": word,
        "effect": effect,
        "baseline": baseline,
        "seeds": seeds,
        "mapping": verdict.mapping,
        "race": verdict.race,
        "evidence": [{"text": text, "race": verdict.race, "runs": len(runs), "note": verdict.note}],
    }


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

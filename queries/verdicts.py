"""What races showed, as rows: one a race and task, with the effect against the best tuned baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from kg.model import Result

VERDICT, CANDIDATE = "verdict", "candidate"
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
    seeds = len({run.seed for run in runs})
    text = f"{verdict.prototype} on {verdict.task}: {word}; {verdict.note}" if verdict.note else f"{verdict.task}: {word}"
    return {
        "text": f"{text} (race {verdict.race}, {seeds} seeds)",
        "prototype": verdict.prototype,
        "task": verdict.task,
        "verdict": word,
        "seeds": seeds,
        "mapping": verdict.mapping,
        "race": verdict.race,
        "evidence": [{"text": f"race {verdict.race}: {verdict.note or word}", "race": verdict.race, "runs": len(runs)}],
    }

"""What races showed, as rows: one a prototype and task, with its effect against the best tuned baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from kg.model import Result

VERDICT = "verdict"


def verdict_rows(results: Sequence[Result]) -> list[dict[str, object]]:
    """One row a race and task; its ``"text"`` is how a person reads it. Races still without a verdict are left out."""
    key = operator_key
    rows = []
    for (race, task), group in groupby(sorted(results, key=key), key=key):
        runs = list(group)
        said = [result for result in runs if result.arm == VERDICT]
        if said:
            rows.append(_row(race, task, said, [result for result in runs if result.arm != VERDICT]))
    return rows


def operator_key(result: Result) -> tuple[str, str]:
    return result.race, result.task


def _row(race: str, task: str, said: list[Result], runs: list[Result]) -> dict[str, object]:
    values = {result.metric: (None if math.isnan(result.value) else result.value) for result in said}
    return {"race": race, "task": task, "values": values, "note": said[0].note, "runs": len(runs)}

"""What do races say? The verdict on each prototype and task, with its effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kg import verdict
from queries.show import Answer
from queries.verdicts import verdict_rows

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Show what races said of each prototype on each task: the verdict, and the effect against the best tuned baseline.

\b
Example:
  exapt ask leaderboard
  exapt ask leaderboard --task digits --format md
"""
PARAMS: list[click.Parameter] = [
    click.Option(["--task"], metavar="NAME", help="Only races on this task."),
    click.Option(["--prototype"], metavar="NAME", help="Only races of this prototype."),
]
COLUMNS = ("prototype", "task", "verdict", "effect", "baseline", "seeds", "mapping", "race", "evidence")


def ask(store: View, *, task: str | None = None, prototype: str | None = None) -> Answer:
    found = verdict_rows(store.results(prototype=prototype))
    rows = [row for row in found if task in (None, row["task"])]
    place = {word: number for number, word in enumerate(verdict.ENDS)}
    rows.sort(key=lambda row: (place.get(str(row["verdict"]), 9), *(str(row[name]) for name in ("prototype", "task", "race"))))
    note = "" if rows else _nothing(store, found, task, prototype)
    return Answer(columns=COLUMNS, rows=rows, below=("evidence",), aside=("race",), note=note)


def _nothing(store: View, found: list[dict[str, object]], task: str | None, prototype: str | None) -> str:
    """What to say where no race fits: which there are."""
    if found:
        return f"no race on {task!r} is in the graph; there are races on {', '.join(sorted({str(row['task']) for row in found}))}"
    if prototype is not None and (raced := sorted({one.prototype for one in store.results(arm="verdict")})):
        return f"no race of {prototype!r} is in the graph; there are races of {', '.join(raced)}"
    return "no race is in the graph yet; run one: exapt bench run heat_shock_regularization --task digits"

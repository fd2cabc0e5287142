"""What is there to be done? Each function, how many mechanisms and techniques serve it, and where techniques are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kg.model import Concept
from kg.view import FunctionCount
from queries.cite import best, cited, listed, readable
from queries.named import EMPTY
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """List functions: what each is, how many mechanisms and techniques serve it, how many wait for a technique.

`waiting` counts mechanisms that became no technique yet; `few` marks functions that at least three mechanisms serve and at most
two thirds as many techniques.

\b
Example:
  exapt ask functions
  exapt ask functions --few --format md
"""
PARAMS: list[click.Parameter] = [
    click.Option(["--few"], is_flag=True, help="Only what many mechanisms and hardly a technique serve, the barest first."),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many rows."),
]
COLUMNS = ("function", "group", "what it is", "mechanisms", "techniques", "waiting", "few", "evidence")


def ask(store: View, *, few: bool = False, limit: int = 100) -> Answer:
    known = {concept.key: concept for concept in store.concepts("function")}
    counted = {count.function: count for count in store.function_counts()}
    counts = [counted.get(key) or FunctionCount(key, 0, 0, 0, "") for key in known]
    if few:
        counts = sorted(filter(is_few, counts), key=lambda one: (one.techniques / one.mechanisms, one.function))
    else:
        counts.sort(key=lambda one: (-one.mechanisms - one.techniques, one.function))
    store.gather(count.example for count in counts[:limit] if count.example)
    note = f"{limit} of {len(counts)}; --limit shows more" if len(counts) > limit else ""
    if not counts:
        note = "every function has techniques enough; without --few all are listed" if known else EMPTY
    rows = [_row(store, known[count.function], count) for count in counts[:limit]]
    return Answer(columns=COLUMNS, rows=rows, below=("evidence",), note=note)


def is_few(count: FunctionCount) -> bool:
    """Whether many mechanisms serve it and hardly a technique."""
    return count.mechanisms >= 3 and 3 * count.techniques <= 2 * count.mechanisms


def _row(store: View, function: Concept, count: FunctionCount) -> Row:
    said = store.evidence(mapping=count.example) if count.example else []
    return {
        "function": readable(function.name),
        "group": function.domain,
        "what it is": function.definition,
        "mechanisms": count.mechanisms,
        "techniques": count.techniques,
        "waiting": count.waiting,
        "few": is_few(count),
        "evidence": [cited(store, item) for item in best(said, 1)] or [listed(store, function)],
    }

"""Which analogies come in layers? Stacks such as genes/architecture, epigenetics/hyperparameters, chaperones/optimization."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import click

from kg.model import Evidence, Span
from kg.view import Edge
from queries.cite import cited, standing, title_and_year
from queries.show import Answer

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Show layered analogies: several pairs that one paper states side by side, each a level of the same stack.

\b
Example:
  exapt ask layers
  exapt ask layers --levels 2 --format json
"""
PARAMS: list[click.Parameter] = [
    click.Option(["--levels"], type=click.IntRange(2, 20), default=2, show_default=True, help="At least so many levels."),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many stacks."),
]
COLUMNS = ("levels", "count", "paper", "mappings", "evidence")
NEAR = 6
"""Characters between two items of a list: a bullet, a line break, a dash; between two sentences: a space."""


def ask(store: View, *, levels: int = 2, limit: int = 10) -> Answer:
    said = [
        item
        for item in standing(store.evidence_in(store.papers_stating("analogous", at_least=levels)))
        if item.stance == "for" and len(item.passages) == 1
    ]
    stated = store.edges_of(dict.fromkeys(item.mapping for item in said))
    analogous = {edge.mapping: edge for edge in stated if edge.relation == "analogous"}
    # What several readers read in one place, or a curator accepts there, is one level.
    levels_of = {(item.mapping, item.paper, item.passages): item for item in reversed(said) if item.mapping in analogous}
    by_paper: dict[str, list[Evidence]] = defaultdict(list)
    for item in levels_of.values():
        by_paper[item.paper].append(item)
    stacks = [stack for found in by_paper.values() for stack in _stacks(found, analogous) if len(stack) >= levels]
    stacks.sort(key=lambda stack: (-len(stack), stack[0].paper, stack[0].passages))
    store.gather(level.mapping for stack in stacks[:limit] for level in stack)
    rows = [_row(store, stack, analogous) for stack in stacks[:limit]]
    note = f"{limit} of {len(stacks)}; --limit shows more" if len(stacks) > limit else ""
    if not stacks:
        note = f"no paper here states {levels} analogies side by side; exapt ingest atlas or an essay may bring some"
    return Answer(columns=COLUMNS, rows=rows, below=("evidence",), note=note)


def _stacks(found: list[Evidence], analogous: dict[str, Edge]) -> list[list[Evidence]]:
    """Runs of evidence whose passages follow one another; no level repeats a mechanism or a technique of the stack."""
    stacks: list[list[Evidence]] = []
    for item in sorted(found, key=lambda one: (one.passages, one.mapping)):
        stack = stacks[-1] if stacks else []
        used = {end for level in stack for end in (analogous[level.mapping].mechanism, analogous[level.mapping].technique)}
        mapping = analogous[item.mapping]
        if stack and _adjacent(stack[-1].passages[0], item.passages[0]) and not used & {mapping.mechanism, mapping.technique}:
            stack.append(item)
        else:
            stacks.append([item])
    return stacks


def _adjacent(upper: Span, lower: Span) -> bool:
    return upper.field == lower.field and 0 <= lower.start - upper.end <= NEAR


def _row(store: View, stack: list[Evidence], analogous: dict[str, Edge]) -> dict[str, object]:
    levels = []
    for item in stack:
        mapping = analogous[item.mapping]
        upper, lower = store.concept(mapping.mechanism).name, store.concept(mapping.technique).name
        levels.append({"text": f"{upper}/{lower}", "mechanism": upper, "technique": lower, "mapping": mapping.mapping})
    return {
        "levels": levels,
        "count": len(levels),
        "paper": title_and_year(store.paper(stack[0].paper)),
        "mappings": [item.mapping for item in stack],
        "evidence": [cited(store, item) for item in stack],
    }

"""What is in the graph? Papers, concepts, mappings, evidence and races, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from queries.show import Answer

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Count what the graph holds, and report evidence whose text does not match.

\b
Example:
  exapt ask stats
  exapt ask stats --format json
"""
PARAMS: list[click.Parameter] = []


def ask(store: View) -> Answer:
    counts = store.counts()
    rows = [{"what": name.replace("_", " "), "count": count} for name, count in counts.items()]
    note = ""
    if not any(counts.values()):
        note = "the graph is empty; fill it: exapt ingest atlas"
    elif bad := store.mismatches():
        papers = ", ".join(sorted({item.paper for item in bad})[:5])
        note = f"{len(bad)} passages are not shown, since the text held is not the text that was read (papers: {papers})"
    return Answer(columns=("what", "count"), rows=rows, note=note)

"""Where does an analogy end? Mappings that a paper states as a contrast, and evidence against others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kg.model import Mapping
from queries.cite import best, cited
from queries.show import Answer
from queries.words import content_words, stem

if TYPE_CHECKING:
    from kg.store import Store

QUESTION = """Show where analogies end: contrasts that papers state, and evidence against mappings, races included.

\b
Example:
  exapt ask contrasts
  exapt ask contrasts backpropagation --format md
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["text"], nargs=-1),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many rows."),
]
COLUMNS = ("mapping", "mechanism", "technique", "kind", "sure", "papers", "evidence")


def ask(store: Store, *, text: tuple[str, ...] = (), limit: int = 20) -> Answer:
    wanted = {stem(word) for word in content_words(" ".join(text))}
    rows = [row for mapping, kind in _against(store) if (row := _row(store, mapping, kind, wanted))]
    rows.sort(key=lambda row: (-float(str(row["sure"])), str(row["mapping"])))
    note = ""
    if not rows:
        note = "no paper in the graph states a contrast; exapt ingest atlas brings some"
        if wanted:
            note = f"no contrast speaks of {' '.join(text)!r}"
    elif len(rows) > limit:
        note = f"{limit} of {len(rows)}; --limit shows more"
    return Answer(columns=COLUMNS, rows=rows[:limit], below=("evidence",), note=note)


def _against(store: Store) -> list[tuple[Mapping, str]]:
    stated = [(mapping, "contrast") for mapping in store.mappings(relation="contrasts")]
    keys = {item.mapping for item in store.evidence() if item.stance == "against"} - {mapping.key for mapping, _ in stated}
    return stated + [(store.mapping(key), "evidence against") for key in sorted(keys)]


def _row(store: Store, mapping: Mapping, kind: str, wanted: set[str]) -> dict[str, object] | None:
    mechanism, technique = store.concept(mapping.mechanism), store.concept(mapping.technique)
    names = " ".join((mechanism.name, *mechanism.aliases, technique.name, *technique.aliases))
    if wanted and not wanted & {stem(word) for word in content_words(names)}:
        return None
    evidence = store.evidence(mapping=mapping.key)
    shown = evidence if kind == "contrast" else [item for item in evidence if item.stance == "against"]
    return {
        "mapping": mapping.key,
        "mechanism": mechanism.name,
        "technique": technique.name,
        "kind": kind,
        "sure": round(store.belief_of(mapping.key).value if kind == "contrast" else max(item.score for item in shown), 3),
        "papers": len({item.paper for item in shown}),
        "evidence": [cited(store, item) for item in best(shown, 3)],
    }

"""Where does an analogy end? Mappings that a paper states as a contrast, and evidence against others."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, NamedTuple

import click

from kg.belief import RACE, RACE_LOST
from kg.model import Evidence
from kg.view import Edge
from queries.cite import best, cited
from queries.named import nearest
from queries.show import Answer
from queries.verdicts import VERDICT, lost, verdict_rows
from queries.words import content_words, stem

if TYPE_CHECKING:
    from kg.view import View

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


def ask(store: View, *, text: tuple[str, ...] = (), limit: int = 20) -> Answer:
    wanted = {stem(word) for word in content_words(" ".join(text))}
    contrasts = {edge.mapping: None for edge in store.edges(relation="contrasts")}
    found = [*_stated(store, contrasts), *_spoken_against(store, contrasts), *_lost(store)]
    if wanted:
        ends = {edge.mapping: edge for edge in store.edges_of(dict.fromkeys(case.mapping for case in found))}
        found = [case for case in found if _names(store, ends[case.mapping]) & wanted]
    found.sort(key=lambda case: (-case.sure, case.mapping, case.kind))
    note = f"{limit} of {len(found)}; --limit shows more" if len(found) > limit else ""
    if not found:
        note = (
            f"no contrast speaks of {' '.join(text)!r}; {nearest(store, ' '.join(text))}"
            if wanted
            else "no paper in the graph states a contrast; exapt ingest atlas brings some"
        )
    store.gather(case.mapping for case in found[:limit])
    return Answer(columns=COLUMNS, rows=[_row(store, case) for case in found[:limit]], below=("evidence",), note=note)


class Case(NamedTuple):
    """One thing that speaks against a likeness, and how sure it is, 0 to 1."""

    sure: float
    kind: str
    mapping: str
    said: tuple[Evidence, ...] = ()
    races: tuple[dict[str, object], ...] = ()


def _stated(store: View, contrasts: Iterable[str]) -> list[Case]:
    """Mappings that a paper states as a contrast."""
    return [Case(belief.value, "contrast", key) for key, belief in store.beliefs(contrasts).items()]


def _spoken_against(store: View, contrasts: Container[str]) -> list[Case]:
    """Other mappings that a paper speaks against."""
    against: dict[str, list[Evidence]] = {}
    for item in store.evidence(stance="against"):
        if item.mapping not in contrasts:
            against.setdefault(item.mapping, []).append(item)
    return [Case(max(item.score for item in said), "evidence against", key, tuple(said)) for key, said in against.items()]


def _lost(store: View) -> list[Case]:
    """Mappings whose prototype did worse in a race."""
    found: dict[str, list[dict[str, object]]] = {}
    for race in sorted({verdict.race for verdict in store.results(arm=VERDICT) if verdict.value < 0 and verdict.mapping}):
        for row in verdict_rows(store.results(race=race)):
            if lost(row) and row["mapping"]:
                found.setdefault(str(row["mapping"]), []).append(row)
    return [Case(1 - RACE_LOST ** len(rows), "race lost", key, (), tuple(rows)) for key, rows in found.items()]


def _names(store: View, edge: Edge) -> set[str]:
    ends = store.concept(edge.mechanism), store.concept(edge.technique)
    return {stem(word) for end in ends for name in (end.name, *end.aliases) for word in content_words(name)}


def _row(store: View, case: Case) -> dict[str, object]:
    mapping = store.mapping(case.mapping)
    said = case.said or (() if case.races else tuple(store.evidence(mapping=case.mapping)))
    return {
        "mapping": case.mapping,
        "mechanism": store.concept(mapping.mechanism).name,
        "technique": store.concept(mapping.technique).name,
        "kind": case.kind,
        "sure": round(case.sure, 3),
        "papers": len({item.paper for item in said if item.by != RACE}),
        "evidence": [*(cited(store, item) for item in best(said, 3)), *case.races],
    }

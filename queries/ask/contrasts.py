"""Where does an analogy end? Mappings that a paper states as a contrast, and evidence against others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from kg.belief import RACE_LOST
from kg.model import Evidence, Mapping
from queries.cite import best, cited
from queries.show import Answer
from queries.verdicts import verdict_rows
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
    found = [
        case for case in (*_stated(store), *_spoken_against(store), *_lost(store)) if not wanted or _names(store, case) & wanted
    ]
    found.sort(key=lambda case: (-case.sure, case.mapping.key, case.kind))
    note = f"{limit} of {len(found)}; --limit shows more" if len(found) > limit else ""
    if not found:
        note = (
            f"no contrast speaks of {' '.join(text)!r}"
            if wanted
            else "no paper in the graph states a contrast; exapt ingest atlas brings some"
        )
    return Answer(columns=COLUMNS, rows=[_row(store, case) for case in found[:limit]], below=("evidence",), note=note)


class Case(NamedTuple):
    """One thing that speaks against a likeness, and how sure it is, 0 to 1."""

    sure: float
    kind: str
    mapping: Mapping
    said: tuple[Evidence, ...] = ()
    races: tuple[dict[str, object], ...] = ()


def _stated(store: Store) -> list[Case]:
    """Mappings that a paper states as a contrast."""
    stated = store.mappings(relation="contrasts")
    beliefs = store.beliefs(mapping.key for mapping in stated)
    return [Case(beliefs[mapping.key].value, "contrast", mapping) for mapping in stated]


def _spoken_against(store: Store) -> list[Case]:
    """Other mappings that a paper speaks against."""
    against: dict[str, list[Evidence]] = {}
    for item in store.evidence():
        if item.stance == "against":
            against.setdefault(item.mapping, []).append(item)
    mappings = [(store.mapping(key), tuple(said)) for key, said in against.items()]
    return [
        Case(max(item.score for item in said), "evidence against", mapping, said)
        for mapping, said in mappings
        if mapping.relation != "contrasts"
    ]


def _lost(store: Store) -> list[Case]:
    """Mappings whose prototype did worse in a race."""
    lost: dict[str, list[dict[str, object]]] = {}
    for row in verdict_rows(store.results()):
        if row["verdict"] == "worse" and row["mapping"]:
            lost.setdefault(str(row["mapping"]), []).append(row)
    return [Case(1 - RACE_LOST ** len(rows), "race lost", store.mapping(key), (), tuple(rows)) for key, rows in lost.items()]


def _names(store: Store, case: Case) -> set[str]:
    ends = store.concept(case.mapping.mechanism), store.concept(case.mapping.technique)
    return {stem(word) for end in ends for name in (end.name, *end.aliases) for word in content_words(name)}


def _row(store: Store, case: Case) -> dict[str, object]:
    said = case.said or (() if case.races else tuple(store.evidence(mapping=case.mapping.key)))
    return {
        "mapping": case.mapping.key,
        "mechanism": store.concept(case.mapping.mechanism).name,
        "technique": store.concept(case.mapping.technique).name,
        "kind": case.kind,
        "sure": round(case.sure, 3),
        "papers": len({item.paper for item in said}),
        "evidence": [*(cited(store, item) for item in best(said, 3)), *case.races],
    }

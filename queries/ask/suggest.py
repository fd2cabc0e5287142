"""What could be tried next? Mappings that no paper states, ranked, each with its reasons and the mappings behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from queries.cite import best, cited, readable
from queries.named import EMPTY, concepts_called, function_readings, likeliest, nearest
from queries.show import Answer, Row
from queries.suggest.duplicates import Duplicates
from queries.suggest.known import Known, facts, known
from queries.suggest.rank import Candidate, candidates
from queries.suggest.reasons import reasons

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Rank mappings that no paper in the graph states, with the reasons for each.

TEXT names a mechanism, a technique, a family of them or what is to be done; without it, the mechanisms with the most techniques
are asked. A pair ranks high if what is like its mechanism became its technique, or its mechanism became what is like the
technique (alike by words, function or family), if both serve a function, share words, if mappings lead between their families,
or if both were used often; `why` lists all that the score adds up from. Aliases, inverses and near-duplicates of known mappings
are left out. `exapt eval suggest` measures how well this foretells later papers.

\b
Example:
  exapt ask suggest
  exapt ask suggest "heat shock response"
  exapt ask suggest dropout --limit 5 --format json
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["text"], nargs=-1),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many rows."),
]
COLUMNS = ("score", "mechanism", "technique", "why", "inferred_from", "evidence")
ASKED = 20
"""So many mechanisms are asked where no text says which."""
SPOKEN = 3
"""Functions of a text that are told."""
BOTH = ("mechanism", "technique")
CALLED = 5
"""So many concepts are asked that a text names only in part."""
EACH = 2
"""So many rows of one mechanism or technique where many are asked, so that none fills the answer."""
QUOTES = 4


def ask(store: View, *, text: tuple[str, ...] = (), limit: int = 10) -> Answer:
    said = " ".join(text)
    graph = known(store.concepts(), facts(store))
    asked, how_read = _asked(store, graph, said, limit)
    if not asked:
        return Answer(columns=COLUMNS, note=_nothing(store, graph, said))
    pairs = _pairs(graph, asked, limit)
    rows = [row for mechanism, technique, one in pairs if (row := _row(store, graph, mechanism, technique, one))]
    note = "no paper in this graph states these; how often such a list was right in the past: exapt eval suggest"
    if how_read:
        note = f"no concept is called {said[:80]!r}, so {how_read} were asked; {note}"
    if not rows:
        note = "nothing to suggest: no mapping here is like another; a larger graph helps: exapt ingest atlas"
    return Answer(columns=COLUMNS, rows=rows, below=("why", "evidence"), aside=("inferred_from",), note=note)


def _asked(store: View, graph: Known, said: str, limit: int) -> tuple[list[str], str]:
    """Concepts to find partners for, and what they are where the words name none of them.

    Those that the words name, else those of the family that they name, else mechanisms that do what the words say is to be done.
    """

    def often(keys: Iterable[str]) -> list[str]:
        return sorted(dict.fromkeys(keys), key=lambda key: (-len(graph.partners[key]), key))[: max(ASKED, limit)]

    if not said.strip():
        return often([key for key in graph.of_kind("mechanism") if graph.partners[key]]), ""
    if called := [concept.key for concept in concepts_called(store, said) if concept.key in graph.kinds]:
        return called[:CALLED], ""
    for family in concepts_called(store, said, ("family",)):
        if members := [key for kind in BOTH for key in graph.holding.get((kind, family.key), ())]:
            return often(members), f"those of the family {family.name}"
    readings = likeliest(function_readings(store, said))
    doing = [key for one in readings for key in graph.holding.get(("mechanism", one.function.key), ())]
    spoken = ", ".join(readable(one.function.name) for one in readings[:SPOKEN])
    return often(doing), f"mechanisms that do what it speaks of ({spoken})"


def _pairs(graph: Known, asked: list[str], limit: int) -> list[tuple[str, str, Candidate]]:
    """The best new pairs as (mechanism, technique, what speaks for it); at most two of each concept where many are asked."""
    found, duplicates = [], Duplicates(graph)
    for key in asked:
        known_with = duplicates.known_with(key)
        new = (one for one in candidates(graph, key) if max(one[2:6]) > 0 and not known_with(one.key))
        for one, _ in zip(new, range(limit), strict=False):
            mechanism, technique = (key, one.key) if graph.kinds[key] == "mechanism" else (one.key, key)
            found.append((mechanism, technique, one))
    found.sort(key=lambda pair: (-pair[2].score, *pair[:2]))
    shown: list[tuple[str, str, Candidate]] = []
    seen: Counter[str] = Counter()
    for mechanism, technique, one in found:
        if len(asked) == 1 or max(seen[mechanism], seen[technique]) < EACH:
            seen.update((mechanism, technique))
            shown.append((mechanism, technique, one))
    return shown[:limit]


def _row(store: View, graph: Known, mechanism: str, technique: str, one: Candidate) -> Row | None:
    """A row, or none where no mapping that anything supports is behind it."""
    found = reasons(store, graph, mechanism, technique, one)
    store.gather(found.mappings)
    beliefs = store.beliefs(found.mappings)
    behind = [key for key in found.mappings if beliefs[key].value > 0][:QUOTES]
    evidence = [cited(store, item) | {"mapping": key} for key in behind for item in best(store.evidence(mapping=key), 1)]
    if not evidence:
        return None
    return {
        "score": round(one.score, 3),
        "mechanism": store.concept(mechanism).name,
        "technique": store.concept(technique).name,
        "why": list(found.why),
        "inferred_from": behind,
        "evidence": evidence,
    }


def _nothing(store: View, graph: Known, said: str) -> str:
    if not graph.pairs:
        return EMPTY
    return f"nothing in the graph is called {said[:80]!r}; {nearest(store, said)}"

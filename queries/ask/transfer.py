"""Who else in biology does the same? Mechanisms that serve one function, what became of each, and which still wait."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import click

from kg.model import Concept
from kg.view import ANSWERED, Edge
from queries.cite import best, cited, listed, readable, standing
from queries.named import function_read
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Show the same function by different mechanisms: the techniques that each became, and those that became none yet.

FUNCTION is a name as `exapt ask functions` lists them, or plain words for what is to be done. Where it is no name, a line on
standard error says how the words were read, and what else they may mean.

\b
Example:
  exapt ask transfer protect_old
  exapt ask transfer "which part caused the error" --limit 40 --format csv
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["function"], nargs=-1, required=True),
    click.Option(["--limit"], type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many mechanisms."),
]
COLUMNS = ("mechanism", "family", "became", "techniques", "belief", "papers", "mappings", "evidence")
BECAME = ("a technique", "a technique for another function", "only proposed", "only contrasted", "none yet")
"""What became of a mechanism, in the order in which mechanisms are shown."""
MOST = 5
"""Techniques of one mechanism that a row names."""


def ask(store: View, *, function: tuple[str, ...], limit: int = 20) -> Answer:
    wanted, how_read = function_read(store, " ".join(function))
    found = sorted(_served(store, wanted), key=Serving.rank)
    done = [one for one in found if one.became in BECAME[:2]]
    waiting = found[len(done) :]
    # What waits gets a quarter of the room, or whatever the others leave.
    room = max(limit - len(waiting), limit - limit // 4)
    shown = [*done[:room], *waiting][:limit]
    store.gather(edge.mapping for one in shown for edge in one.edges[:MOST])
    name = readable(wanted.name)
    note = f"{name}: {len(done)} of {len(found)} mechanisms became a technique, {len(waiting)} wait"
    if len(found) > len(shown):
        note += "; --limit shows more"
    if not found:
        note = f"nothing in the graph serves {name}; `exapt ask functions` lists what is served"
    if how_read:
        note = f"{how_read}\n{note}"
    return Answer(columns=COLUMNS, rows=[_row(store, one) for one in shown], below=("evidence",), aside=("mappings",), note=note)


class Serving(NamedTuple):
    """A mechanism that serves the function, its mappings to show, and what became of it."""

    mechanism: str
    edges: list[Edge]
    became: str

    def rank(self) -> tuple[int, int, str]:
        return BECAME.index(self.became), -len({edge.technique for edge in self.edges}), self.mechanism


def _served(store: View, function: Concept) -> list[Serving]:
    by_mechanism: dict[str, list[Edge]] = defaultdict(list)
    rejected = set(store.rejected())
    for edge in store.edges(function=function.key):
        by_mechanism[edge.mechanism] += [edge] if edge.mapping not in rejected else []
    own = [key for key in store.serving(function.key) if key.startswith("mechanism:")]
    unanswered = set(store.unanswered(function.key))
    return [
        _serving(store, key, by_mechanism.get(key, []), rejected, unanswered=key in unanswered)
        for key in dict.fromkeys([*by_mechanism, *own])
    ]


def _serving(store: View, mechanism: str, edges: list[Edge], rejected: set[str], *, unanswered: bool) -> Serving:
    if likeness := [edge for edge in edges if edge.relation in ANSWERED]:
        return Serving(mechanism, likeness, BECAME[0])
    others = [] if edges and unanswered else [edge for edge in store.edges(concept=mechanism) if edge.mapping not in rejected]
    if not unanswered:
        return Serving(mechanism, [edge for edge in others if edge.relation in ANSWERED], BECAME[1])
    stated = edges or others
    if proposals := [edge for edge in stated if edge.relation == "proposes"]:
        return Serving(mechanism, proposals, BECAME[2])
    return Serving(mechanism, stated, BECAME[3] if stated else BECAME[4])


def _row(store: View, serving: Serving) -> Row:
    mechanism = store.concept(serving.mechanism)
    beliefs = store.beliefs(edge.mapping for edge in serving.edges)
    edges = sorted(serving.edges, key=lambda edge: (-beliefs[edge.mapping].value, edge.mapping))[:MOST]
    techniques = [store.concept(key).name for key in dict.fromkeys(edge.technique for edge in edges)]
    more = len({edge.technique for edge in serving.edges}) - len(techniques)
    said = standing([item for edge in edges for item in store.evidence(mapping=edge.mapping)])
    return {
        "mechanism": mechanism.name,
        "family": store.concept(mechanism.parent).name if mechanism.parent else None,
        "became": serving.became,
        "techniques": [*techniques, *([f"and {more} more"] if more > 0 else [])],
        "belief": round(max((belief.value for belief in beliefs.values()), default=0.0), 3),
        "papers": len({item.paper for item in said}),
        "mappings": [edge.mapping for edge in edges],
        "evidence": [cited(store, item) for item in best(said, 2)] or [listed(store, mechanism)],
    }

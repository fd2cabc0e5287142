"""What connects two things? The shortest ways from one to the other over mappings, functions and families."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kg.model import Concept
from kg.view import Link
from queries.cite import best, cited, listed, readable
from queries.show import Answer, Row

if TYPE_CHECKING:
    from kg.view import View

QUESTION = """Show the shortest connections between two concepts: over mappings, shared functions and families, step by step.

A and B are each the key or name of a mechanism, technique, function or family. Of ways of one length, those over more mappings
come first.

\b
Example:
  exapt ask path "synaptic pruning" "fast weight"
  exapt ask path "memory consolidation" dropout --paths 3 --format json
"""
PARAMS: list[click.Parameter] = [
    click.Argument(["first"], metavar="A"),
    click.Argument(["second"], metavar="B"),
    click.Option(
        ["--paths", "--limit", "paths"], type=click.IntRange(1, 20), default=2, show_default=True, help="At most so many ways."
    ),
    click.Option(["--steps"], type=click.IntRange(1, 20), default=8, show_default=True, help="Give up beyond so many steps."),
]
COLUMNS = ("path", "step", "from", "how", "to", "mapping", "belief", "evidence")
HUBS = ("function:", "family:")
"""Concepts with very many neighbours: they are stepped through only where no way around them is as short."""
MOST = 500
"""Ways of one length that are looked at for the best ones."""


def ask(store: View, *, first: str, second: str, paths: int = 2, steps: int = 8) -> Answer:
    one, other = store.resolve_concept(first), store.resolve_concept(second)
    if one.key == other.key:
        return Answer(columns=COLUMNS, note=f"both are {one.name}; name two concepts")
    ways = _ways(store, one.key, other.key, steps)
    ways.sort(key=_rank)
    note = f"{paths} of {len(ways)} ways of {len(ways[0])} steps; --paths shows more" if len(ways) > paths else ""
    if not ways:
        note = f"no way of at most {steps} steps leads from {one.name} to {other.name}; {_lonely(store, one, other)}"
    ways = ways[:paths]
    store.gather(link.mapping for way in ways for link in way if link.mapping)
    rows = [_row(store, number, step, link) for number, way in enumerate(ways, 1) for step, link in enumerate(way, 1)]
    return Answer(columns=COLUMNS, rows=rows, below=("evidence",), note=note)


class Front:
    """All that was reached from one end: by which links each concept was first reached, and what is to be stepped from next."""

    def __init__(self, start: str) -> None:
        self.reached: dict[str, list[Link]] = {start: []}
        self.edge: list[str] = [start]
        self.steps = 0

    def cost(self) -> tuple[int, int]:
        return sum(key.startswith(HUBS) for key in self.edge), len(self.edge)

    def step(self, store: View, other: Front) -> set[str]:
        """One step on from the edge; the concepts where this front meets the other."""
        self.steps += 1
        new: dict[str, list[Link]] = {}
        hubs = [key for key in self.edge if key.startswith(HUBS)]
        for keys in ([key for key in self.edge if not key.startswith(HUBS)], hubs):
            # The other end may be a hub's neighbour too, so hubs wait until the rest of this step has met nothing.
            for link in store.neighbours(keys) if keys else ():
                if link.target not in self.reached:
                    new.setdefault(link.target, []).append(link)
            if met := new.keys() & other.reached.keys():
                break
        else:
            met = set()
        self.reached |= new
        self.edge = sorted(new)
        return set(met)


def _ways(store: View, start: str, end: str, most: int) -> list[tuple[Link, ...]]:
    """All shortest ways, as links from ``start`` to ``end``; none where it would take more than ``most`` steps."""
    fronts = Front(start), Front(end)
    while all(front.edge for front in fronts) and fronts[0].steps + fronts[1].steps < most:
        mine, other = sorted(fronts, key=Front.cost)
        if met := mine.step(store, other):
            return list(
                dict.fromkeys(
                    (*reversed(before), *(_turned(link) for link in after))
                    for middle in sorted(met)
                    for before in _back(fronts[0], middle)
                    for after in _back(fronts[1], middle)
                )
            )[:MOST]
    return []


def _back(front: Front, concept: str) -> list[tuple[Link, ...]]:
    """The ways from ``concept`` back to where the front began."""
    links = front.reached[concept]
    if not links:
        return [()]
    best_of: dict[str, Link] = {}
    for link in links:  # of several mappings that say the same, the first
        best_of.setdefault(f"{link.source} {link.how}", link)
    return [(link, *rest) for link in best_of.values() for rest in _back(front, link.source)][:MOST]


def _turned(link: Link) -> Link:
    return Link(link.target, link.how, link.source, link.mapping)


def _rank(way: tuple[Link, ...]) -> tuple[object, ...]:
    """Mappings before functions before families, then by key."""
    kinds = [0 if link.how not in ("serves", "in family") else 1 if link.how == "serves" else 2 for link in way]
    contrasts = sum(link.how == "contrasts" for link in way)
    return sum(kinds), contrasts, way


def _row(store: View, path: int, step: int, link: Link) -> Row:
    source, target = store.concept(link.source), store.concept(link.target)
    said = store.evidence(mapping=link.mapping) if link.mapping else []
    own = source if target.kind in ("function", "family") else target
    return {
        "path": path,
        "step": step,
        "from": readable(source.name),
        "how": _how(link, source, target),
        "to": readable(target.name),
        "mapping": link.mapping or None,
        "belief": round(store.belief_of(link.mapping).value, 3) if link.mapping else None,
        "evidence": [cited(store, item) for item in best(said, 1)] or [listed(store, own)],
    }


def _how(link: Link, source: Concept, target: Concept) -> str:
    """The step in words that read from left to right."""
    if link.how == "serves":
        return "serves" if target.kind == "function" else "is served by"
    if link.how == "in family":
        return "is in the family" if target.kind == "family" else "is the family of"
    forward = source.kind == "mechanism"
    return {
        "inspires": "inspires" if forward else "is inspired by",
        "analogous": "is analogous to",
        "contrasts": "contrasts with",
        "proposes": "could become" if forward else "could come of",
    }[link.how]


def _lonely(store: View, one: Concept, other: Concept) -> str:
    alone = [concept.name for concept in (one, other) if not store.neighbours([concept.key])]
    return (
        f"{' and '.join(alone)} {'is' if len(alone) == 1 else 'are'} connected to nothing" if alone else "--steps looks further"
    )

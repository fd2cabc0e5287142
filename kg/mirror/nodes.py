"""The store as nodes and relationships, a label at a time, in an order that depends only on what the store holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kg import concepts, mappings, papers
from kg.database import Database
from kg.merges import Standing
from kg.mirror import statements
from kg.mirror.layout import End, Node, concept_end, mark
from kg.mirror.properties import Properties, fields, own_node, short, stored
from kg.mirror.statements import lots
from kg.model import Concept
from kg.rows import CONCEPT, concept_of

_OTHERS = {
    "Mapping": statements.mapping_nodes,
    "Evidence": statements.evidence_nodes,
    "Result": statements.result_nodes,
    "Decision": statements.decision_nodes,
}


def nodes(database: Database, label: str) -> Iterator[Node]:
    """The nodes of ``label``; to be read inside of ``database.reading()``, so that all labels show one moment."""
    if label == "Paper":
        return _papers(database)
    if label == "Merged":
        return _merged(database)
    return _OTHERS[label](database) if label in _OTHERS else _concepts(database, label)


class _Seen(NamedTuple):
    """What the curator's merges and renames make of the concepts."""

    standing: Standing
    shown: dict[str, str]
    """Key of each merged concept, and the key that stands for it."""
    linked: frozenset[str]
    """Keys of the functions and families that stand for themselves."""

    @classmethod
    def of(cls, database: Database) -> _Seen:
        return cls(Standing.of(database), concepts.renamed(database), statements.linked(database))

    def by_hand(self, key: str) -> Properties:
        """The merge and rename of this concept."""
        found: Properties = {}
        if key in self.standing.merges:
            found["merged_into"], found["merged_by"] = self.standing.merges[key]
        if key in self.standing.renames:
            found["renamed_to"], found["renamed_by"] = self.standing.renames[key]
        return {name: value for name, value in found.items() if value}

    def links(self, concept: Concept) -> Iterator[tuple[str, End]]:
        for function in dict.fromkeys(concept.functions):
            if function in self.linked and function.startswith("function:"):
                yield "SERVES", concept_end(function)
        if concept.parent in self.linked and concept.parent.startswith("family:"):
            yield "IN_FAMILY", concept_end(concept.parent)


def _concepts(database: Database, label: str) -> Iterator[Node]:
    seen = _Seen.of(database)
    rows = database.each(f"SELECT {CONCEPT} FROM concept WHERE kind = ? AND root = id ORDER BY key", (label.lower(),))
    for lot in lots(rows):
        as_stored = [concept_of(row) for row in lot]
        as_shown = concepts.some(database, [row[0] for row in lot]) if any(seen.standing) else as_stored
        for (key, *_), was, concept in zip(lot, as_stored, as_shown, strict=True):
            properties = {"key": key, **fields(label, concept), **seen.by_hand(key)}
            if was != concept:
                properties["record"] = stored(was)
            yield own_node(label, mark(key), properties, seen.links(concept))


def _papers(database: Database) -> Iterator[Node]:
    others = papers.other_sources(database)
    for paper in papers.every(database):
        properties = {"name": short(paper.title), **fields("Paper", paper)}
        if paper.key in others:
            properties["also_from"] = others[paper.key]
        yield own_node("Paper", mark(paper.key), properties)


def _merged(database: Database) -> Iterator[Node]:
    seen = _Seen.of(database)
    for row in database.each(f"SELECT {CONCEPT} FROM concept WHERE root <> id ORDER BY key"):
        concept, key = concept_of(row), row[0]
        name = seen.standing.renames.get(key, (concept.name, ""))[0]
        properties = {"key": key, "kind": concept.kind, "name": name, "record": stored(concept), **seen.by_hand(key)}
        yield own_node("Merged", mark(key), properties, [("MERGED_INTO", concept_end(seen.shown[key]))])
    for key, shown, mechanism, technique, *ends in database.each(
        "SELECT m.key, m.shown, a.name, b.name, a.key, m.relation, b.key, m.functions, m.pairs FROM mapping m"
        " JOIN concept a ON a.id = m.mechanism JOIN concept b ON b.id = m.technique WHERE m.key <> m.shown ORDER BY m.key"
    ):
        mapping = mappings.mapping_of(*ends)
        name = statements.arrow(mechanism, mapping.relation, technique)
        properties = {"key": key, "kind": "mapping", "name": name, "record": stored(mapping), "merged_into": shown}
        yield own_node("Merged", key, properties, [("MERGED_INTO", End("Mapping", shown))])

"""Nodes of what is stated and by whom: mappings, evidence, results and decisions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

from kg import beliefs, decisions, evidence, mappings, papers, results, verdict
from kg.database import Database, Row
from kg.errors import NotFound
from kg.evidence import Quote
from kg.mirror.layout import End, Link, Node, concept_end, mark
from kg.mirror.properties import Properties, fields, hashed, node, own_node, short, stored
from kg.model import Evidence, Mapping, Paper, Result
from kg.rows import EVIDENCE, evidence_of, json_text

Item = TypeVar("Item")
LOT = 500
_SIGN = {"inspires": "→", "analogous": "↔", "contrasts": "≠", "proposes": "⇢"}


def lots(items: Iterable[Item]) -> Iterator[list[Item]]:
    """``items``, some hundred at a time."""
    items = iter(items)
    while lot := list(itertools.islice(items, LOT)):
        yield lot


def linked(database: Database) -> frozenset[str]:
    """Keys of the functions and families that stand for themselves: what a relationship can lead to."""
    rows = database.all("SELECT key FROM concept WHERE kind IN ('function', 'family') AND root = id")
    return frozenset(key for (key,) in rows)


def arrow(mechanism: str, relation: str, technique: str) -> str:
    """Name of a mapping, by the names of its ends."""
    return f"{short(mechanism)} {_SIGN[relation]} {short(technique)}"


def mapping_nodes(database: Database) -> Iterator[Node]:
    """All mappings, those of one mechanism one after the other, so that belief knows their contrasts."""
    known = linked(database)
    roots = database.each(
        "SELECT key FROM concept WHERE kind = 'mechanism' AND root = id AND id IN"
        " (SELECT c.root FROM mapping m JOIN concept c ON c.id = m.mechanism) ORDER BY key"
    )
    for lot in lots(root for (root,) in roots):
        was = _as_stored(database, lot)
        believed = beliefs.of_mechanisms(database, lot)
        found = mappings.of_mechanisms(database, lot)
        names = _names(database, {end for mapping in found for end in (mapping.mechanism, mapping.technique)})
        for mapping in sorted(found, key=lambda one: (one.mechanism, one.technique, one.relation)):
            key = mapping.key
            belief = believed[key]
            mechanism, technique = concept_end(mapping.mechanism), concept_end(mapping.technique)
            properties: Properties = {
                "key": key,
                "name": arrow(names[mapping.mechanism], mapping.relation, names[mapping.technique]),
                **fields("Mapping", mapping),
                **{"belief": belief.value, "papers": belief.papers, "for": belief.for_, "against": belief.against},
            }
            if was.get(key) != mapping:
                properties["record"] = stored(was[key]) if key in was else "null"
            end = End("Mapping", key)
            between: Properties = {"mapping": key, "belief": belief.value, "papers": belief.papers}
            links = [
                Link(mapping.relation.upper(), mechanism, technique, between),
                Link("FROM", end, mechanism, {}),
                Link("TO", end, technique, {}),
                *(Link("SERVES", end, concept_end(name), {}) for name in mapping.functions if name in known),
            ]
            yield node(end, properties, links)


def _as_stored(database: Database, mechanisms: list[str]) -> dict[str, Mapping]:
    """Those of the mappings of these mechanisms that are shown under the key that they were stored under."""
    rows = database.all(
        "SELECT m.key, a.key, m.relation, b.key, m.functions, m.pairs FROM mapping m"
        " JOIN concept a ON a.id = m.mechanism JOIN concept b ON b.id = m.technique"
        " WHERE m.key = m.shown AND a.key IN (SELECT value FROM json_each(?))",
        (json_text(mechanisms),),
    )
    return {row[0]: mappings.mapping_of(*row[1:]) for row in rows}


def _names(database: Database, keys: Iterable[str]) -> dict[str, str]:
    rows = database.all(
        "SELECT c.key, coalesce(r.name, c.name) FROM concept c LEFT JOIN rename r ON r.concept = c.id"
        " WHERE c.key IN (SELECT value FROM json_each(?))",
        (json_text(list(keys)),),
    )
    return dict(rows)


def evidence_nodes(database: Database) -> Iterator[Node]:
    """All evidence as it was stored, with its quote."""
    columns = ", ".join("e." + column for column in EVIDENCE.split(", "))
    rows = database.each(
        f"SELECT m.shown, m.key, p.key, {columns} FROM evidence e JOIN mapping m ON m.id = e.mapping"
        " JOIN paper p ON p.id = e.paper ORDER BY m.key, p.key, e.passages, e.reader"
    )
    for lot in lots(rows):
        texts = papers.texts(database, {row[2] for row in lot})
        for shown, mapping, paper, *row in lot:
            yield _evidence_node(shown, mapping, texts[paper], tuple(row))


def _evidence_node(shown: str, mapping: str, paper: Paper, row: Row) -> Node:
    one = evidence_of(mapping, paper.key, row)
    passages, _, _, _, _, _, mechanism_span, technique_span, _ = row
    quote = evidence.quote_from(paper, one)
    found: Properties = {
        # The spans are JSON in the store already.
        "name": _said(one, quote), "mapping": mapping, "paper": paper.key, "passages": passages,
        "mechanism_span": mechanism_span, "technique_span": technique_span, "text_sha256": one.text_sha256, "by": one.by,
        "version": one.version, "score": one.score, "stance": one.stance, "hedged": one.hedged, "shown": shown,
        "state": quote.state, "quotes": list(quote.texts), "mechanism_words": quote.mechanism,
        "technique_words": quote.technique,
    }  # fmt: skip
    properties = {name: value for name, value in found.items() if value not in (None, "", [])}
    links = [("OF", End("Mapping", shown)), ("IN_PAPER", End("Paper", mark(paper.key)))]
    return own_node("Evidence", hashed("e", mapping, paper.key, passages, one.by), properties, links)


def _said(one: Evidence, quote: Quote) -> str:
    if quote.texts:
        return f"“{short(' … '.join(quote.texts))}”"
    return ", ".join(f"{span.field} {span.start}–{span.end}" for span in one.passages)


def result_nodes(database: Database) -> Iterator[Node]:
    """All results, for the mapping that is shown."""
    for one in results.every(database):
        properties = {"name": _outcome(one), **fields("Result", one)}
        if one.value != one.value:
            properties.pop("value")  # a failed run has no number
        if one.mapping:
            properties["shown"] = one.mapping
        exapt = hashed("r", one.race, one.task, one.arm, one.seed, one.metric)
        yield own_node("Result", exapt, properties, [("OF", End("Mapping", one.mapping))] if one.mapping else ())


def _outcome(one: Result) -> str:
    if one.arm == "verdict":
        return short(f"{one.prototype} on {one.task}: {verdict.told(one).word}")
    return short(f"{one.prototype} on {one.task}: {one.arm}, seed {one.seed}")


def decision_nodes(database: Database) -> Iterator[Node]:
    """The last decision on each finding."""
    for one in decisions.standing(database):
        properties = {"name": f"{one.action} by {short(one.by)}", **fields("Decision", one)}
        links = []
        try:
            properties["shown"] = shown = mappings.shown(database, one.subject)
            links.append(("ON", End("Mapping", shown)))
        except NotFound:
            pass  # what was decided on is gone
        if one.paper and papers.texts(database, [one.paper]):
            links.append(("IN_PAPER", End("Paper", mark(one.paper))))
        yield own_node("Decision", hashed("d", one.subject, one.paper), properties, links)

"""The whole store as plain rows in one order that depends on nothing but what it holds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Any

from kg import decisions, mappings, merges, papers, results
from kg.belief import RACE
from kg.database import Database
from kg.evidence import STATES
from kg.model import KINDS, RELATIONS, Concept, Evidence, Mapping
from kg.rows import CONCEPT, EVIDENCE, concept_of, evidence_of

Exported = dict[str, object]


def rows(database: Database) -> Iterator[Exported]:
    """Papers, concepts, mappings, evidence, merges, renames, decisions and results as they were stored, each sorted by key.

    Merges and renames are rows of their own and not applied, so nothing is lost. Empty fields are left out; a number that JSON
    cannot write (a failed run's NaN) is null.
    """
    others = papers.other_sources(database)
    for paper in papers.every(database):
        also = {"also_from": others[paper.key]} if paper.key in others else {}
        yield _plain("paper", paper) | also
    for row in database.each(f"SELECT {CONCEPT} FROM concept ORDER BY key"):
        concept: Concept = concept_of(row)
        yield _plain("concept", concept) | {"key": concept.key}
    for mapping in _mappings(database):
        yield _plain("mapping", mapping) | {"key": mapping.key}
    for evidence in _evidence(database):
        yield _plain("evidence", evidence)
    for source, target, author in merges.every(database):
        yield {"type": "merge", "source": source, "target": target, "by": author}
    for concept_key, name, author in merges.renames(database):
        yield {"type": "rename", "concept": concept_key, "name": name, "by": author}
    for decision in decisions.standing(database):
        yield _plain("decision", decision)
    for result in results.every(database):
        yield _plain("result", result)


def _mappings(database: Database) -> Iterator[Mapping]:
    for mechanism, relation, technique, functions, pairs in database.each(
        "SELECT a.key, m.relation, b.key, m.functions, m.pairs FROM mapping m"
        " JOIN concept a ON a.id = m.mechanism JOIN concept b ON b.id = m.technique ORDER BY m.key"
    ):
        yield mappings.mapping_of(mechanism, relation, technique, functions, pairs)


def _evidence(database: Database) -> Iterator[Evidence]:
    columns = ", ".join("e." + column for column in EVIDENCE.split(", "))
    for mapping, paper, *row in database.each(
        f"SELECT m.key, p.key, {columns} FROM evidence e JOIN mapping m ON m.id = e.mapping JOIN paper p ON p.id = e.paper"
        " ORDER BY m.key, p.key, e.passages, e.reader"
    ):
        yield evidence_of(mapping, paper, tuple(row))


def plain(record: Any, *, exact: bool = False) -> Exported:
    """The fields of ``record`` that are not empty, as JSON has them; ``exact`` keeps numbers that JSON itself cannot write."""
    row: Exported = {}
    for field in dataclasses.fields(record):
        value = plain_value(getattr(record, field.name), exact=exact)
        if value not in (None, "", []):
            row[field.name] = value
    return row


def _plain(kind: str, record: Any) -> Exported:
    return {"type": kind, **plain(record)}


def plain_value(value: Any, *, exact: bool = False) -> object:
    """``value`` of a record's field as JSON has it: records are objects, tuples are lists."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if exact or math.isfinite(value) else None
    if isinstance(value, tuple):
        return [plain_value(item, exact=exact) for item in value]
    return {field.name: plain_value(getattr(value, field.name), exact=exact) for field in dataclasses.fields(value)}


def counts(database: Database) -> dict[str, int]:
    """How much the store holds, by the names that :meth:`kg.store.Store.counts` lists."""

    def number(sql: str) -> int:
        row = database.one(sql)
        return int(row[0]) if row else 0

    def by(names: Iterable[str], plural: str, sql: str) -> dict[str, int]:
        found: dict[str, int] = dict(database.all(sql))
        return {plural.format(name): int(found.get(name, 0)) for name in names}

    kinds = by(KINDS, "{}", "SELECT kind, count(*) FROM concept WHERE root = id GROUP BY kind")
    plural = {"mechanism": "mechanisms", "technique": "techniques", "function": "functions", "family": "families"}
    relations = by(RELATIONS, "mappings_{}", "SELECT relation, count(DISTINCT shown) FROM mapping GROUP BY relation")
    states = by(STATES, "evidence_{}", "SELECT state, count(*) FROM evidence_state GROUP BY state")
    sql = "SELECT source = ?, count(*), count(abstract_hash) FROM paper GROUP BY 1"
    held = {note: numbers for note, *numbers in database.all(sql, (RACE,))}
    return {
        "papers": held.get(0, [0, 0])[0],
        "papers_with_text": held.get(0, [0, 0])[1],
        "concepts": sum(kinds.values()),
        **{plural[kind]: found for kind, found in kinds.items()},
        "mappings": sum(relations.values()),
        **relations,
        "evidence": sum(states.values()),
        **states,
        "results": number("SELECT count(*) FROM result"),
        "race_notes": held.get(1, [0, 0])[0],
        "merges": number("SELECT count(*) FROM merge"),
    }

"""Belief in mappings, of what Neo4j holds: the twin of :func:`kg.beliefs.many`, by the same arithmetic."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import LiteralString

from kg import beliefs
from kg.belief import CURATOR, RACE, Belief, Statement, Verdict
from kg.mirror.overview import SHORT
from kg.mirror.server import Server

_OF: LiteralString = "UNWIND $keys AS key MATCH (m:Mapping {exapt: key})"


def believed(server: Server, keys: list[str]) -> dict[str, Belief]:
    """Belief in ``keys``, which are shown, and in all other mappings between the same concepts."""
    ends: beliefs.Ends = {}
    for key, relation, mechanism, technique in server.each(
        f"{_OF}-[:FROM {{exapt: true}}]->(a:Mechanism) MATCH (m)-[:TO {{exapt: true}}]->(b:Technique)"
        f" WITH DISTINCT a, b MATCH (a)-[r:{SHORT}]->(b) WHERE r.mapping IS NOT NULL"
        " RETURN r.mapping, toLower(type(r)), a.key, b.key",
        {"keys": keys},
    ):
        ends[key] = relation, (mechanism, technique)
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for key, race, task, value in server.each(
        f"{_OF}<-[:OF {{exapt: true}}]-(r:Result {{arm: 'verdict'}}) WHERE r.exapt IS NOT NULL"
        " RETURN m.key, r.race, r.task, r.value",
        {"keys": list(ends)},
    ):
        verdicts[key].append(Verdict(f"{race} on {task}", math.nan if value is None else value))
    statements: dict[str, list[Statement]] = defaultdict(list)
    for key, paper, source, passages, by, score, hedged, stance in server.each(
        f"{_OF}<-[:OF {{exapt: true}}]-(e:Evidence)-[:IN_PAPER {{exapt: true}}]->(p:Paper)"
        " WHERE e.exapt IS NOT NULL AND p.exapt IS NOT NULL"
        " RETURN m.key, e.paper, p.source, e.passages, e.by, e.score, e.hedged, e.stance",
        {"keys": list(ends)},
    ):
        statement = Statement(paper, passages, score, bool(hedged), stance == "against", by == CURATOR, RACE in (by, source))
        statements[key].append(statement)
    return beliefs.combined(ends, statements, verdicts)

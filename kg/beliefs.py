"""Belief of one or of all mappings in the store."""

from __future__ import annotations

import math
from collections.abc import Iterable

from kg import mappings
from kg.belief import CURATOR, Belief, Statement, Verdict, believe, heard
from kg.database import Database

_MAPPING = "mapping m JOIN concept cm ON cm.id = m.mechanism JOIN concept ct ON ct.id = m.technique"
_FEW = 200


def one(database: Database, key: str) -> Belief:
    """Belief in the mapping of this key, or of the only key that starts so."""
    shown = mappings.shown(database, key)
    # The mapping and its contrasts: all mappings between concepts that stand for the same two.
    pair = (
        f" WHERE (cm.root, ct.root) IN (SELECT cm.root, ct.root FROM {_MAPPING} WHERE m.shown = ?)"
        # Narrows by an index first.
        " AND m.mechanism IN (SELECT b.id FROM mapping a JOIN concept c ON c.id = a.mechanism JOIN concept b ON b.root = c.root"
        " WHERE a.shown = ?)"
    )
    return _beliefs(database, pair, (shown, shown))[shown]


def many(database: Database, keys: Iterable[str] | None) -> dict[str, Belief]:
    """Belief in all mappings in one pass over the evidence, or in those of ``keys``, under the keys given."""
    if keys is None:
        return _beliefs(database, "", ())
    wanted = list(keys)
    if len(wanted) <= _FEW:
        return {key: one(database, key) for key in wanted}
    known = _beliefs(database, "", ())
    return {key: known[key if key in known else mappings.shown(database, key)] for key in wanted}


def _beliefs(database: Database, where: str, values: tuple[object, ...]) -> dict[str, Belief]:
    ends: dict[str, tuple[str, tuple[int, int]]] = {}
    for shown, relation, mechanism, technique in database.all(
        f"SELECT DISTINCT m.shown, m.relation, cm.root, ct.root FROM {_MAPPING}{where} ORDER BY m.shown", values
    ):
        ends[shown] = relation, (mechanism, technique)
    verdicts: dict[str, list[Verdict]] = {}
    for shown, race, task, value in database.all(
        f"SELECT m.shown, r.race, r.task, r.value FROM {_MAPPING} JOIN result r ON r.mapping = m.id AND r.arm = 'verdict'{where}",
        values,
    ):
        verdicts.setdefault(shown, []).append(Verdict(f"{race} on {task}", math.nan if value is None else value))
    statements: dict[str, list[Statement]] = {}
    for shown, paper, passages, reader, score, hedged, stance in database.all(
        f"SELECT m.shown, p.key, e.passages, e.reader, e.score, e.hedged, e.stance FROM {_MAPPING}"
        f" JOIN evidence e ON e.mapping = m.id JOIN paper p ON p.id = e.paper{where}",
        values,
    ):
        if reader == "race" and shown in verdicts:
            continue
        statement = Statement(paper, passages, score, bool(hedged), stance == "against", reader == CURATOR)
        statements.setdefault(shown, []).append(statement)
    limits: dict[tuple[int, int], list[Statement]] = {}
    for shown, said in statements.items():
        statements[shown] = kept = heard(said)
        relation, pair = ends[shown]
        if relation == "contrasts":
            stated = (one for one in kept if not one.against and (one.score or not one.curator))
            limits.setdefault(pair, []).extend(one._replace(against=True) for one in stated)
    found = {}
    for shown, (relation, pair) in ends.items():
        contrasts = limits.get(pair, ()) if relation != "contrasts" else ()
        found[shown] = believe([*statements.get(shown, ()), *contrasts], verdicts.get(shown, ()))
    return found

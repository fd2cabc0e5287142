"""Belief of one or of all mappings in the store."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable

from kg import mappings
from kg.belief import CURATOR, RACE, Belief, Statement, Verdict, believe, heard
from kg.database import Database
from kg.rows import json_text

_MAPPING = "mapping m JOIN concept cm ON cm.id = m.mechanism JOIN concept ct ON ct.id = m.technique"
_LOT = 1000


def one(database: Database, key: str) -> Belief:
    """Belief in the mapping of this key, or of the only key that starts so."""
    shown = mappings.shown(database, key)
    return some(database, [shown])[shown]


def some(database: Database, keys: Iterable[str]) -> dict[str, Belief]:
    """Belief in the mappings that are shown under ``keys``: a lot of a long stream. Contrasts between the same concepts count."""
    shown = list(keys)
    between = database.all(
        "SELECT DISTINCT n.id FROM json_each(?) j CROSS JOIN mapping m ON m.shown = j.value"
        " CROSS JOIN concept cm ON cm.id = m.mechanism CROSS JOIN concept ct ON ct.id = m.technique"
        " CROSS JOIN concept a ON a.root = cm.root CROSS JOIN concept b ON b.root = ct.root"
        " CROSS JOIN mapping n ON n.mechanism = a.id AND n.technique = b.id",
        (json_text(shown),),
    )
    numbers = json_text([number for (number,) in between])
    return _beliefs(database, " WHERE m.id IN (SELECT value FROM json_each(?))", (numbers,), wanted=frozenset(shown))


def of_mechanisms(database: Database, keys: Iterable[str]) -> dict[str, Belief]:
    """Belief in all mappings of those mechanisms of ``keys`` that stand for themselves."""
    where = " WHERE m.mechanism IN (SELECT c.id FROM concept r JOIN concept c ON c.root = r.id"
    return _beliefs(database, f"{where} WHERE r.key IN (SELECT value FROM json_each(?)))", (json_text(list(keys)),))


def many(database: Database, keys: Iterable[str] | None) -> dict[str, Belief]:
    """Belief in all mappings in one pass over the evidence, or in those of ``keys``, under the keys given."""
    if keys is None:
        return _beliefs(database, "", ())
    wanted = list(keys)
    known: dict[str, Belief] = {}
    for start in range(0, len(wanted), _LOT):
        known |= some(database, wanted[start : start + _LOT])
    return {key: known[key] if key in known else one(database, key) for key in wanted}


Ends = dict[str, tuple[str, tuple[object, object]]]
"""Key of a mapping to its relation and its two concepts."""


def _beliefs(
    database: Database, where: str, values: tuple[object, ...], *, wanted: Container[str] | None = None
) -> dict[str, Belief]:
    ends: Ends = {}
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
    for shown, paper, source, passages, reader, score, hedged, stance in database.all(
        f"SELECT m.shown, p.key, p.source, e.passages, e.reader, e.score, e.hedged, e.stance FROM {_MAPPING}"
        f" JOIN evidence e ON e.mapping = m.id JOIN paper p ON p.id = e.paper{where}",
        values,
    ):
        statement = Statement(
            paper, passages, score, bool(hedged), stance == "against", reader == CURATOR, RACE in (reader, source)
        )
        statements.setdefault(shown, []).append(statement)
    return combined(ends, statements, verdicts, wanted=wanted)


def combined(
    ends: Ends,
    statements: dict[str, list[Statement]],
    verdicts: dict[str, list[Verdict]],
    *,
    wanted: Container[str] | None = None,
) -> dict[str, Belief]:
    """Belief in each mapping of ``ends`` (or of ``wanted``), once curators are heard and contrasts count against likenesses.

    Where a mapping has verdicts, notes of races are left out, its own and those that state a contrast: a race counts once.
    """
    limits: dict[tuple[object, object], list[Statement]] = {}
    known: dict[str, list[Statement]] = {}
    for shown, said in statements.items():
        relation, pair = ends[shown]
        if relation != "contrasts" and wanted is not None and shown not in wanted:
            continue
        known[shown] = kept = heard(said)
        if relation == "contrasts":
            stated = (one for one in kept if not one.against and (one.score or not one.curator))
            limits.setdefault(pair, []).extend(one._replace(against=True) for one in stated)
    found = {}
    for shown, (relation, pair) in ends.items():
        if wanted is not None and shown not in wanted:
            continue
        contrasts = limits.get(pair, ()) if relation != "contrasts" else ()
        said = [one for one in (*known.get(shown, ()), *contrasts) if not (one.race and shown in verdicts)]
        found[shown] = believe(said, verdicts.get(shown, ()))
    return found

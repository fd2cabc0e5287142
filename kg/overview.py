"""What questions ask of the whole graph at once, as merges show it: who serves what, what lies next to what, what came first.

Each is one query that an index answers, and returns keys. The same in Neo4j is :mod:`kg.mirror.overview`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from kg.belief import RACE
from kg.database import Database
from kg.model import Relation
from kg.view import ANSWERED, Appearance, Dispute, Edge, FunctionCount, Link

_EDGE = (
    "mapping m JOIN concept cm ON cm.id = m.mechanism JOIN concept rm ON rm.id = cm.root"
    " JOIN concept ct ON ct.id = m.technique JOIN concept rt ON rt.id = ct.root"
)
_SAME = "SELECT a.{} FROM concept b CROSS JOIN concept a ON a.root = b.root WHERE b.key = ?"
"""A column of all concepts that are shown as the one of this key."""
_ANSWERED = f"({', '.join(repr(relation) for relation in ANSWERED)})"
_NOT_REJECTED = (
    " AND (e.reader = 'curator' OR NOT EXISTS (SELECT 1 FROM evidence o WHERE o.mapping = e.mapping AND o.paper = e.paper"
    " AND o.reader = 'curator' AND o.stance = 'against'))"
)
_OF_PAPER = f" AND e.reader <> '{RACE}'"
"""What exapt notes of a race is evidence, but of no paper."""
_REJECTED = (
    "SELECT DISTINCT r.shown FROM evidence v CROSS JOIN mapping r ON r.id = v.mapping"
    " WHERE v.stance = 'against' AND v.reader = 'curator' AND NOT EXISTS (SELECT 1 FROM mapping s"
    f" CROSS JOIN evidence e ON e.mapping = s.id WHERE s.shown = r.shown AND e.stance = 'for'{_NOT_REJECTED})"
)
_GONE = f"gone AS MATERIALIZED (SELECT w.id FROM mapping w WHERE w.shown IN ({_REJECTED}))"
"""Those by number, so that the indexes of mappings still hold all that is asked of them."""


def edges(
    database: Database,
    *,
    relation: Relation | None = None,
    concept: str | None = None,
    function: str | None = None,
    limit: int | None = None,
) -> list[Edge]:
    """Mappings in order of key that fit all that is given, without what they say."""
    where, values = ["1"], list[object]()
    if relation is not None:
        where.append("m.relation = ?")
        values.append(relation)
    if concept is not None:
        where.append(
            f"m.id IN (SELECT id FROM mapping WHERE mechanism IN ({_SAME.format('id')})"
            f" UNION SELECT id FROM mapping WHERE technique IN ({_SAME.format('id')}))"
        )
        values += [concept, concept]
    if function is not None:
        named = f"SELECT DISTINCT f.shown FROM mapping_function f WHERE f.function IN ({_SAME.format('key')})"
        values.append(function)
        if limit is not None and relation is None and concept is None:
            named += " ORDER BY f.shown LIMIT ?"
            values.append(limit)
        where.append(f"m.shown IN ({named})")
    sql = f"SELECT DISTINCT m.shown, rm.key, m.relation, rt.key FROM {_EDGE} WHERE {' AND '.join(where)} ORDER BY m.shown"
    return [Edge(*row) for row in database.all(f"{sql} LIMIT ?", (*values, -1 if limit is None else limit))]


def edges_of(database: Database, mappings: Iterable[str]) -> list[Edge]:
    """The same for the mappings of these keys."""
    rows = database.all(
        "SELECT DISTINCT m.shown, rm.key, m.relation, rt.key FROM json_each(?) j CROSS JOIN mapping m ON m.shown = j.value"
        " CROSS JOIN concept cm ON cm.id = m.mechanism CROSS JOIN concept rm ON rm.id = cm.root"
        " CROSS JOIN concept ct ON ct.id = m.technique CROSS JOIN concept rt ON rt.id = ct.root ORDER BY m.shown",
        (json.dumps(list(mappings)),),
    )
    return [Edge(*row) for row in rows]


def rejected(database: Database) -> list[str]:
    """Keys of the mappings of which a curator rejected every reading, sorted: they answer nothing."""
    return [key for (key,) in database.all(f"{_REJECTED} ORDER BY 1")]


def serving(database: Database, function: str) -> list[str]:
    """Keys of the mechanisms and techniques that serve ``function`` by themselves, whatever their mappings say; sorted."""
    rows = database.all(
        "SELECT DISTINCT r.key FROM concept_function f JOIN concept c ON c.id = f.concept JOIN concept r ON r.id = c.root"
        f" WHERE f.own AND f.function IN ({_SAME.format('key')}) ORDER BY 1",
        (function,),
    )
    return [key for (key,) in rows]


def unanswered(database: Database, function: str | None = None) -> list[str]:
    """Keys of the mechanisms that became no technique, or of those that serve ``function``; sorted.

    A mapping of which a curator rejected every reading makes no mechanism a technique.
    """
    where, values = "", list[object]()
    if function is not None:
        same = _SAME.format("key")
        where = (
            " AND r.id IN (SELECT c.root FROM concept_function f JOIN concept c ON c.id = f.concept"
            f" WHERE f.function IN ({same}))"
        )
        values.append(function)
    rows = database.all(
        f"WITH {_GONE} SELECT r.key FROM concept r WHERE r.kind = 'mechanism' AND r.root = r.id"
        f" AND NOT {_answered('mechanism', 'r.id')}{where} ORDER BY r.key",
        tuple(values),
    )
    return [key for (key,) in rows]


def _answered(side: str, root: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM concept b CROSS JOIN mapping n ON n.{side} = b.id WHERE b.root = {root}"
        f" AND n.relation IN {_ANSWERED} AND n.id NOT IN gone)"
    )


def function_counts(database: Database) -> list[FunctionCount]:
    """How many concepts serve each function that any serves, in order of key."""
    names = (
        f"WITH {_GONE}, name AS (SELECT k.key AS function, r.key AS shown FROM concept k JOIN concept r ON r.id = k.root"
        " WHERE k.kind = 'function')"
    )
    counted: dict[str, tuple[int, int, int]] = {}
    for shown, mechanisms, techniques, waiting in [*_counted_alone(database), *_counted_merged(database, names)]:
        before = counted.get(shown, (0, 0, 0))
        counted[shown] = before[0] + mechanisms, before[1] + techniques, before[2] + waiting
    examples: dict[str, str | None] = dict(
        database.all(
            f"{names} SELECT n.shown, min((SELECT min(f.shown) FROM mapping_function f WHERE f.function = n.function"
            " AND f.mapping NOT IN gone)) FROM name n GROUP BY n.shown"
        )
    )
    return [FunctionCount(shown, *numbers, examples[shown] or "") for shown, numbers in sorted(counted.items())]


_MERGED = "(SELECT t.root FROM merge g CROSS JOIN concept t ON t.id = g.source)"
"""Numbers of the concepts that stand for others too."""


def _counted_alone(database: Database) -> list[tuple[str, int, int, int]]:
    """(function, mechanisms, techniques that answer, mechanisms without an answer), of what no merge touches: nearly all.

    Nothing is there twice, so it is counted as the index of functions lists it, without sorting millions of rows.
    """
    made = f"EXISTS (SELECT 1 FROM mapping n WHERE n.{{}} = r.id AND n.relation IN {_ANSWERED} AND n.id NOT IN gone)"
    return database.all(
        f"WITH {_GONE}, side AS MATERIALIZED (SELECT r.id AS id, r.kind = 'mechanism' AS mechanism,"
        f" {made.format('mechanism')} OR {made.format('technique')} AS answered FROM concept r"
        f" WHERE r.kind IN ('mechanism', 'technique') AND r.root = r.id AND r.id NOT IN {_MERGED})"
        " SELECT f.function, sum(s.mechanism), sum(NOT s.mechanism AND s.answered), sum(s.mechanism AND NOT s.answered)"
        " FROM concept_function f CROSS JOIN side s ON s.id = f.concept"
        f" WHERE f.function IN (SELECT key FROM concept WHERE kind = 'function' AND root = id AND id NOT IN {_MERGED})"
        " GROUP BY f.function"
    )


def _counted_merged(database: Database, names: str) -> list[tuple[str, int, int, int]]:
    """The same of what merges made one: a concept or a function counts once, under whatever name it is listed."""
    answered = f"{_answered('mechanism', 'c.root')} OR {_answered('technique', 'c.root')}"
    columns = f"n.shown, c.root, r.kind, {answered} AS answered"
    concepts = (
        f"SELECT {columns} FROM concept c CROSS JOIN concept r ON r.id = c.root CROSS JOIN concept_function f ON f.concept = c.id"
        f" CROSS JOIN name n ON n.function = f.function WHERE c.root IN {_MERGED}"
    )
    functions = (
        f"SELECT {columns} FROM name n CROSS JOIN concept_function f ON f.function = n.function CROSS JOIN concept c"
        " ON c.id = f.concept CROSS JOIN concept r ON r.id = c.root"
        f" WHERE n.shown IN (SELECT key FROM concept WHERE id IN {_MERGED})"
    )
    return database.all(
        f"{names}, served AS ({concepts} UNION {functions}) SELECT shown, sum(kind = 'mechanism'),"
        " sum(kind = 'technique' AND answered), sum(kind = 'mechanism' AND NOT answered) FROM served GROUP BY shown"
    )


_ASKED = (
    "WITH asked AS MATERIALIZED (SELECT r.key AS shown, r.id AS root, r.kind AS kind, b.id AS id, b.key AS own"
    " FROM json_each(?) j CROSS JOIN concept n ON n.key = j.value CROSS JOIN concept r ON r.id = n.root"
    " CROSS JOIN concept b ON b.root = r.id)"
)
_TO_FUNCTION = "JOIN concept k ON k.key = f.function AND k.kind = 'function' JOIN concept t ON t.id = k.root"
# A concept's family is its own, else that of the first concept merged into it which has one.
_PARENT = "(SELECT x.parent FROM concept x WHERE x.root = {} AND x.parent IS NOT NULL ORDER BY x.id <> x.root, x.key LIMIT 1)"


def neighbours(database: Database, keys: Iterable[str]) -> list[Link]:
    """All steps that lead on from the concepts, functions and families of ``keys``, in order."""
    rows = database.all(
        f"{_ASKED} SELECT a.shown, m.relation, t.key, m.shown FROM asked a CROSS JOIN mapping m ON m.mechanism = a.id"
        " JOIN concept c ON c.id = m.technique JOIN concept t ON t.id = c.root"
        " UNION SELECT a.shown, m.relation, t.key, m.shown FROM asked a CROSS JOIN mapping m ON m.technique = a.id"
        " JOIN concept c ON c.id = m.mechanism JOIN concept t ON t.id = c.root"
        " UNION SELECT a.shown, 'serves', t.key, '' FROM asked a CROSS JOIN concept_function f ON f.concept = a.id AND f.own"
        f" {_TO_FUNCTION}"
        " UNION SELECT a.shown, 'serves', t.key, m.shown FROM asked a CROSS JOIN mapping m ON m.mechanism = a.id"
        f" CROSS JOIN mapping_function f ON f.mapping = m.id {_TO_FUNCTION}"
        " UNION SELECT a.shown, 'serves', t.key, m.shown FROM asked a CROSS JOIN mapping m ON m.technique = a.id"
        f" CROSS JOIN mapping_function f ON f.mapping = m.id {_TO_FUNCTION}"
        " UNION SELECT a.shown, 'serves', t.key, '' FROM asked a CROSS JOIN concept_function f ON f.function = a.own"
        " AND f.own JOIN concept c ON c.id = f.concept JOIN concept t ON t.id = c.root WHERE a.kind = 'function'"
        " UNION SELECT a.shown, 'serves', t.key, m.shown FROM asked a CROSS JOIN mapping_function f ON f.function = a.own"
        " CROSS JOIN mapping m ON m.id = f.mapping JOIN concept c ON c.id IN (m.mechanism, m.technique)"
        " JOIN concept t ON t.id = c.root WHERE a.kind = 'function'"
        f" UNION SELECT a.shown, 'in family', t.key, '' FROM asked a JOIN concept p ON p.key = {_PARENT.format('a.root')}"
        " JOIN concept t ON t.id = p.root WHERE p.kind = 'family'"
        " UNION SELECT a.shown, 'in family', t.key, '' FROM asked a CROSS JOIN concept c ON c.parent = a.own"
        f" JOIN concept t ON t.id = c.root WHERE a.kind = 'family' AND c.parent = {_PARENT.format('t.id')}"
        " ORDER BY 1, 2, 3, 4",
        (json.dumps(list(keys)),),
    )
    return [Link(*row) for row in rows]


def disputes(database: Database) -> list[Dispute]:
    """All mappings between two concepts where some are contrasts and others not, one is spoken against or lost a race."""
    ends = "mapping m JOIN concept cm ON cm.id = m.mechanism JOIN concept ct ON ct.id = m.technique"
    papers = (
        "(SELECT count(DISTINCT e.paper) FROM mapping n CROSS JOIN evidence e ON e.mapping = n.id WHERE n.shown = m.shown AND "
    )
    rows = database.all(
        f"WITH pair AS MATERIALIZED (SELECT cm.root AS mechanism, ct.root AS technique FROM {ends}"
        " WHERE m.relation = 'contrasts' AND EXISTS (SELECT 1 FROM concept b CROSS JOIN concept u CROSS JOIN mapping n"
        " ON n.mechanism = b.id AND n.technique = u.id WHERE b.root = cm.root AND u.root = ct.root AND n.relation <> 'contrasts')"
        f" UNION SELECT cm.root, ct.root FROM evidence e CROSS JOIN {ends}"
        " WHERE m.id = e.mapping AND e.stance = 'against' AND e.reader <> 'curator'"
        f" UNION SELECT cm.root, ct.root FROM result v CROSS JOIN {ends}"
        " WHERE m.id = v.mapping AND v.arm = 'verdict' AND v.value < 0)"
        f" SELECT DISTINCT m.shown, rm.key, m.relation, rt.key, {papers} e.stance = 'for'{_NOT_REJECTED}{_OF_PAPER}),"
        f" {papers} e.stance = 'against' AND e.reader <> 'curator'{_OF_PAPER}),"
        " (SELECT count(*) FROM mapping n CROSS JOIN result v ON v.mapping = n.id"
        " WHERE n.shown = m.shown AND v.arm = 'verdict' AND v.value < 0),"
        f" {papers} e.stance = 'for' AND e.reader = '{RACE}')"
        " FROM pair CROSS JOIN concept b ON b.root = pair.mechanism CROSS JOIN concept u ON u.root = pair.technique"
        " CROSS JOIN mapping m ON m.mechanism = b.id AND m.technique = u.id"
        " CROSS JOIN concept rm ON rm.id = pair.mechanism CROSS JOIN concept rt ON rt.id = pair.technique ORDER BY m.shown"
    )
    return [Dispute(*row) for row in rows]


def appearances(
    database: Database,
    *,
    mappings: Iterable[str] | None = None,
    first: str | None = None,
    last: str | None = None,
    limit: int | None = None,
) -> list[Appearance]:
    """The first dated paper of each mapping, in order of date; only of ``mappings``, and from ``first`` to ``last`` where given.

    Dates are texts in ISO form or their beginning: ``last`` of "2019" takes in all of that year.
    """
    stated = f"e.stance = 'for'{_NOT_REJECTED}"
    earlier = (
        "SELECT 1 FROM mapping n CROSS JOIN evidence e ON e.mapping = n.id CROSS JOIN paper q ON q.id = e.paper"
        f" WHERE n.shown = m.shown AND {stated} AND q.published IS NOT NULL AND (q.published, q.key) < (p.published, p.key)"
    )
    source, values = "paper p CROSS JOIN evidence e ON e.paper = p.id CROSS JOIN mapping m ON m.id = e.mapping", list[object]()
    if mappings is not None:
        source = (
            "json_each(?) j CROSS JOIN mapping m ON m.shown = j.value CROSS JOIN evidence e ON e.mapping = m.id"
            " CROSS JOIN paper p ON p.id = e.paper"
        )
        values.append(json.dumps(list(mappings)))
    # A paper may state a mapping in several places; to sort out such twins here lets SQLite stop at the last one that is wanted.
    rows = database.each(
        f"SELECT p.published, p.key, m.shown FROM {source} WHERE p.published IS NOT NULL"
        f" AND p.published >= ? AND p.published < ? AND {stated} AND NOT EXISTS ({earlier})"
        " ORDER BY p.published, p.key, m.shown",
        (*values, first or "", f"{last}\U0010ffff" if last else "\U0010ffff"),
    )
    found = dict[Appearance, None]()
    for row in rows:
        if limit is not None and len(found) >= limit:
            break
        found[Appearance(*row)] = None
    return list(found)


def statements(database: Database, mappings: Iterable[str]) -> list[tuple[str, str]]:
    """(mapping, paper) for each paper that states one of ``mappings`` and was not rejected by a curator, in order; no notes."""
    return database.all(
        "SELECT DISTINCT m.shown, p.key FROM json_each(?) j CROSS JOIN mapping m ON m.shown = j.value"
        " CROSS JOIN evidence e ON e.mapping = m.id CROSS JOIN paper p ON p.id = e.paper"
        f" WHERE e.stance = 'for'{_NOT_REJECTED}{_OF_PAPER} ORDER BY 1, 2",
        (json.dumps(list(mappings)),),
    )


def papers_stating(database: Database, relation: Relation, *, at_least: int) -> list[str]:
    """Keys of the papers that state at least so many mappings of ``relation`` and were not rejected by a curator, sorted."""
    rows = database.all(
        "SELECT p.key FROM mapping m CROSS JOIN evidence e ON e.mapping = m.id JOIN paper p ON p.id = e.paper"
        f" WHERE m.relation = ? AND e.stance = 'for'{_NOT_REJECTED}"
        " GROUP BY p.key HAVING count(DISTINCT m.shown) >= ? ORDER BY p.key",
        (relation, at_least),
    )
    return [key for (key,) in rows]

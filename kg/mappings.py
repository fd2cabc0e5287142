"""Mappings in the store, as merges of their concepts show them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Iterable

from kg import concepts, serving
from kg.database import Database
from kg.errors import NotFound, Refused
from kg.model import RELATIONS, Mapping, Pair, Relation, mapping_key
from kg.rows import check_text, json_text, ordered

START = re.compile(r"m[0-9a-f]{0,10}")
"""The start of a mapping's key."""
_JOINS = (
    "mapping m JOIN concept cm ON cm.id = m.mechanism JOIN concept rm ON rm.id = cm.root"
    " JOIN concept ct ON ct.id = m.technique JOIN concept rt ON rt.id = ct.root"
)


def add(database: Database, mapping: Mapping) -> str:
    """Keep ``mapping``, or what it adds to the one of its key; its key. Both concepts must be known."""
    if mapping.relation not in RELATIONS:
        raise Refused(f"no relation is called {mapping.relation!r:.80}; there are: {', '.join(RELATIONS)}")
    roles = [role for pair in mapping.pairs for role in (pair.mechanism_role, pair.technique_role)]
    check_text("mapping", *mapping.functions, *roles)
    key = mapping.key
    with database.writing():
        row = database.one("SELECT id, functions, pairs FROM mapping WHERE key = ?", (key,))
        if row is None:
            _insert(database, mapping)
            return key
        number, functions, pairs = row
        serving.mapping(database, number, mapping.functions)
        new = json_text(ordered(json.loads(functions), mapping.functions)), _pairs_text({*_pairs(pairs), *mapping.pairs})
        if new != (functions, pairs):
            database.run("UPDATE mapping SET (functions, pairs) = (?, ?) WHERE id = ?", (*new, number))
    return key


def _insert(database: Database, mapping: Mapping) -> int:
    ends: list[int] = []
    roots: list[str] = []
    for role, key in (("mechanism", mapping.mechanism), ("technique", mapping.technique)):
        number, root, kind = concepts.find(database, key)
        if kind != role:
            raise Refused(f"{key} is a {kind}, so it cannot be the {role} of a mapping")
        ends.append(number)
        row = database.one("SELECT key FROM concept WHERE id = ?", (root,))
        assert row is not None
        roots.append(row[0])
    cursor = database.run(
        "INSERT INTO mapping (key, shown, mechanism, relation, technique, functions, pairs) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (mapping.key, mapping_key(roots[0], mapping.relation, roots[1]), ends[0], mapping.relation, ends[1],
         json_text(ordered(mapping.functions)), _pairs_text(set(mapping.pairs))),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    serving.mapping(database, cursor.lastrowid, mapping.functions)
    return cursor.lastrowid


def number(database: Database, key: str) -> int:
    """Number of the stored mapping that a record with this key belongs to; a key that only a merge made gets a row of its own."""
    row = database.one("SELECT id FROM mapping WHERE key = ?", (key,))
    if row is not None:
        return int(row[0])
    ends = database.one(f"SELECT rm.key, m.relation, rt.key FROM {_JOINS} WHERE m.shown = ? LIMIT 1", (key,))
    if ends is None:
        raise _not_found(database, key)
    return _insert(database, Mapping(mechanism=ends[0], relation=ends[1], technique=ends[2]))


def shown(database: Database, key: str) -> str:
    """The key that the mapping of this key, or of the one key that starts so, is shown under."""
    row = database.one("SELECT shown FROM mapping WHERE key = ?1 UNION SELECT shown FROM mapping WHERE shown = ?1", (key,))
    if row is not None:
        return str(row[0])
    if not START.fullmatch(key):
        raise _not_found(database, key)
    after = key + "g"
    rows = database.all(
        "SELECT shown FROM mapping WHERE key >= ?1 AND key < ?2"
        " UNION SELECT shown FROM mapping WHERE shown >= ?1 AND shown < ?2 LIMIT 6",
        (key, after),
    )
    if not rows:
        raise _not_found(database, key)
    return only(key, [name for (name,) in rows])


def only(start: str, found: list[str]) -> str:
    """The one key of ``found``, all of which begin with ``start``.

    Raises:
        Refused: there are several.
    """
    if len(found) > 1:
        some = ", ".join(found[:5]) + (" and more" if len(found) > 5 else "")
        raise Refused(f"{start} is the start of several mappings ({some}); type more of it")
    return str(found[0])


def _not_found(database: Database, key: str) -> NotFound:
    sql = "SELECT DISTINCT shown FROM mapping WHERE shown >= ?1 AND shown < ?1 || 'g' ORDER BY shown LIMIT 3"
    return unknown(key, [name for (name,) in database.all(sql, (key[:4],))])


def unknown(key: str, near: list[str]) -> NotFound:
    """No mapping has ``key``; ``near`` are some that begin as it does."""
    hint = f"did you mean {' or '.join(near)}? " if near and len(key) > 3 else ""
    return NotFound("mapping", key, hint=f"{hint}`exapt ask analogies WORDS` finds mappings and prints their keys")


def get(database: Database, key: str) -> Mapping:
    return _shown(database, "m.shown = ?", (shown(database, key),))[0]


def every(
    database: Database,
    *,
    relation: Relation | None = None,
    mechanism: str | None = None,
    technique: str | None = None,
    function: str | None = None,
) -> list[Mapping]:
    """Mappings in order of key; a filter that nothing matches gives none. A concept's key stands for all merged with it."""
    where, values = ["1"], list[object]()
    if relation is not None:
        where.append("m.relation = ?")
        values.append(relation)
    one = "IN (SELECT a.id FROM concept a JOIN concept b ON a.root = b.root WHERE b.key = ?)"
    for column, key in (("mechanism", mechanism), ("technique", technique)):
        if key is not None:
            where.append(f"m.{column} {one}")
            values.append(key)
    if function is not None:
        # All that is shown as one mapping counts, though only one of its rows names the function.
        where.append(
            "m.shown IN (SELECT f.shown FROM mapping_function f WHERE f.function = ? OR f.function IN"
            " (SELECT a.key FROM concept b CROSS JOIN concept a ON a.root = b.root WHERE b.key = ?))"
        )
        values += [function, function]
    return _shown(database, " AND ".join(where), tuple(values))


def of_mechanisms(database: Database, keys: Iterable[str]) -> list[Mapping]:
    """The mappings of those mechanisms of ``keys`` that stand for themselves, in order of key."""
    return _shown(database, "rm.key IN (SELECT value FROM json_each(?))", (json_text(list(keys)),))


def _shown(database: Database, where: str, values: tuple[object, ...]) -> list[Mapping]:
    names = concepts.renamed(database)
    rows = database.all(
        f"SELECT m.shown, rm.key, m.relation, rt.key, m.functions, m.pairs FROM {_JOINS} WHERE {where} ORDER BY m.shown", values
    )
    found = []
    for _, same in itertools.groupby(rows, key=lambda row: row[0]):
        mapping, *others = (mapping_of(*row[1:]) for row in same)
        functions = {function for one in (mapping, *others) for function in one.functions}
        pairs = {pair for one in (mapping, *others) for pair in one.pairs}
        if others or not names.keys().isdisjoint(functions):
            shown_functions = ordered(names.get(function, function) for function in functions)
            mapping = dataclasses.replace(mapping, functions=shown_functions, pairs=tuple(sorted(pairs, key=_pair_order)))
        found.append(mapping)
    return found


def mapping_of(mechanism: str, relation: Relation, technique: str, functions: str, pairs: str) -> Mapping:
    """The record of a row of the store."""
    return Mapping(
        mechanism=mechanism,
        relation=relation,
        technique=technique,
        functions=tuple(json.loads(functions)),
        pairs=tuple(_pairs(pairs)),
    )


def _pair_order(pair: Pair) -> tuple[str, str]:
    return pair.mechanism_role, pair.technique_role


def _pairs(text: str) -> list[Pair]:
    return [
        Pair(mechanism_role=mechanism_role, technique_role=technique_role) for mechanism_role, technique_role in json.loads(text)
    ]


def _pairs_text(pairs: set[Pair]) -> str:
    return json_text(sorted(map(_pair_order, pairs)))

"""Several concepts shown as one, and concepts shown by another name.

A merge is a row beside the concepts, never a change to them: what was read stays as it was read, and taking the row away
restores every view of it. A rename is the same: where the key follows from the new name, a concept of that key is made and the
old one merged into it; where only case or punctuation differ, the new name is shown in place of the old.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from kg import concepts, serving
from kg.database import Database
from kg.errors import Refused
from kg.model import KINDS, Concept, Kind, concept_key, mapping_key
from kg.rows import CONCEPT, check_text, concept_of, folded

_CHAIN = "WITH RECURSIVE under (id) AS (VALUES (?1) UNION SELECT m.source FROM merge m JOIN under u ON m.target = u.id)"


class Standing(NamedTuple):
    """All merges, as source → (target, author), and all renames, as concept → (name, author)."""

    merges: dict[str, tuple[str, str]]
    renames: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, database: Database) -> Standing:
        return cls(
            {source: (target, author) for source, target, author in every(database)},
            {key: (name, author) for key, name, author in renames(database)},
        )


def every(database: Database) -> list[tuple[str, str, str]]:
    sql = (
        "SELECT s.key, t.key, m.author FROM merge m"
        " JOIN concept s ON s.id = m.source JOIN concept t ON t.id = m.target ORDER BY s.key"
    )
    return [(source, target, author) for source, target, author in database.all(sql)]


def renames(database: Database) -> list[tuple[str, str, str]]:
    sql = "SELECT c.key, r.name, r.author FROM rename r JOIN concept c ON c.id = r.concept ORDER BY c.key"
    return [(key, name, author) for key, name, author in database.all(sql)]


def merge(database: Database, source: str, target: str, *, by: str) -> None:
    """Show ``target`` in place of ``source`` from now on."""
    check_text("name of the curator", by)
    with database.writing():
        number, root, kind = concepts.find(database, source)
        target_number, target_root, target_kind = concepts.find(database, target)
        if kind != target_kind:
            raise Refused(f"{source} is a {kind} and {target} a {target_kind}: only concepts of one kind can be merged")
        if number == target_number:
            raise Refused(f"{source} cannot be merged into itself")
        row = database.one("SELECT m.target, c.key FROM merge m JOIN concept c ON c.id = m.target WHERE m.source = ?", (number,))
        if row is not None and row[0] == target_number:
            return
        if row is not None:
            raise Refused(f"{source} is merged into {row[1]} already; split it first")
        if target_root == root:
            raise Refused(f"{target} is itself merged into {source}; split it first")
        database.run("INSERT INTO merge (source, target, author) VALUES (?, ?, ?)", (number, target_number, by))
        _resolve(database, number, target_root)


def split(database: Database, source: str) -> list[Concept]:
    """Undo the merge or the rename of ``source``; the concepts that had only been made for its new name, which go with it."""
    with database.writing():
        number, *_ = concepts.find(database, source)
        row = database.one("SELECT target FROM merge WHERE source = ?", (number,))
        changed = database.run("DELETE FROM rename WHERE concept = ?", (number,)).rowcount
        if row is None and not changed:
            raise Refused(f"{source} is neither merged into another concept nor renamed, so there is nothing to split")
        if row is None:
            return []
        database.run("DELETE FROM merge WHERE source = ?", (number,))
        _resolve(database, number, number)
        return _removed(database, row[0]) if changed else []


def rename(database: Database, key: str, name: str, *, by: str) -> tuple[str, list[Concept], list[Concept]]:
    """Show the concept as ``name``; the key it has now, and the concepts that were made for that and removed again."""
    name = _checked(name)
    check_text("name of the curator", by)
    with database.writing():
        concept = concepts.get(database, key)
        new = concept_key(concept.kind, name)
        if name == concept.name:
            return concept.key, [], []
        number, _, _ = concepts.find(database, concept.key)
        if new == concept.key:
            _call(database, number, name, by)
            return new, [], []
        removed = _taken_back(database, new, concept, name, by)
        if removed is not None:
            return new, [], removed
        made = Concept(kind=concept.kind, name=name, status="curated")
        concepts.add(database, made)
        merge(database, concept.key, new, by=by)
        _call(database, number, name, by)
        return new, [made], []


def _checked(name: str) -> str:
    """``name`` with runs of blanks made one; what could steer a terminal is no part of a name that a person gives."""
    name = " ".join(name.split())
    if not name:
        raise Refused("the new name is empty; type the words that name the concept")
    check_text("new name", name)
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise Refused("the new name holds a control character; type it without")
    return name


def _call(database: Database, number: int, name: str, by: str) -> None:
    database.run("INSERT OR REPLACE INTO rename (concept, name, author) VALUES (?, ?, ?)", (number, name, by))


def _taken_back(database: Database, new: str, concept: Concept, name: str, by: str) -> list[Concept] | None:
    """Where ``new`` is the key that the concept had before a rename, undo that; else ``None``, where ``new`` is free.

    Raises:
        Refused: a concept of its own has the name.
    """
    row = database.one("SELECT id, root FROM concept WHERE key = ?", (new,))
    if row is None:
        return None
    number, _, _ = concepts.find(database, concept.key)
    if row[1] != number:
        raise Refused(f"{new} is a concept already; if both are one: exapt concept merge {concept.key} {new}")
    if database.one("SELECT 1 FROM rename WHERE concept = ?", (row[0],)) is None:
        raise Refused(f"{new} is merged into {concept.key}; first: exapt concept split {new}")
    removed = split(database, new)
    if name != concepts.get(database, new).name:
        _call(database, row[0], name, by)
    return removed


def _removed(database: Database, number: int) -> list[Concept]:
    """Take away the concept that a rename had made, and that which a further rename made of it, while nothing else is theirs."""
    removed = []
    next_one: int | None = number
    while next_one is not None and (concept := _bare(database, next_one)) is not None:
        row = database.one("SELECT m.target FROM merge m JOIN rename r ON r.concept = m.source WHERE m.source = ?", (next_one,))
        merged = database.one("SELECT 1 FROM merge WHERE source = ?", (next_one,))
        if merged and not row:
            break
        database.run("DELETE FROM merge WHERE source = ?", (next_one,))
        remove(database, next_one)
        removed.append(concept)
        next_one = row[0] if row else None
    return removed


def remove_bare(database: Database, made: Concept) -> None:
    """Take ``made`` away if it is as it was made, and nothing refers to it."""
    row = database.one("SELECT id FROM concept WHERE key = ?", (made.key,))
    if row is not None and _bare(database, row[0], made) is not None:
        remove(database, row[0])


def _bare(database: Database, number: int, made: Concept | None = None) -> Concept | None:
    """The concept as it is stored, if it is as it was made and no mapping, concept or merge refers to it."""
    row = database.one(f"SELECT {CONCEPT} FROM concept WHERE id = ?", (number,))
    assert row is not None
    concept = concept_of(row)
    if concept != (made or Concept(kind=concept.kind, name=concept.name, status="curated")):
        return None
    used = database.one(
        "SELECT EXISTS (SELECT 1 FROM mapping WHERE mechanism = ?1 OR technique = ?1)"
        " OR EXISTS (SELECT 1 FROM merge WHERE target = ?1)"
        " OR (?3 AND EXISTS (SELECT 1 FROM merge WHERE source = ?1))"
        " OR EXISTS (SELECT 1 FROM concept WHERE parent = ?2)"
        " OR EXISTS (SELECT 1 FROM concept c, json_each(c.functions) f WHERE f.value = ?2)"
        " OR EXISTS (SELECT 1 FROM mapping m, json_each(m.functions) f WHERE f.value = ?2)",
        (number, concept.key, made is not None),
    )
    assert used is not None
    return None if used[0] else concept


def remove(database: Database, number: int) -> None:
    database.run("DELETE FROM concept_text WHERE rowid = ?", (number,))
    database.run("DELETE FROM concept WHERE id = ?", (number,))


def restore(database: Database, before: Standing, removed: list[Concept]) -> None:
    """Set all merges and renames as they were ``before``, for the keys that it names; an empty target or name means none."""
    for concept in removed:
        concepts.add(database, concept)
    numbers = {key: concepts.find(database, key)[0] for key in {*before.merges, *before.renames}}
    for key, (name, author) in before.renames.items():
        database.run("DELETE FROM rename WHERE concept = ?", (numbers[key],))
        if name:
            _call(database, numbers[key], name, author)
    for key, (target, author) in before.merges.items():
        database.run("DELETE FROM merge WHERE source = ?", (numbers[key],))
        if target:
            values = (numbers[key], concepts.find(database, target)[0], author)
            database.run("INSERT INTO merge (source, target, author) VALUES (?, ?, ?)", values)
    for key in before.merges:
        _resolve(database, numbers[key], _root(database, numbers[key]))


def _root(database: Database, number: int) -> int:
    while row := database.one("SELECT target FROM merge WHERE source = ?", (number,)):
        number = row[0]
    return number


def _resolve(database: Database, number: int, root: int) -> None:
    """Let ``root`` stand for concept ``number`` and all that is merged into it, and their mappings show what follows."""
    database.run(f"{_CHAIN} UPDATE concept SET root = ?2 WHERE id IN (SELECT id FROM under)", (number, root))
    changed = database.all(
        f"{_CHAIN} SELECT m.id, rm.key, m.relation, rt.key FROM mapping m"
        " JOIN concept cm ON cm.id = m.mechanism JOIN concept rm ON rm.id = cm.root"
        " JOIN concept ct ON ct.id = m.technique JOIN concept rt ON rt.id = ct.root"
        " WHERE m.mechanism IN (SELECT id FROM under) OR m.technique IN (SELECT id FROM under)",
        (number,),
    )
    for mapping, mechanism, relation, technique in changed:
        shown = mapping_key(mechanism, relation, technique)
        database.run("UPDATE mapping SET shown = ? WHERE id = ?", (shown, mapping))
        serving.show(database, mapping, shown)


def changed(database: Database, text: str, kind: Kind | None = None) -> str:
    """Key of the merged or renamed concept that is called ``text``, by its key or by the name that it had.

    Raises:
        Refused: several had that name, or the concept of that name is neither merged nor renamed.
        NotFound: no concept is called so; the error names those that are near.
    """
    some = "(EXISTS (SELECT 1 FROM merge WHERE source = c.id) OR EXISTS (SELECT 1 FROM rename WHERE concept = c.id))"
    row = database.one(f"SELECT c.key FROM concept c WHERE c.key = ? AND {some}", (text,))
    if row is not None:
        return str(row[0])
    kinds = (kind,) if kind else KINDS
    rows = database.all(f"SELECT c.key, c.kind, c.name FROM concept c WHERE {some} ORDER BY c.key")
    keys = [key for key, its_kind, name in rows if its_kind in kinds and folded(name) == folded(text)]
    if len(keys) == 1:
        return str(keys[0])
    if keys:
        raise Refused(f"{len(keys)} concepts were called {text!r:.80}: {', '.join(keys)}; give the key of one")
    concept = concepts.resolve(database, text, kind)
    members = [source for source, target, _ in every(database) if target == concept.key]
    what = f"; merged into it: {', '.join(members[:5])}" if members else ""
    raise Refused(f"{concept.key} is neither merged into another concept nor renamed, so there is nothing to split{what}")

"""Concepts in the store, and the merges that show several of them as one.

A merge is a row beside the concepts, never a change to them: what was read stays as it was read, and taking the row away
restores every view of it.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable

from kg.database import Database, Row
from kg.errors import NotFound, Refused
from kg.model import KINDS, Concept, Kind, mapping_key, slug
from kg.rows import CONCEPT, check_text, concept_of, concept_row, folded, marks, ordered

_INSERT = (
    f"INSERT INTO concept (id, root, {CONCEPT}) SELECT n, n, {marks(CONCEPT)}"
    " FROM (SELECT ifnull(max(id), 0) + 1 AS n FROM concept)"
)
_UPDATE = f"UPDATE concept SET ({CONCEPT}) = ({marks(CONCEPT)}) WHERE id = ?"


def add(database: Database, concept: Concept) -> str:
    """Keep ``concept``, or what it adds to the one of its key; a curated one's facts beat a proposed one's."""
    _check(concept)
    key = concept.key
    with database.writing():
        row = database.one(f"SELECT id, {CONCEPT} FROM concept WHERE key = ?", (key,))
        if row is None:
            values = concept_row(concept)
            number = database.run(_INSERT, values).lastrowid
        else:
            number, *stored = row
            concept = _united(concept_of(tuple(stored)), concept)
            values = concept_row(concept)
            if list(values) == stored:
                return key
            database.run(_UPDATE, (*values, number))
            database.run("DELETE FROM concept_text WHERE rowid = ?", (number,))
        names = {folded(name) for name in (concept.name, *concept.aliases)}
        for name in names:
            database.run("INSERT OR IGNORE INTO concept_name (folded, concept) VALUES (?, ?)", (name, number))
        database.run(
            "INSERT INTO concept_text (rowid, name, aliases, definition) VALUES (?, ?, ?, ?)",
            (number, concept.name, "\n".join(concept.aliases), concept.definition),
        )
    return key


def _check(concept: Concept) -> None:
    if concept.kind not in KINDS:
        raise Refused(f"no kind of concept is called {concept.kind!r:.80}; there are: {', '.join(KINDS)}")
    if not concept.name.strip():
        raise Refused(f"a {concept.kind} needs a name")
    profile = concept.profile
    roles = (profile.sense, profile.respond, profile.act, profile.reference) if profile else ()
    texts = (concept.domain, concept.parent, concept.definition, *concept.aliases, *concept.see, *concept.functions, *roles)
    check_text(f"{concept.kind}'s name", concept.name)
    check_text(f"record of {concept.kind} {concept.name!r:.80}", *texts)


def _united(old: Concept, new: Concept) -> Concept:
    first, second = (new, old) if new.status == "curated" else (old, new)
    aliases = set(ordered(old.aliases, new.aliases)) - {first.name}
    if second.name.casefold() != first.name.casefold():
        aliases.add(second.name)
    return dataclasses.replace(
        first,
        aliases=ordered(aliases),
        see=ordered(old.see, new.see),
        functions=ordered(old.functions, new.functions),
        domain=first.domain or second.domain,
        parent=first.parent or second.parent,
        definition=first.definition or second.definition,
        profile=first.profile or second.profile,
    )


def find(database: Database, key: str) -> Row:
    """(number, number of the concept that stands for it, kind) of the concept with exactly this key."""
    row = database.one("SELECT id, root, kind FROM concept WHERE key = ?", (key,))
    if row is None:
        raise _not_found(database, key, None)
    return row


def get(database: Database, key: str) -> Concept:
    return _shown(database, "c.id = ?", (find(database, key)[1],))[0]


def every(database: Database, kind: Kind | None = None) -> list[Concept]:
    """All concepts in order of key, as merges show them."""
    return _shown(database, "c.kind = ?", (kind,)) if kind else _shown(database, "1", ())


def resolve(database: Database, text: str, kind: Kind | None = None) -> Concept:
    """The concept whose key, name or alias is ``text``, whatever its case and punctuation."""
    kinds = (kind,) if kind else KINDS
    rows = database.all("SELECT root, kind FROM concept WHERE key = ?", (text,)) if slug(text) else []
    rows = [row for row in rows if row[1] in kinds] or database.all(
        "SELECT c.root FROM concept_name n JOIN concept c ON c.id = n.concept"
        f" WHERE n.folded = ? AND c.kind IN ({', '.join('?' * len(kinds))})"
        # A name beats an alias, a curated concept a proposed one, a mechanism a technique.
        " ORDER BY c.key <> c.kind || ':' || n.folded, c.status,"
        " instr('mechanism technique function family', c.kind), c.key LIMIT 1",
        (folded(text), *kinds),
    )
    if not rows:
        raise _not_found(database, text, kind)
    return _shown(database, "c.id = ?", (rows[0][0],))[0]


def _not_found(database: Database, text: str, kind: Kind | None) -> NotFound:
    """The error with the nearest names: those that share a word or how they begin."""
    start, colon, _ = text.partition(":")
    given = start if colon and start in KINDS else None
    name = folded(text[len(given) + 1 :] if given else text)[:200]
    words = sorted(set(name.split("-")), key=len, reverse=True)[:4]
    near = {
        found
        for word in (name, *words)
        if word
        for (found,) in database.all(
            "SELECT c.name FROM concept_name n JOIN concept c ON c.id = n.concept"
            " WHERE n.folded >= ? AND n.folded < ? AND (? IS NULL OR c.kind = ?) LIMIT 500",
            (word[:3], word[:3] + "\U0010ffff", kind or given, kind or given),
        )
    }
    folds = {folded(found): found for found in near}
    nearest = [folds[fold] for fold in difflib.get_close_matches(name, folds, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(nearest)}?" if nearest else "`exapt concept list` lists what there is"
    return NotFound(kind or given or "concept", text, hint=hint)


def _shown(database: Database, where: str, values: tuple[object, ...]) -> list[Concept]:
    """Concepts that stand for themselves, each with what those merged into it add."""
    rows = database.all(f"SELECT {CONCEPT} FROM concept c WHERE c.root = c.id AND {where} ORDER BY c.key", values)
    names = renamed(database)
    if not names:
        return [concept_of(row) for row in rows]
    merged = database.all(
        f"SELECT t.key, {', '.join('c.' + column for column in CONCEPT.split(', '))}"
        " FROM merge m JOIN concept c ON c.id = m.source JOIN concept t ON t.id = c.root ORDER BY c.key"
    )
    members: dict[str, list[Concept]] = {}
    for target, *row in merged:
        members.setdefault(target, []).append(concept_of(tuple(row)))
    return [_joined(concept_of(row), members.get(row[0], ()), names) for row in rows]


def _joined(concept: Concept, members: Iterable[Concept], names: dict[str, str]) -> Concept:
    for member in members:
        concept = _united(concept, dataclasses.replace(member, status="proposed"))
    return dataclasses.replace(
        concept,
        parent=concept.parent and names.get(concept.parent, concept.parent),
        functions=ordered(names.get(function, function) for function in concept.functions),
    )


def renamed(database: Database) -> dict[str, str]:
    """Key of each merged concept, and the key that stands for it."""
    rows = database.all("SELECT c.key, t.key FROM merge m JOIN concept c ON c.id = m.source JOIN concept t ON t.id = c.root")
    return dict(rows)


def merge(database: Database, source: str, target: str, *, by: str) -> None:
    """Show ``target`` in place of ``source`` from now on."""
    check_text("name of the curator", by)
    with database.writing():
        (number, root, kind), (target_number, target_root, target_kind) = find(database, source), find(database, target)
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


def split(database: Database, source: str) -> None:
    """Undo the merge of ``source``."""
    with database.writing():
        number, *_ = find(database, source)
        if not database.run("DELETE FROM merge WHERE source = ?", (number,)).rowcount:
            raise Refused(f"{source} is not merged into another concept, so there is nothing to split")
        _resolve(database, number, number)


def merges(database: Database) -> list[tuple[str, str, str]]:
    sql = (
        "SELECT s.key, t.key, m.author FROM merge m"
        " JOIN concept s ON s.id = m.source JOIN concept t ON t.id = m.target ORDER BY s.key"
    )
    return [(source, target, author) for source, target, author in database.all(sql)]


def _resolve(database: Database, number: int, root: int) -> None:
    """Let ``root`` stand for concept ``number`` and all that is merged into it, and their mappings show what follows."""
    database.run(
        "WITH RECURSIVE under (id) AS (VALUES (?) UNION SELECT m.source FROM merge m JOIN under u ON m.target = u.id)"
        " UPDATE concept SET root = ? WHERE id IN (SELECT id FROM under)",
        (number, root),
    )
    changed = database.all(
        "WITH RECURSIVE under (id) AS (VALUES (?1) UNION SELECT m.source FROM merge m JOIN under u ON m.target = u.id)"
        " SELECT m.id, rm.key, m.relation, rt.key FROM mapping m"
        " JOIN concept cm ON cm.id = m.mechanism JOIN concept rm ON rm.id = cm.root"
        " JOIN concept ct ON ct.id = m.technique JOIN concept rt ON rt.id = ct.root"
        " WHERE m.mechanism IN (SELECT id FROM under) OR m.technique IN (SELECT id FROM under)",
        (number,),
    )
    for mapping, mechanism, relation, technique in changed:
        database.run("UPDATE mapping SET shown = ? WHERE id = ?", (mapping_key(mechanism, relation, technique), mapping))

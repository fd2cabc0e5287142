"""Concepts in the store, as :mod:`kg.merges` shows them: several of them as one, or one by another name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from kg import serving
from kg.database import Database, Row
from kg.errors import NotFound, Refused
from kg.model import KINDS, Concept, Kind, slug
from kg.rows import CONCEPT, check_text, concept_of, concept_row, folded, json_text, marks, ordered

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
            assert number is not None
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
        serving.concept(database, number, concept.functions)
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


def some(database: Database, keys: Iterable[str]) -> list[Concept]:
    """Those concepts of ``keys`` that stand for themselves, as merges show them, in order of key."""
    return _shown(database, "c.key IN (SELECT value FROM json_each(?))", (json_text(list(keys)),))


def resolve(database: Database, text: str, kind: Kind | None = None) -> Concept:
    """The concept whose key, name or alias is ``text``, whatever its case and punctuation."""
    if (concept := called_so(database, text, kind)) is None:
        raise _not_found(database, text, kind)
    return concept


def called_so(database: Database, text: str, kind: Kind | None = None) -> Concept | None:
    """The same, or none where nothing is called so; it does not look for near names, which takes longer than all else."""
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
    return _shown(database, "c.id = ?", (rows[0][0],))[0] if rows else None


def _not_found(database: Database, text: str, kind: Kind | None) -> NotFound:
    """The error with the nearest names."""
    start, colon, _ = text.partition(":")
    given = kind or next((known for known in KINDS if colon and known == start), None)
    if kind and (other := called_so(database, text)):
        return NotFound(kind, text, hint=f"{other.name} is a {other.kind}")
    nearest = near_names(database, text.removeprefix(f"{given}:"), given, limit=3)
    hint = f"did you mean {' or '.join(nearest)}?" if nearest else "`exapt concept list` lists what there is"
    return NotFound(given or "concept", text, hint=hint)


def near_names(database: Database, text: str, kind: Kind | None = None, *, limit: int) -> list[str]:
    """Names and aliases most like ``text``, of those that begin like one of its words; then those that hold one of its words."""
    import difflib  # only what is not found needs it

    from kg import search

    name = folded(text)[:200]
    words = sorted(set(name.split("-")), key=len, reverse=True)[:4]
    near = {
        found
        for word in (name, *words)
        if word
        for (found,) in database.all(
            "SELECT c.name FROM concept_name n JOIN concept c ON c.id = n.concept"
            " WHERE n.folded >= ? AND n.folded < ? AND (? IS NULL OR c.kind = ?) LIMIT 500",
            (word[:3], word[:3] + "\U0010ffff", kind, kind),
        )
    }
    folds = {folded(found): found for found in sorted(near)}
    like = [folds[fold] for fold in difflib.get_close_matches(name, sorted(folds), n=limit, cutoff=0.5)]
    if len(like) < limit:
        keys = [key for key, _ in search.concepts(database, text, kinds=(kind,) if kind else KINDS, limit=limit)]
        names = {concept.key: concept.name for concept in some(database, keys)}
        like = list(dict.fromkeys([*like, *(names[key] for key in keys if key in names)]))[:limit]
    return like


def _shown(database: Database, where: str, values: tuple[object, ...]) -> list[Concept]:
    """Concepts that stand for themselves, each with what those merged into it add."""
    rows = database.all(f"SELECT {CONCEPT} FROM concept c WHERE c.root = c.id AND {where} ORDER BY c.key", values)
    names, given = renamed(database), called(database)
    if not names and not given:
        return [concept_of(row) for row in rows]
    targets = set(names.values())
    members = _members(database, [row[0] for row in rows if row[0] in targets])
    return [_named(_joined(concept_of(row), members.get(row[0], ()), names), given.get(row[0])) for row in rows]


def _members(database: Database, keys: list[str]) -> dict[str, list[Concept]]:
    """The concepts that are shown as those of ``keys``, in order of key."""
    members: dict[str, list[Concept]] = {}
    columns = ", ".join("c." + column for column in CONCEPT.split(", "))
    for target, *row in database.all(
        f"SELECT t.key, {columns} FROM json_each(?) j CROSS JOIN concept t ON t.key = j.value"
        " CROSS JOIN concept c ON c.root = t.id AND c.id <> t.id ORDER BY c.key",
        (json_text(keys),),
    ):
        members.setdefault(target, []).append(concept_of(tuple(row)))
    return members


def _joined(concept: Concept, members: Iterable[Concept], names: dict[str, str]) -> Concept:
    for member in members:
        concept = _united(concept, dataclasses.replace(member, status="proposed"))
    return dataclasses.replace(
        concept,
        parent=concept.parent and names.get(concept.parent, concept.parent),
        functions=ordered(names.get(function, function) for function in concept.functions),
    )


def _named(concept: Concept, name: str | None) -> Concept:
    """``concept`` by the name that a curator gave it; the one that it had is an alias."""
    if name is None or name == concept.name:
        return concept
    return dataclasses.replace(concept, name=name, aliases=ordered({*concept.aliases, concept.name} - {name}))


def called(database: Database) -> dict[str, str]:
    """Names given to concepts that stand for themselves, by key; they differ in case and punctuation alone."""
    sql = "SELECT c.key, r.name FROM rename r CROSS JOIN concept c ON c.id = r.concept WHERE c.root = c.id"
    return database.remembered("called", lambda: dict(database.all(sql)))


def renamed(database: Database) -> dict[str, str]:
    """Key of each merged concept, and the key that stands for it."""
    sql = "SELECT c.key, t.key FROM merge m CROSS JOIN concept c ON c.id = m.source CROSS JOIN concept t ON t.id = c.root"
    return database.remembered("renamed", lambda: dict(database.all(sql)))

"""Papers in the store: one paper however many sources bring it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal, get_args

from kg.database import Database, Row
from kg.errors import NotFound, Refused
from kg.model import Label, Paper, sha256, title_key
from kg.rows import PAPER, PAPER_STORED, check_text, marks, paper_of, paper_row

Change = Literal["new", "known", "completed"]
TITLE = "title:"
_NO_WORDS = title_key("")
DISTINCT = ("arxiv", "doi")
"""Schemes in which one paper has one id, so that two ids mean two papers, whatever their titles."""
_LABELS = get_args(Label)
_PAGE = 500
_EMPTY = (None, "", ())
_FIELDS = tuple(field.name for field in dataclasses.fields(Paper))
_INSERT = f"INSERT INTO paper ({PAPER_STORED}) VALUES ({marks(PAPER_STORED)})"
_UPDATE = f"UPDATE paper SET ({PAPER_STORED}) = ({marks(PAPER_STORED)}) WHERE id = ?"


def add(database: Database, paper: Paper) -> tuple[str, Change]:
    """Keep ``paper``, as new or as more about a known one; the key it has in the store, and which of these it was."""
    paper = checked(paper)
    names = names_of(paper)
    with database.writing():
        named = _named(database, names)
        matches = _matches(paper, sorted(named)) if named else ()
        if not matches:
            if named:
                paper = dataclasses.replace(paper, key=_free_key(database, paper))
            number = database.run(_INSERT, paper_row(paper)).lastrowid
            _name(database, names | {paper.key}, number)
            return paper.key, "new"
        number, *others = matches
        for other in others:
            paper = _absorb(database, number, other, paper)
        return _complete(database, number, paper, names, joined=bool(others))


def known_names(database: Database, names: Iterable[str]) -> set[str]:
    """Those of ``names`` that a paper of the store answers to."""
    sql = "SELECT DISTINCT n.name FROM json_each(?) j CROSS JOIN paper_name n ON n.name = j.value"
    return {name for (name,) in database.all(sql, (json.dumps(list(names)),))}


def stored(database: Database, paper: Paper) -> tuple[str, Paper] | None:
    """The key of the known paper that ``paper``, as :func:`checked`, is, and what both tell together; changes nothing."""
    if not (matches := _matches(paper, sorted(_named(database, names_of(paper))))):
        return None
    old = _get(database, matches[0])
    return old.key, _united(old, paper)


def _named(database: Database, names: set[str]) -> list[Row]:
    return database.all(
        "SELECT p.key, n.name, p.id, p.ids, p.kind, p.abstract_hash FROM paper_name n CROSS JOIN paper p ON p.id = n.paper"
        f" WHERE n.name IN ({', '.join('?' * len(names))})",
        tuple(names),
    )


def find(database: Database, key: str) -> int:
    """Number of the paper that ``key`` names: its key, a former key or an outside id."""
    row = database.one("SELECT id FROM paper WHERE key = ?", (key,))
    row = row or database.one(
        "SELECT p.id FROM paper_name n JOIN paper p ON p.id = n.paper WHERE n.name = ? ORDER BY p.key LIMIT 1",
        (outside_name(key),),
    )
    if row is None:
        raise NotFound("paper", key, hint="a key looks like arxiv:2205.08645, doi:10.1000/x or title:0123456789abcdef")
    return int(row[0])


def get(database: Database, key: str) -> Paper:
    return _get(database, find(database, key))


def sources(database: Database, key: str) -> tuple[str, ...]:
    """Names of the sources that brought the paper, the first one first and the others sorted."""
    number = find(database, key)
    others = database.all("SELECT source FROM paper_source WHERE paper = ? ORDER BY source", (number,))
    return tuple(dict.fromkeys(name for name in (_get(database, number).source, *(name for (name,) in others)) if name))


def other_sources(database: Database) -> dict[str, list[str]]:
    """By key of paper, the sources besides its first one; most papers have none, and are left out."""
    found: dict[str, list[str]] = {}
    for key, source in database.each(
        "SELECT p.key, s.source FROM paper_source s JOIN paper p ON p.id = s.paper WHERE s.source <> p.source ORDER BY 1, 2"
    ):
        found.setdefault(key, []).append(source)
    return found


def every(database: Database, *, source: str | None = None) -> Iterator[Paper]:
    """Papers in order of key, read a page at a time, so that the store may change under way."""
    where, values = ("AND source = ?", (source,)) if source is not None else ("", ())
    sql = f"SELECT {PAPER} FROM paper WHERE key > ? {where} ORDER BY key LIMIT {_PAGE:d}"
    last = ""
    while rows := database.all(sql, (last, *values)):
        yield from map(paper_of, rows)
        last = rows[-1][0]


def texts(database: Database, keys: Iterable[str]) -> dict[str, Paper]:
    """Title and abstract of the papers that have exactly these keys, and no more of them."""
    sql = "SELECT key, title, abstract, abstract_sha256 FROM paper WHERE key IN (SELECT value FROM json_each(?))"
    rows = database.all(sql, (json.dumps(list(keys)),))
    return {row[0]: Paper(key=row[0], title=row[1], abstract=row[2], abstract_sha256=row[3]) for row in rows}


def _get(database: Database, number: int) -> Paper:
    row = database.one(f"SELECT {PAPER} FROM paper WHERE id = ?", (number,))
    assert row is not None
    return paper_of(row)


def checked(paper: Paper) -> Paper:
    if not paper.title.strip():
        raise Refused(f"paper {paper.key!r:.80} has no title, so nothing could find it again; give it one")
    if not paper.key:
        raise Refused(f"paper {paper.title!r:.80} has no key")
    if paper.label is not None and paper.label not in _LABELS:
        raise Refused(f"no label is called {paper.label!r:.80}; there are: {', '.join(_LABELS)}")
    others = (
        paper.key,
        paper.source,
        paper.published,
        paper.published_text,
        paper.listed,
        paper.venue,
        paper.url,
        *paper.authors,
    )
    check_text("title", paper.title)
    check_text("abstract", paper.abstract)
    check_text("paper's record", *others, *(text for pair in paper.ids for text in pair))
    key = outside_name(paper.key)
    ids = {_outside_id(scheme, value) for scheme, value in paper.ids if scheme and value}
    scheme, colon, value = key.partition(":")
    if colon and scheme and value and scheme != "title":
        ids.add((scheme, value))
    if key == _NO_WORDS:
        # A title of symbols only has no words to tell it from another.
        key = TITLE + sha256(paper.title)[:16]
    key = _best_key(key, ids)
    if key == paper.key and len(ids) == len(paper.ids) and ids == set(paper.ids) and paper.abstract != "":
        return paper
    return dataclasses.replace(paper, key=key, ids=tuple(sorted(ids)), abstract=paper.abstract or None)


def _outside_id(scheme: str, value: str) -> tuple[str, str]:
    scheme, value = scheme.strip().casefold(), value.strip()
    if ":" in scheme:
        raise Refused(f"the scheme of an outside id has no colon: {scheme!r:.80}")
    if scheme == "arxiv":
        value = re.sub(r"v\d+$", "", value.removeprefix("arXiv:"))
    elif scheme == "doi":
        value = re.sub(r"^https?://(dx\.)?doi\.org/", "", value.casefold())
    return scheme, value


def outside_name(key: str) -> str:
    """``key`` as an outside id is written: scheme in small letters, no version."""
    scheme, colon, value = key.partition(":")
    return ":".join(_outside_id(scheme, value)) if colon and value else key


def _best_key(key: str, ids: Collection[tuple[str, str]]) -> str:
    """The key that every source of a paper leads to: by its arXiv id, else its DOI, else ``key``."""
    for wanted in DISTINCT:
        if values := [value for scheme, value in ids if scheme == wanted]:
            return f"{wanted}:{min(values)}"
    return key


def names_of(paper: Paper) -> set[str]:
    """All names that ``paper`` answers to: its key, its outside ids, its title."""
    names = {f"{scheme}:{value}" for scheme, value in paper.ids} | {paper.key}
    by_title = title_key(paper.title)
    return names | {by_title} if by_title != _NO_WORDS else names


def _matches(paper: Paper, named: list[Row]) -> list[int]:
    """Numbers of those papers, of all that share a name with ``paper``, that are it: by outside id, then at most one by title."""
    same = list(dict.fromkeys(number for _, name, number, *_ in named if not name.startswith(TITLE)))
    ids, kind, text = set(paper.ids), paper.kind, None if paper.abstract is None else sha256(paper.abstract)
    for _, _, number, its_ids, its_kind, its_text in named:
        if number in same:
            ids |= _ids(its_ids)
        if same and number == same[0]:
            kind, text = its_kind, its_text or text
    for _, name, number, its_ids, its_kind, its_text in named:
        if name.startswith(TITLE) and number not in same and its_kind == kind:
            # Essays are told apart by their text: "Notes" is a title that many share.
            other_text = kind == "essay" and text and its_text and text != its_text
            if not other_text and not _apart(ids, _ids(its_ids)):
                return [*same, number]
    return same


def _apart(ids: set[tuple[str, str]], others: set[tuple[str, str]]) -> bool:
    """Whether both have ids of a scheme that gives a paper one id, and none in common."""
    for wanted in DISTINCT:
        mine, theirs = ({pair for pair in pairs if pair[0] == wanted} for pairs in (ids, others))
        if mine and theirs and mine.isdisjoint(theirs):
            return True
    return False


def _ids(text: str) -> set[tuple[str, str]]:
    return {(scheme, value) for scheme, value in json.loads(text)}


def _free_key(database: Database, paper: Paper) -> str:
    """``paper.key``, or, where another paper of the same title has it, the key with the start of the text's hash."""
    if database.one("SELECT 1 FROM paper WHERE key = ?", (paper.key,)) is None:
        return paper.key
    return f"{paper.key}~{sha256(f'{paper.kind} {paper.abstract}')[:16]}"


def _name(database: Database, names: set[str], number: int | None) -> None:
    for name in names:
        # One row a statement: a statement of many rows makes the full-text index write itself out first.
        database.run("INSERT OR IGNORE INTO paper_name (name, paper) VALUES (?, ?)", (name, number))


def index(database: Database, number: int) -> None:
    """Make a paper's words findable while evidence is found in it; to be called wherever that may have changed."""
    stating = database.one("SELECT 1 FROM evidence WHERE paper = ? LIMIT 1", (number,)) is not None
    if stating != _is_indexed(database, number):
        paper = _get(database, number)
        if stating:
            _index(database, number, paper)
        else:
            _unindex(database, number, paper)


def _is_indexed(database: Database, number: int) -> bool:
    return database.one("SELECT 1 FROM paper_text_docsize WHERE id = ?", (number,)) is not None


def _index(database: Database, number: int, paper: Paper) -> None:
    database.run("INSERT INTO paper_text (rowid, title, abstract) VALUES (?, ?, ?)", (number, paper.title, paper.abstract))


def _unindex(database: Database, number: int, paper: Paper) -> None:
    values = ("delete", number, paper.title, paper.abstract)
    database.run("INSERT INTO paper_text (paper_text, rowid, title, abstract) VALUES (?, ?, ?, ?)", values)


def _source(database: Database, number: int, known: str, paper: Paper) -> None:
    """Note where ``paper`` came from, if that is not where it first came from."""
    if paper.source and paper.source != known:
        row = (number, paper.source, paper.raw_sha256)
        database.run("INSERT OR IGNORE INTO paper_source (paper, source, raw_sha256) VALUES (?, ?, ?)", row)


def _complete(database: Database, number: int, paper: Paper, names: set[str], *, joined: bool) -> tuple[str, Change]:
    old = _get(database, number)
    _source(database, number, old.source, paper)
    new = _united(old, paper)
    if _free_key(database, new) != new.key and new.key != old.key:
        new = dataclasses.replace(new, key=old.key)
    if new == old:
        return old.key, "known"
    # A statement on the full-text index makes it write itself out, so it is left alone where no text changes.
    indexed = (new.title, new.abstract) != (old.title, old.abstract) and _is_indexed(database, number)
    if indexed:
        _unindex(database, number, old)
    database.run(_UPDATE, (*paper_row(new), number))
    if indexed:
        _index(database, number, new)
    _name(database, names | {new.key}, number)
    facts = dataclasses.replace(new, label=old.label, label_score=old.label_score)
    return new.key, "completed" if joined or facts != old else "known"


def _united(old: Paper, new: Paper) -> Paper:
    """``old`` with what ``new`` adds: nothing that was known is lost."""
    changes: dict[str, Any] = {}
    for name in _FIELDS:
        if getattr(old, name) in _EMPTY and (its := getattr(new, name)) not in _EMPTY:
            changes[name] = its
    if old.published and new.published and old.published != new.published and new.published.startswith(old.published):
        changes["published"] = new.published  # a whole date instead of its year
    ids = {*old.ids, *new.ids}
    key = _best_key(new.key if old.key.startswith(TITLE) and not new.key.startswith(TITLE) else old.key, ids)
    if len(ids) > len(old.ids) or key != old.key:
        changes |= {"ids": tuple(sorted(ids)), "key": key}
    if new.label is not None and (new.label, new.label_score) != (old.label, old.label_score):
        changes |= {"label": new.label, "label_score": new.label_score}
    return dataclasses.replace(old, **changes) if changes else old


def _absorb(database: Database, number: int, other: int, paper: Paper) -> Paper:
    """Two known papers turn out to be one: give ``number`` all that hangs on ``other``; returns ``paper`` with its facts too."""
    absorbed = _get(database, other)
    if _is_indexed(database, other):
        _unindex(database, other, absorbed)
    database.run("UPDATE OR IGNORE evidence SET paper = ? WHERE paper = ?", (number, other))
    database.run("DELETE FROM evidence WHERE paper = ?", (other,))
    index(database, number)
    database.run("UPDATE OR IGNORE paper_name SET paper = ? WHERE paper = ?", (number, other))
    database.run("UPDATE OR IGNORE paper_source SET paper = ? WHERE paper = ?", (number, other))
    database.run("UPDATE OR IGNORE waiting SET paper = ? WHERE paper = ?", (number, other))
    for one in (absorbed, paper):
        _source(database, number, _get(database, number).source, one)
    database.run("DELETE FROM paper WHERE id = ?", (other,))
    given = (
        paper if paper.label is not None else dataclasses.replace(paper, label=absorbed.label, label_score=absorbed.label_score)
    )
    return dataclasses.replace(_united(absorbed, given), key=paper.key)

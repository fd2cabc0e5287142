"""Papers in the store: one paper however many sources bring it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal, get_args

from kg.database import Database
from kg.errors import NotFound, Refused
from kg.matching import DISTINCT, SHARING, Match, Sharing, match
from kg.matching import TITLE as TITLE
from kg.model import Label, Paper, sha256, title_key
from kg.rows import PAPER, PAPER_STORED, check_text, marks, paper_of, paper_row

Change = Literal["new", "known", "completed"]
_NO_WORDS = title_key("")
_ARXIV_DOI = "10.48550/arxiv."
# "q-bio.NC/0401001" is q-bio/0401001: until 2007, ids were written with the subject class or without.
_SUBJECT_CLASS = re.compile(r"^([a-z-]+)\.[a-z-]+/")
_LABELS = get_args(Label)
_PAGE = 500
_EMPTY = (None, "", ())
_FIELDS = tuple(field.name for field in dataclasses.fields(Paper))
_INSERT = f"INSERT INTO paper ({PAPER_STORED}) VALUES ({marks(PAPER_STORED)})"
_UPDATE = f"UPDATE paper SET ({PAPER_STORED}) = ({marks(PAPER_STORED)}) WHERE id = ?"


def add(database: Database, paper: Paper) -> tuple[str, Change]:
    """Keep ``paper``, as new or as more about a known one; the key it has in the store, and which of these it was."""
    paper = checked(paper)
    with database.writing():
        sharing = _sharing(database, names_of(paper))
        found = match(paper, sharing) if sharing else Match()
        paper = _without(paper, found.taken)
        names = names_of(paper)
        if not found.numbers:
            if sharing:
                paper = dataclasses.replace(paper, key=_free_key(database, paper))
            number = database.run(_INSERT, paper_row(paper)).lastrowid
            _name(database, names | {paper.key}, number)
            return paper.key, "new"
        number, *others = found.numbers
        for other in others:
            paper = _absorb(database, number, other, paper)
        # Whatever it is called from here on leads to it, also where nothing else is told.
        _name(database, names - {one.name for one in sharing if one.number == number}, number)
        return _complete(database, number, paper, joined=bool(others))


def known_names(database: Database, names: Iterable[str]) -> set[str]:
    """Those of ``names`` that a paper of the store answers to."""
    sql = "SELECT DISTINCT n.name FROM json_each(?) j CROSS JOIN paper_name n ON n.name = j.value"
    return {name for (name,) in database.all(sql, (json.dumps(list(names)),))}


def _sharing(database: Database, names: set[str]) -> list[Sharing]:
    rows = database.all(
        f"SELECT n.name, {SHARING} FROM paper_name n CROSS JOIN paper p ON p.id = n.paper"
        f" WHERE n.name IN ({', '.join('?' * len(names))})",
        tuple(names),
    )
    return [Sharing(*row) for row in rows]


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
    if scheme == "doi":
        value = re.sub(r"^https?://(dx\.)?doi\.org/", "", value.casefold())
        # The DOI that arXiv gives each of its papers is the arXiv id once more.
        if value.startswith(_ARXIV_DOI) and len(value) > len(_ARXIV_DOI):
            scheme, value = "arxiv", value.removeprefix(_ARXIV_DOI)
    if scheme == "arxiv":
        value = re.sub(r"v\d+$", "", value.casefold().removeprefix("arxiv:"))
        value = _SUBJECT_CLASS.sub(r"\1/", value)
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


def _without(paper: Paper, names: Collection[str]) -> Paper:
    """``paper`` without those of its outside ids that are another's."""
    if not names:
        return paper
    ids = tuple(pair for pair in paper.ids if ":".join(pair) not in names)
    return dataclasses.replace(paper, key=_best_key(paper.key, ids), ids=ids)


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


def _complete(database: Database, number: int, paper: Paper, *, joined: bool) -> tuple[str, Change]:
    old = _get(database, number)
    _source(database, number, old.source, paper)
    new = _united(old, paper)
    if _free_key(database, new) != new.key and new.key != old.key:
        new = dataclasses.replace(new, key=old.key)
    if new == old and not joined:
        return old.key, "known"
    # A statement on the full-text index makes it write itself out, so it is left alone where no text changes.
    indexed = (new.title, new.abstract) != (old.title, old.abstract) and _is_indexed(database, number)
    if indexed:
        _unindex(database, number, old)
    database.run(_UPDATE, (*paper_row(new), number))
    if indexed:
        _index(database, number, new)
    if new.key != old.key:
        _name(database, {new.key}, number)
    if joined:
        _read_again(database, number, new)
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
    database.run("UPDATE OR IGNORE reading SET paper = ? WHERE paper = ?", (number, other))
    for one in (absorbed, paper):
        _source(database, number, _get(database, number).source, one)
    database.run("DELETE FROM paper WHERE id = ?", (other,))
    given = (
        paper if paper.label is not None else dataclasses.replace(paper, label=absorbed.label, label_score=absorbed.label_score)
    )
    return dataclasses.replace(_united(absorbed, given), key=paper.key)


def _read_again(database: Database, number: int, paper: Paper) -> None:
    """Have a paper that two became read again, where something was read of a text that is not kept; what curators said stays."""
    from kg import readings  # which finds its papers here

    unkept = "DELETE FROM reading WHERE paper = ? AND text <> ?"
    forgotten = database.run(unkept, (number, readings.digest(paper))).rowcount
    # Also one that has read the kept text: only reading again takes away what it says of the other.
    stale = database.all(
        "SELECT DISTINCT r.id FROM evidence e JOIN evidence_state s ON s.evidence = e.id JOIN reader r ON r.name = e.reader"
        " WHERE e.paper = ? AND s.state = 'mismatch'",
        (number,),
    )
    for (reader,) in stale:
        database.run("DELETE FROM reading WHERE paper = ? AND reader = ?", (number, reader))
    read = database.one("SELECT 1 FROM reading WHERE paper = ?", (number,))
    if stale or (forgotten and read is None):
        readings.wait(database, paper.key, 1.0)

"""Which reader has read which text of a paper: what need not be read again, also where nothing was found.

This is the store's own book-keeping and no part of an export.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from kg import papers
from kg.database import Database
from kg.model import Label, Paper
from kg.rows import PAPER, paper_of

_DIGITS = 8
"""Bytes of the digest that are kept: texts of one paper are told apart, which are two or three."""


Reader = tuple[str, str]
"""Name and version of a reader."""


class Glance(NamedTuple):
    """What a first look of reader ``by``, in ``version``, told of a paper: all there is to tell, or that it is worth reading."""

    by: str
    version: str
    label: Label | None = None
    label_score: float | None = None
    promise: float | None = None
    """How likely the paper states something, 0 to 1, and is therefore to be read; ``None`` where the look was enough."""


class Known(NamedTuple):
    """A paper as the store would have it after more is told of it, and which readers have read that very text."""

    paper: Paper
    readers: frozenset[Reader]


def digest(paper: Paper) -> bytes:
    """What tells the text of ``paper`` from another text of it."""
    text = f"{paper.title}\n{paper.abstract or ''}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_DIGITS]


def reader(database: Database, by: str, version: str) -> int:
    """Number of this version of this reader."""
    sql = "SELECT id FROM reader WHERE name = ? AND version = ?"
    row = database.one(sql, (by, version))
    if row is None:
        database.run("INSERT INTO reader (name, version) VALUES (?, ?)", (by, version))
        row = database.one(sql, (by, version))
    assert row is not None
    return int(row[0])


def add(database: Database, paper_key: str, by: str, version: str, text: bytes) -> None:
    """Note that the text with this :func:`digest` was read, in place of what the same reader read before; it waits no more."""
    with database.writing():
        paper = papers.find(database, paper_key)
        database.run("DELETE FROM waiting WHERE paper = ?", (paper,))
        number = reader(database, by, version)
        if database.one("SELECT 1 FROM reading WHERE paper = ? AND reader = ? AND text = ?", (paper, number, text)):
            return
        database.run("DELETE FROM reading WHERE paper = ? AND reader IN (SELECT id FROM reader WHERE name = ?)", (paper, by))
        database.run("INSERT INTO reading (paper, reader, text) VALUES (?, ?, ?)", (paper, number, text))


def of(database: Database, key: str) -> Known:
    """The paper of this key, and who has read its text."""
    paper = papers.get(database, key)
    return Known(paper, readers(database, paper.key, paper))


def readers(database: Database, key: str, paper: Paper) -> frozenset[Reader]:
    """Those who have read the text of ``paper`` as the paper ``key`` of the store."""
    rows = database.all(
        "SELECT r.name, r.version FROM reading g JOIN reader r ON r.id = g.reader JOIN paper p ON p.id = g.paper"
        " WHERE p.key = ? AND g.text = ?",
        (key, digest(paper)),
    )
    return frozenset((name, version) for name, version in rows)


def wait(database: Database, key: str, promise: float) -> None:
    """Note that the paper is to be read, and how likely it states something."""
    with database.writing():
        database.run(
            "INSERT INTO waiting (paper, promise) VALUES (?, ?) ON CONFLICT (paper) DO UPDATE SET promise = excluded.promise",
            (papers.find(database, key), promise),
        )


def to_read(database: Database, keys: Sequence[str]) -> list[Paper]:
    """Those of the papers of ``keys``, in that order, that still wait."""
    columns = ", ".join(f"p.{column}" for column in PAPER.split(", "))
    rows = database.all(
        f"SELECT {columns} FROM json_each(?) j CROSS JOIN paper p ON p.key = j.value CROSS JOIN waiting w ON w.paper = p.id"
        " ORDER BY j.id",
        (json.dumps(keys),),
    )
    return [paper_of(row) for row in rows]


def waiting(database: Database) -> list[tuple[str, float]]:
    """(key, promise) of the papers that wait to be read: the most promising first, then the one that waits longest."""
    return database.all("SELECT p.key, w.promise FROM waiting w JOIN paper p ON p.id = w.paper ORDER BY w.promise DESC, w.paper")


def count_waiting(database: Database) -> int:
    row = database.one("SELECT count(*) FROM waiting")
    return int(row[0]) if row else 0

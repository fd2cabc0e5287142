"""Which reader has read which text of a paper: what need not be read again, also where nothing was found.

This is the store's own book-keeping and no part of an export.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from kg import papers
from kg.database import Database
from kg.model import Label, Paper

_DIGITS = 8
"""Bytes of the digest that are kept: texts of one paper are told apart, which are two or three."""


class Read(NamedTuple):
    """That reader ``by``, in ``version``, has read a paper, and the label that it gave."""

    by: str
    version: str
    label: Label | None = None
    label_score: float | None = None


class Known(NamedTuple):
    """A paper as the store would have it after more is told of it, and which readers have read that very text."""

    paper: Paper
    readers: frozenset[tuple[str, str]]
    """(name, version) of each."""


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
    """Note that the text with this :func:`digest` was read, in place of what the same reader read before."""
    with database.writing():
        paper = papers.find(database, paper_key)
        number = reader(database, by, version)
        if database.one("SELECT 1 FROM reading WHERE paper = ? AND reader = ? AND text = ?", (paper, number, text)):
            return
        database.run("DELETE FROM reading WHERE paper = ? AND reader IN (SELECT id FROM reader WHERE name = ?)", (paper, by))
        database.run("INSERT INTO reading (paper, reader, text) VALUES (?, ?, ?)", (paper, number, text))


def of(database: Database, key: str) -> Known:
    """The paper of this key, and who has read its text."""
    paper = papers.get(database, key)
    return Known(paper, readers(database, paper.key, paper))


def readers(database: Database, key: str, paper: Paper) -> frozenset[tuple[str, str]]:
    """Those who have read the text of ``paper`` as the paper ``key`` of the store."""
    rows = database.all(
        "SELECT r.name, r.version FROM reading g JOIN reader r ON r.id = g.reader JOIN paper p ON p.id = g.paper"
        " WHERE p.key = ? AND g.text = ?",
        (key, digest(paper)),
    )
    return frozenset((name, version) for name, version in rows)

"""Answers of the network as they came, so that papers can be parsed again without it.

An answer is kept once, compressed. While a run of several pages is under way, a journal says which answers are its pages, so
that the same run goes on where it was stopped. None of this is part of an export: it holds times, and what it says is in the
papers made of it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from kg.database import Database, Row
from kg.errors import NotFound, StoreError

_COLUMNS = "source, url, fetched_at, status, sha256, body"
_PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One answer to one request."""

    source: str
    """Name of the source plug-in that reads it, such as ``"arxiv"``."""
    url: str
    """What was asked for, with all its parameters."""
    fetched_at: str
    """UTC, to the second, as ``"2026-01-31T12:00:00Z"``."""
    status: int
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How far a query was watched."""

    until: str | None = None
    """ISO date up to which it was."""
    before: str | None = None
    """What was known when the watch began that is under way, or was killed; in the words of whoever watches."""


def add(database: Database, raw: Raw) -> bool:
    """Keep ``raw``; whether this answer to this request is new."""
    values = (raw.source, raw.url, raw.fetched_at, raw.status, raw.sha256, zlib.compress(raw.body))
    with database.writing():
        done = database.run(f"INSERT OR IGNORE INTO raw ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)
        return done.rowcount > 0


def get(database: Database, sha256: str) -> Raw:
    """The answer whose body has this digest."""
    row = database.one(f"SELECT {_COLUMNS} FROM raw WHERE sha256 = ? ORDER BY id LIMIT 1", (sha256,))
    if row is None:
        raise NotFound("raw answer", sha256, hint="a paper's raw_sha256 names one where it came from the network")
    return _raw(database, row)


def every(database: Database, *, source: str | None = None) -> Iterator[Raw]:
    """Answers in the order in which they came, a few at a time, so that the store may change under way."""
    where, values = ("AND source = ?", (source,)) if source is not None else ("", ())
    sql = f"SELECT id, {_COLUMNS} FROM raw WHERE id > ? {where} ORDER BY id LIMIT {_PAGE:d}"
    last = 0
    while rows := database.all(sql, (last, *values)):
        for row in rows:
            yield _raw(database, row[1:])
        last = rows[-1][0]


def add_page(database: Database, run: str, raw: Raw) -> None:
    """Keep ``raw`` as a page of ``run``, in place of an older answer to the same request."""
    with database.writing():
        add(database, raw)
        database.run(
            "INSERT OR REPLACE INTO page (run, url, fetched_at, raw) SELECT ?, url, ?, id FROM raw WHERE url = ? AND sha256 = ?",
            (run, raw.fetched_at, raw.url, raw.sha256),
        )


def page(database: Database, run: str, url: str) -> Raw | None:
    """The answer to ``url`` that ``run`` has already."""
    columns = "r.source, r.url, p.fetched_at, r.status, r.sha256, r.body"
    row = database.one(f"SELECT {columns} FROM page p JOIN raw r ON r.id = p.raw WHERE p.run = ? AND p.url = ?", (run, url))
    return None if row is None else _raw(database, row)


def pages(database: Database, run: str) -> tuple[int, str]:
    """How many pages ``run`` has, and when the first of them was fetched (``""`` where there is none)."""
    row = database.one("SELECT count(*), coalesce(min(fetched_at), '') FROM page WHERE run = ?", (run,))
    assert row is not None
    return int(row[0]), str(row[1])


def end_run(database: Database, run: str) -> None:
    """Forget which answers were pages of ``run``; the answers stay."""
    with database.writing():
        database.run("DELETE FROM page WHERE run = ?", (run,))


def watched(database: Database, query: str) -> Watched:
    row = database.one("SELECT until, before FROM watch WHERE query = ?", (query,))
    return Watched() if row is None else Watched(until=row[0], before=row[1])


def set_watched(database: Database, query: str, state: Watched) -> None:
    with database.writing():
        database.run("INSERT OR REPLACE INTO watch (query, until, before) VALUES (?, ?, ?)", (query, state.until, state.before))


def _raw(database: Database, row: Row) -> Raw:
    source, url, fetched_at, status, sha256, body = row
    try:
        raw = Raw(source=source, url=url, fetched_at=fetched_at, status=status, body=zlib.decompress(body))
    except zlib.error:
        raw = None
    if raw is None or raw.sha256 != sha256:
        raise StoreError(database.path, f"the answer kept from {url} is damaged; fetch it again")
    return raw

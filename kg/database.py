"""The file under the store: opening it for reading or writing, transactions, and errors in words.

A store that is only read is opened so that reading works on a read-only file and in a read-only folder too. SQLite's
write-ahead log wants two files beside the store even for reading, so in such a folder the store is opened as immutable.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from kg.errors import Refused, StoreError
from kg.migrations import APPLICATION_ID, VERSION, migrate

Row = tuple[Any, ...]
Found = TypeVar("Found")
MEMORY = ":memory:"
LOG_PAGES = 32768
"""Pages of 4 kB in the write-ahead log before they go into the store: the pages of an index are written once for many commits."""
WAIT_SECONDS = 5.0
"""How long a write waits for another process's write to end."""

_WHY = {
    "SQLITE_BUSY": "another exapt is writing to it; try again when that one has finished",
    "SQLITE_LOCKED": "another exapt is writing to it; try again when that one has finished",
    "SQLITE_READONLY": "it cannot be written; copy it to a folder that you may write to, or choose another with --store",
    "SQLITE_FULL": "the disk is full; free some space and run the same command again, what was saved before is kept",
    "SQLITE_IOERR": "the disk reports an error; what was saved before is kept, try another disk",
    "SQLITE_CORRUPT": "it is damaged; restore a copy, or ingest anew into another file with --store",
    "SQLITE_NOTADB": "it is not an exapt store; choose another file with --store",
    "SQLITE_CANTOPEN": "it cannot be opened; check that its folder exists and that you may use it",
}
_FAULTS = (sqlite3.Error, UnicodeEncodeError, OverflowError)


class Database:
    """One open connection. Every SQLite error leaves it as a :class:`StoreError` or :class:`Refused` of one line."""

    def __init__(self, path: str | Path, *, write: bool, create: bool) -> None:
        self.path = str(path)
        self.writable = write
        self._depth = 0
        self._remembered: dict[str, tuple[int, Any]] = {}
        try:
            self._connection = _connect(self.path, write=write, create=create)
        except _FAULTS as error:
            raise self._in_words(error) from error
        try:
            self._prepare()
        except BaseException as error:
            self._connection.close()
            if isinstance(error, _FAULTS):
                raise self._in_words(error) from error
            raise

    def _prepare(self) -> None:
        for pragma in ("foreign_keys = ON", "cache_size = -65536", "temp_store = MEMORY", f"wal_autocheckpoint = {LOG_PAGES:d}"):
            self._connection.execute(f"PRAGMA {pragma}")
        # All three as of one moment: another process may be making the tables just now.
        self._connection.execute("BEGIN")
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        self._connection.execute("COMMIT")
        if tables and application != APPLICATION_ID:
            raise StoreError(self.path, "it is a database of another program; choose another file with --store")
        if version > VERSION:
            raise StoreError(
                self.path, f"it was written by a newer exapt (version {version}, this one knows {VERSION}); upgrade exapt"
            )
        if not tables and not self.writable and self.path != MEMORY:
            raise StoreError(self.path, "it holds nothing yet; run `exapt ingest atlas` to fill it")
        if version < VERSION:
            (mode,) = self._connection.execute("PRAGMA journal_mode").fetchone()
            if mode != "wal":
                self._connection.execute("PRAGMA journal_mode = WAL")
            migrate(self._connection)
        if not self.writable:
            self._connection.execute("PRAGMA query_only = ON")

    def run(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except _FAULTS as error:
            raise self._in_words(error) from error

    def run_each(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for each of ``rows``; one that a row makes fail keeps none of them."""
        try:
            self._connection.executemany(sql, rows)
        except _FAULTS as error:
            raise self._in_words(error) from error

    def all(self, sql: str, values: tuple[object, ...] = ()) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except _FAULTS as error:
            raise self._in_words(error) from error

    def one(self, sql: str, values: tuple[object, ...] = ()) -> Row | None:
        try:
            row: Row | None = self._connection.execute(sql, values).fetchone()
            return row
        except _FAULTS as error:
            raise self._in_words(error) from error

    def remembered(self, what: str, find: Callable[[], Found]) -> Found:
        """What ``find`` tells, asked once as long as no one writes to the store; while it is open for writing, each time."""
        if self.writable:
            return find()
        ((version,),) = self.all("PRAGMA data_version")
        known = self._remembered.get(what)
        if known is None or known[0] != version:
            self._remembered[what] = known = (version, find())
        found: Found = known[1]
        return found

    def each(self, sql: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        """Rows one at a time, for a table that is too large to hold."""
        try:
            yield from self._connection.execute(sql, values)
        except _FAULTS as error:
            raise self._in_words(error) from error

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything that is read in the block is of one moment, whatever is written meanwhile."""
        if self._depth:
            yield
            return
        with self._block("BEGIN", "COMMIT", "ROLLBACK"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction, or part of the one that is open: what each ``add_`` runs in."""
        if self._depth:
            yield
            return
        if not self.writable:
            raise StoreError(self.path, "it was opened for reading only")
        with self._block("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"):
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it; inside another transaction, all or nothing of this part, kept when the outer is."""
        if not self._depth:
            with self.writing():
                yield
            return
        # A savepoint makes the full-text index write out what it holds, so the add_ functions do without.
        name = f"block{self._depth:d}"
        with self._block(f"SAVEPOINT {name}", f"RELEASE {name}", f"ROLLBACK TO {name}; RELEASE {name}"):
            yield

    @contextmanager
    def _block(self, begin: str, keep: str, undo: str) -> Iterator[None]:
        self.run(begin)
        self._depth += 1
        try:
            yield
            self.run(keep)
        except BaseException:
            # SQLite has already undone everything after some errors, such as a full disk.
            if self._connection.in_transaction:
                for statement in undo.split("; "):
                    self.run(statement)
            raise
        finally:
            self._depth -= 1

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _in_words(self, error: Exception) -> Exception:
        if isinstance(error, UnicodeEncodeError):
            half = ord(error.object[error.start])
            return Refused(f"text holds half of a character (U+{half:04X}); clean it before it is stored")
        if isinstance(error, OverflowError):
            return Refused("a whole number is too large to be stored (64 bits)")
        if isinstance(error, sqlite3.IntegrityError):
            return Refused(f"the record does not fit the store: {error}")
        if isinstance(error, sqlite3.ProgrammingError):
            return StoreError(self.path, "it is closed") if "closed" in str(error) else error
        name = getattr(error, "sqlite_errorname", "")
        why = next((why for start, why in _WHY.items() if name.startswith(start)), "")
        return StoreError(self.path, why or " ".join(str(error).split()) or name)


def _connect(path: str, *, write: bool, create: bool) -> sqlite3.Connection:
    if path == MEMORY:
        return _sqlite(path, uri=False)
    try:
        file = Path(path).resolve()
        address = file.as_uri()
        found, folder = file.exists(), file.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise StoreError(path, f"this cannot be a file's name ({error})") from error
    if folder:
        raise StoreError(path, "it is a folder; name a file in it with --store")
    if not found and not (write and create):
        raise StoreError(path, "it does not exist; run `exapt ingest atlas` to make it")
    if not found and not file.parent.is_dir():
        raise StoreError(path, f"the folder {file.parent} does not exist; make it or choose another with --store")
    if os.access(file.parent, os.W_OK) and (not found or os.access(file, os.W_OK)):
        return _sqlite(f"{address}?mode={'rwc' if write and create else 'rw'}", uri=True)
    if write:
        raise StoreError(path, _WHY["SQLITE_READONLY"])
    log = file.with_name(file.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise StoreError(
            path, "its last writer did not finish and it cannot be mended here; copy it with its -wal file elsewhere"
        )
    return _sqlite(f"{address}?mode=ro&immutable=1", uri=True)


def _sqlite(path: str, *, uri: bool) -> sqlite3.Connection:
    # isolation_level None: transactions begin and end where the code says so.
    return sqlite3.connect(path, uri=uri, timeout=WAIT_SECONDS, isolation_level=None, cached_statements=256)

"""What Neo4j holds of our nodes already, by their marks and digests."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from typing import Self

from kg.mirror.server import Server

_LOT = 5000


class Known:
    """Digests by mark, in a temporary file where they are too many for the memory; what is taken is not left."""

    def __init__(self, server: Server) -> None:
        self._server = server
        # The empty name is SQLite's for a file of its own that is gone afterwards.
        self._digests = sqlite3.connect("", isolation_level=None)
        self._digests.execute("CREATE TABLE known (label TEXT, mark TEXT, digest TEXT, PRIMARY KEY (label, mark)) WITHOUT ROWID")
        self._digests.execute("BEGIN")
        self._any: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._digests.close()

    def read(self, label: str) -> int:
        """Ask the server for the nodes of ``label``, a word of this program's own; how many there are."""
        found = 0
        rows = self._server.each(f"MATCH (n:{label}) WHERE n.exapt IS NOT NULL RETURN n.exapt, coalesce(n.digest, '')")
        while lot := list(itertools.islice(rows, _LOT)):
            self._any.add(label)
            self._digests.executemany("INSERT INTO known VALUES (?, ?, ?)", ((label, *row) for row in lot))
            found += len(lot)
        return found

    def take(self, label: str, mark: str) -> str | None:
        """The digest of this node, which is then not left; ``None`` where there is no such node."""
        if label not in self._any:
            return None
        where = "WHERE label = ? AND mark = ?"
        row = self._digests.execute(f"DELETE FROM known {where} RETURNING digest", (label, mark)).fetchone()
        return None if row is None else str(row[0])

    def left(self, label: str) -> Iterator[list[str]]:
        """Marks of the nodes that were not taken, some thousand at a time."""
        rows = self._digests.execute("SELECT mark FROM known WHERE label = ?", (label,))
        while lot := rows.fetchmany(_LOT):
            yield [mark for (mark,) in lot]

"""Words looked up beside the server: a store of just what a search reads, made from Neo4j and kept until the next push.

Neo4j's full-text search cuts words and weighs them in another way than SQLite's, so it would find and rank other things. Here the
very code of :mod:`kg.search` runs on the very records, whichever way it may go in future. There are two such stores: names of
concepts, which is small and all that looking up a name needs, and the texts of the papers that state something.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from kg import restore
from kg.database import MEMORY, Database
from kg.errors import Refused, StoreError
from kg.migrations import VERSION
from kg.mirror.layout import LAYOUT
from kg.mirror.properties import row_of
from kg.mirror.pull import CONCEPTS, by_hand, counted, merged_records, records
from kg.mirror.push import Progress
from kg.mirror.server import Server
from kg.model import sha256

Part = Literal["names", "texts"]
Row = dict[str, Any]


class LocalSearch:
    """The stores for one graph of one server, made when they are first asked for.

    Args:
        folder: where they are kept; ``None`` keeps them in memory, to be made anew each time.
        progress: called with records read, ``None``, and their type, while one is made.
    """

    def __init__(self, server: Server, folder: Path | None, *, progress: Progress | None = None) -> None:
        self._server, self._progress = server, progress
        self._open: dict[Part, Database] = {}
        stamp, complete = _stamp(server)
        # While a push is under way the graph changes without telling.
        self._folder = folder if complete else None
        self._graph = sha256(f"{server.uri}\n{server.database}")[:16]
        self._stamp = sha256(f"{stamp} {VERSION}")[:16]

    def names(self) -> Database:
        """A store of all concepts, merges and renames."""
        return self._open.get("texts") or self._opened("names")

    def texts(self) -> Database:
        """The same with the mappings, their evidence, and the papers that state them."""
        return self._opened("texts")

    def close(self) -> None:
        for database in self._open.values():
            database.close()

    def _opened(self, part: Part) -> Database:
        if part not in self._open:
            self._open[part] = self._kept(part) if self._folder else self._made(MEMORY, part)
        return self._open[part]

    def _kept(self, part: Part) -> Database:
        assert self._folder is not None
        path = self._folder / f"{self._graph}-{part}-{self._stamp}.db"
        try:
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=self._folder) as new:
                    half = Path(new) / "half.db"
                    self._made(half, part).close()
                    for old in self._folder.glob(f"{self._graph}-{part}-*.db*"):
                        old.unlink(missing_ok=True)
                    os.replace(half, path)  # noqa: PTH105
            return Database(path, write=False, create=False)
        except (OSError, StoreError):
            return self._made(MEMORY, part)  # no room for it, or another call has just taken it away

    def _made(self, path: str | Path, part: Part) -> Database:
        database = Database(path, write=True, create=True)
        try:
            restore.restore(database, counted(self._rows(part), self._progress))
        except BaseException:
            database.close()
            raise
        return database

    def _rows(self, part: Part) -> Iterator[Row]:
        if part == "texts":
            yield from self._stating_papers()
        for label in CONCEPTS:
            yield from records(self._server, label, "concept")
        yield from merged_records(self._server, "concept")
        if part == "texts":
            yield from records(self._server, "Mapping", "mapping")
            yield from merged_records(self._server, "mapping")
            yield from records(self._server, "Evidence", "evidence")
        yield from by_hand(self._server)

    def _stating_papers(self) -> Iterator[Row]:
        for (node,) in self._server.each(
            "MATCH (p:Paper) WHERE p.exapt IS NOT NULL"
            " AND EXISTS { (p)<-[:IN_PAPER {exapt: true}]-(e:Evidence) WHERE e.exapt IS NOT NULL } RETURN properties(p)"
        ):
            row = row_of("Paper", node)
            if row is not None:
                yield {"type": "paper", **row}


def _stamp(server: Server) -> tuple[str, bool]:
    """What tells the graph there now from what it was before the last push, and whether that push came to its end.

    Raises:
        Refused: there is no graph, or one that is laid out in another way.
    """
    rows = server.run(
        "MATCH (p:Push) WHERE p.exapt IS NOT NULL RETURN p.number AS number, coalesce(toString(p.at), p.graph) AS at,"
        " p.state AS state, coalesce(p.layout, 1) AS layout"
        " ORDER BY p.number DESC"
    )
    if not rows:
        raise Refused(f"{server.uri} holds no graph of exapt; send one there: exapt neo4j push")
    if rows[0]["layout"] < LAYOUT:
        raise Refused(f"the graph in {server.uri} was written by an older exapt; bring it up to date: exapt neo4j push")
    if rows[0]["layout"] > LAYOUT:
        raise Refused(f"the graph in {server.uri} was written by a newer exapt; upgrade exapt to ask it")
    return f"{rows[0]['number']} {rows[0]['at']}", all(row["state"] == "complete" for row in rows)


def chunks(values: list[str], size: int = 1000) -> Iterator[list[str]]:
    """``values`` in lots that are small enough for one statement."""
    for start in itertools.count(0, size):
        if not (lot := values[start : start + size]):
            return
        yield lot

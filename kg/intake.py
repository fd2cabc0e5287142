"""Many papers at once: the same as one after the other, at a fraction of the cost for those that are new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kg import papers, readings
from kg.database import Database
from kg.errors import Refused
from kg.model import Paper
from kg.papers import Change
from kg.readings import Known, Read
from kg.rows import PAPER_STORED, marks, paper_row

Kept = tuple[str, Change] | Refused
"""A paper's key and whether it is new, or why it cannot be kept."""
_PAPER = f"INSERT INTO paper (id, {PAPER_STORED}) VALUES (?, {marks(PAPER_STORED)})"
_NAME = "INSERT INTO paper_name (name, paper) VALUES (?, ?)"
_READING = "INSERT INTO reading (paper, reader, text) VALUES (?, ?, ?)"


class Arrival(NamedTuple):
    """A paper that is about to be kept."""

    paper: Paper
    names: frozenset[str]
    """All that it answers to."""
    known: Known | None
    """What the store would have of it then, and who has read that; ``None`` where it is new."""
    refused: Refused | None


def expect(database: Database, arriving: Sequence[Paper]) -> list[Arrival]:
    """What would become of the papers, each alone; changes nothing."""
    arrivals = [_arrival(paper) for paper in arriving]
    taken = papers.known_names(database, {name for arrival in arrivals for name in arrival.names})
    for place, arrival in enumerate(arrivals):
        if not taken.isdisjoint(arrival.names) and (stored := papers.stored(database, arrival.paper)) is not None:
            key, paper = stored
            arrivals[place] = arrival._replace(known=Known(paper, readings.readers(database, key, paper)))
    return arrivals


def _arrival(paper: Paper) -> Arrival:
    try:
        paper = papers.checked(paper)
    except Refused as error:
        return Arrival(paper, frozenset(), None, error)
    return Arrival(paper, frozenset({*papers.names_of(paper), paper.key}), None, None)


def add(database: Database, arrivals: Sequence[Arrival], read: Sequence[Read | None]) -> list[Kept]:
    """Keep the papers in their order; one that is refused does not stop the others.

    Args:
        arrivals: from :func:`expect`; the store may have changed since.
        read: for each, who has read it and found no mapping in it. It counts only where the paper is new: the text that the
            store has of a known one may be another.
    """
    with database.writing():
        rows = _Rows(database)
        taken = papers.known_names(database, {name for arrival in arrivals for name in arrival.names})
        kept: list[Kept] = []
        for arrival, by in zip(arrivals, read, strict=True):
            if arrival.refused:
                kept.append(arrival.refused)
            elif taken.isdisjoint(arrival.names):
                rows.append(arrival, by)
                kept.append((arrival.paper.key, "new"))
            else:
                rows.write()
                kept.append(known := _one(database, arrival.paper))
                if isinstance(known, tuple):
                    taken.add(known[0])
            taken |= arrival.names
        rows.write()
    return kept


def _one(database: Database, paper: Paper) -> Kept:
    try:
        return papers.add(database, paper)
    except Refused as error:
        return error


class _Rows:
    """Rows of new papers that wait to be written together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._papers: list[tuple[object, ...]] = []
        self._names: list[tuple[str, int]] = []
        self._readings: list[tuple[int, int, bytes]] = []
        self._readers: dict[tuple[str, str], int] = {}
        self._next: int | None = None

    def append(self, arrival: Arrival, read: Read | None) -> None:
        paper, names, *_ = arrival
        if self._next is None:
            row = self._database.one("SELECT coalesce(max(id), 0) + 1 FROM paper")
            assert row is not None
            self._next = row[0]
        if read is not None:
            version = read.by, read.version
            if version not in self._readers:
                self._readers[version] = readings.reader(self._database, *version)
            self._readings.append((self._next, self._readers[version], readings.digest(paper)))
        label, score = (read.label, read.label_score) if read else (None, None)
        self._papers.append((self._next, *paper_row(paper, label=label, label_score=score)))
        self._names += [(name, self._next) for name in names]
        self._next += 1

    def write(self) -> None:
        self._database.run_each(_PAPER, self._papers)
        # Sorted, neighbours in the index are written together.
        self._database.run_each(_NAME, sorted(self._names))
        self._database.run_each(_READING, self._readings)
        self._papers, self._names, self._readings, self._next = [], [], [], None

"""Many papers at once: the same as one after the other, at a fraction of the cost for those that are new or known as they come.

What needs no store is done first, anywhere: :func:`arrival` makes a paper's row and names of it. What is left for the one who
writes is to look whether the names are known, and to write rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kg import papers, readings
from kg.database import Database, Row
from kg.errors import Refused
from kg.model import Paper
from kg.papers import Change
from kg.readings import Glance, Reader
from kg.rows import PAPER_STORED, marks, paper_of, paper_row

_PAPER = f"INSERT INTO paper (id, {PAPER_STORED}) VALUES (?, {marks(PAPER_STORED)})"
_NAME = "INSERT INTO paper_name (name, paper) VALUES (?, ?)"
_READING = "INSERT INTO reading (paper, reader, text) VALUES (?, ?, ?)"
_WAITING = "INSERT INTO waiting (paper, promise) VALUES (?, ?)"
_STORED = ", ".join(f"p.{column}" for column in PAPER_STORED.split(", "))
_LABEL = slice(4, 6)
"""Where a row has the label and its score: what a reader says, and no source."""


class Arrival(NamedTuple):
    """A paper made ready to be kept; plain values, so that it travels between processes fast."""

    row: Row
    names: tuple[str, ...]
    """All that it answers to."""
    text: bytes
    """Tells its text from another text of it, as :func:`kg.readings.digest` has it."""

    @property
    def key(self) -> str:
        return str(self.row[0])

    @property
    def paper(self) -> Paper:
        return paper_of(self.row[:17])


class Kept(NamedTuple):
    """What became of an arrival."""

    key: str
    """Of the paper in the store."""
    change: Change
    readers: frozenset[Reader] = frozenset()
    """Who has read the text that the store has of it now."""
    paper: Paper | None = None
    """The paper of the store, where that has another text than the arrival."""
    glanced: bool = False
    """Whether what a look told is kept with it."""


def arrival(paper: Paper) -> Arrival:
    """``paper`` made ready to be kept.

    Raises:
        Refused: it has no title or key, or holds what no file can.
    """
    paper = papers.checked(paper)
    return Arrival(paper_row(paper), tuple(papers.names_of(paper)), readings.digest(paper))


def add(database: Database, arrivals: Sequence[Arrival], glances: Sequence[Glance | None]) -> list[Kept | Refused]:
    """Keep the papers in their order; one that is refused does not stop the others.

    Args:
        arrivals: from :func:`arrival`.
        glances: for each, what a first look at its text told. It counts only where the paper is new: the text that the store
            has of a known one may be another.
    """
    with database.writing():
        rows = _Rows(database)
        taken = papers.known_names(database, {name for one in arrivals for name in one.names})
        alike = _alike(database, [one for one in arrivals if one.key in taken])
        kept: list[Kept | Refused] = []
        for one, glance in zip(arrivals, glances, strict=True):
            if taken.isdisjoint(one.names):
                rows.append(one, glance)
                kept.append(Kept(one.key, "new", glanced=True))
            elif one.key in alike and _same(one.row, alike[one.key][0]):
                kept.append(Kept(one.key, "known", alike[one.key][1]))
            else:
                rows.write()
                kept.append(known := _one(database, one))
                if isinstance(known, Kept):
                    # Whatever was like it in the store may be so no longer.
                    taken.add(known.key)
                    for key in (known.key, *one.names):
                        alike.pop(key, None)
            taken.update(one.names)
        rows.write()
    return kept


def _same(row: Row, stored: Row) -> bool:
    """Whether an arriving row tells nothing that the stored one does not; a row without a label says nothing of it."""
    label = row[_LABEL] if row[_LABEL.start] is not None else stored[_LABEL]
    return (*row[: _LABEL.start], *label, *row[_LABEL.stop :]) == stored


def _alike(database: Database, arrivals: Iterable[Arrival]) -> dict[str, tuple[Row, frozenset[Reader]]]:
    """By key, the rows of those papers which may be the same, and who has read the text that arrives."""
    texts = {one.key: one.text for one in arrivals}
    keys = json.dumps(list(texts))
    rows = database.all(f"SELECT {_STORED} FROM json_each(?) j CROSS JOIN paper p ON p.key = j.value", (keys,))
    found: dict[str, set[Reader]] = {row[0]: set() for row in rows}
    for key, text, name, version in database.all(
        "SELECT p.key, g.text, r.name, r.version FROM json_each(?) j CROSS JOIN paper p ON p.key = j.value"
        " JOIN reading g ON g.paper = p.id JOIN reader r ON r.id = g.reader",
        (keys,),
    ):
        if text == texts[key]:
            found[key].add((name, version))
    return {row[0]: (row, frozenset(found[row[0]])) for row in rows}


def _one(database: Database, one: Arrival) -> Kept | Refused:
    try:
        key, change = papers.add(database, one.paper)
    except Refused as error:
        return error
    paper, readers = readings.of(database, key)
    return Kept(key, change, readers, None if readings.digest(paper) == one.text else paper)


class _Rows:
    """Rows of new papers that wait to be written together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._papers: list[Row] = []
        self._names: list[Row] = []
        self._readings: list[Row] = []
        self._waiting: list[Row] = []
        self._readers: dict[Reader, int] = {}
        self._next: int | None = None

    def append(self, one: Arrival, glance: Glance | None) -> None:
        if self._next is None:
            row = self._database.one("SELECT coalesce(max(id), 0) + 1 FROM paper")
            assert row is not None
            self._next = int(row[0])
        number, row = self._next, one.row
        if glance is not None and glance.promise is not None:
            self._waiting.append((number, glance.promise))
        elif glance is not None:
            self._readings.append((number, self._reader((glance.by, glance.version)), one.text))
            if glance.label is not None:
                row = (*row[: _LABEL.start], glance.label, glance.label_score, *row[_LABEL.stop :])
        self._papers.append((number, *row))
        self._names += [(name, number) for name in one.names]
        self._next += 1

    def _reader(self, reader: Reader) -> int:
        if reader not in self._readers:
            self._readers[reader] = readings.reader(self._database, *reader)
        return self._readers[reader]

    def write(self) -> None:
        self._database.run_each(_PAPER, self._papers)
        # Sorted, neighbours in the index are written together.
        self._database.run_each(_NAME, sorted(self._names))
        self._database.run_each(_READING, self._readings)
        self._database.run_each(_WAITING, self._waiting)
        self._papers, self._names, self._readings, self._waiting, self._next = [], [], [], [], None

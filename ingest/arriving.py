"""What can be done for a paper before it is in the store, in any process: it is made of its line, made ready, and looked at.

A reader that has ``look(papers)`` tells most papers of a stream from those that are worth reading at a small part of the cost
of reading: for each paper it returns the whole reading, where the look was enough, or how likely the paper states something.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.engines import Readers, name_of
from ingest.sources import Line, Skipped
from kg.errors import BadRecord, Refused
from kg.intake import Arrival, arrival
from kg.model import Paper, Reading
from kg.store import Glance

Record = Paper | BadRecord | Line
Arrived = BadRecord | tuple[Arrival, Glance | None]
"""A paper that is ready to be kept and what a look told of it, or why there is none."""


def arrived(records: Sequence[Record], readers: Readers | None) -> list[Arrived]:
    """Make papers of ``records`` ready to be kept, and look at them; those that are not wanted are left out.

    Args:
        readers: which reader will read a paper; without, nobody looks.
    """
    made = [record.paper() if isinstance(record, Line) else record for record in records]
    ready: list[BadRecord | tuple[Arrival, Paper]] = []
    for one in made:
        if isinstance(one, Paper):
            try:
                ready.append((arrival(one), one))
            except Refused as error:
                ready.append(Skipped(one.key, 0, str(error)))
        elif one is not None:
            ready.append(one)
    if readers is None:
        return [one if isinstance(one, BadRecord) else (one[0], None) for one in ready]
    glances = iter(looks([one[1] for one in ready if not isinstance(one, BadRecord)], readers))
    return [one if isinstance(one, BadRecord) else (one[0], next(glances)) for one in ready]


def looks(papers: Sequence[Paper], readers: Readers) -> list[Glance]:
    """What a look at each of ``papers`` tells; one whose reader does not look first is to be read in any case."""
    found: list[Glance | None] = [None] * len(papers)
    places: dict[int, tuple[Any, list[int]]] = {}
    for place, paper in enumerate(papers):
        reader = readers(paper)
        places.setdefault(id(reader), (reader, []))[1].append(place)
    for reader, mine in places.values():
        for place, told in zip(mine, _looked(reader, [papers[place] for place in mine]), strict=True):
            found[place] = _glance(reader, papers[place], told)
    return [glance for glance in found if glance is not None]


def _looked(reader: Any, papers: Sequence[Paper]) -> Sequence[Reading | float]:
    if not hasattr(reader, "look"):
        return [1.0] * len(papers)
    try:
        return list(reader.look(papers))
    except Exception:
        # Whatever it trips over, it is told when the papers are read, and of each that it concerns.
        return [1.0] * len(papers)


def _glance(reader: Any, paper: Paper, told: Reading | float) -> Glance:
    by, version = name_of(reader), str(reader.VERSION)
    if not isinstance(told, Reading):
        return Glance(by, version, promise=told)
    if paper.abstract is None:
        # A title alone says too little of what kind of paper it is.
        return Glance(by, version)
    return Glance(by, version, told.label, told.label_score)

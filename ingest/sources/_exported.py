"""The rows of an export of exapt: a whole graph, and no list of papers to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ingest.sources._content import Content
from ingest.sources._records import Record, records
from kg import shape
from kg.errors import BadRecord, Refused

Row = dict[str, Any]


class Export(NamedTuple):
    """A file that holds a graph."""

    where: str
    rows: Iterator[Row]
    """Streamed while the file is open, so to be taken before the next record of the source is asked for.

    Raises:
        BadRecord: at the first line that is no row of an export.
        Unreadable: where the file is cut short or damaged.
    """


def export(content: Content) -> Export | None:
    """The export that ``content`` is, told by its first line; else ``None``, and nothing of it is used up."""
    first = content.first_line()
    if b'"type"' not in first:
        return None
    try:
        if not shape.begins(json.loads(first)):
            return None
    except (ValueError, RecursionError):
        return None
    return Export(content.where, _rows(content))


def _rows(content: Content) -> Iterator[Row]:
    order = list(shape.RECORDS)
    last = 0
    for record in records(content):
        if not isinstance(record, Record):
            raise record
        try:
            row = shape.checked(record.value)
        except Refused as error:
            raise BadRecord(record.where, record.line, str(error)) from error
        place = order.index(row["type"])
        if place < last:
            why = f"a {row['type']} comes after a {order[last]}; where two exports were put together, take each in by itself"
            raise BadRecord(record.where, record.line, why)
        last = place
        yield row

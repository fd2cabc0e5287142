"""Papers in RIS, the format of reference managers: lines such as ``TI  - Title``, from ``TY`` to ``ER``.

The lines are read here: the one kept library (rispy) reads a file whole, stops at the first bad line, and joins a record whose
end is missing with the next one, while here such a record is named and the rest goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ingest.sources import _fields
from ingest.sources._content import Content, Source, not_utf8, opened
from ingest.sources._identity import identity, named_arxiv, only_arxiv
from ingest.text import clean
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

DESCRIPTION = "RIS records with title, abstract, authors, date, journal, doi"
NAME = "ris"

_TAG = re.compile(r"(?P<tag>[A-Z][A-Z0-9])  ?-(?: |$)(?P<value>.*)$")
_HEAD = re.compile(rb"(?:\s*[A-Z][A-Za-z ]{2,30}:[^\n]*\n)*\s*TY {1,2}-(?: |\r|\n)")
_TITLES, _ABSTRACTS, _AUTHORS = ("TI", "T1", "CT"), ("AB", "N2"), ("AU", "A1")
_VENUES, _DATES, _ADDRESSES = ("JO", "JF", "T2", "BT", "JA", "J2"), ("DA", "PY", "Y1"), ("UR", "L1", "L2", "LK")
_MOST_LINES = 20_000
"""Lines of one record; more is a file of another kind."""


class _Record(NamedTuple):
    line: int
    fields: dict[str, list[str]]
    why: str
    """What is wrong with it, or nothing."""


def looks_like_ris(head: bytes) -> bool:
    """Whether text that begins like this is RIS: a ``TY`` line, perhaps after the name of the database that made it."""
    return _HEAD.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of ``source``; a broken record is yielded with the line where it begins.

    Raises:
        Unreadable: it holds no RIS record.
    """
    with opened(source) as content:
        yield from papers(content)


def papers(content: Content) -> Iterator[Paper | BadRecord]:
    found = 0
    for record in _records(content):
        found += 1
        yield BadRecord(content.where, record.line, record.why) if record.why else _paper(record, content.where)
    if not found:
        raise Unreadable(content.where, "it holds no RIS record (from a line TY to a line ER)")


def _records(content: Content) -> Iterator[_Record]:
    record: _Record | None = None
    tag = ""
    lines = enumerate(content.lines(), 1)
    for number, line in lines:
        text, why = _decoded(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        if why and record is not None:
            record = record._replace(why=record.why or f"line {number} of this RIS record: {why}")
        found = _TAG.match(text.strip("\r\n"))
        if found is not None and found["tag"] == "TY":
            if record is not None:
                yield record._replace(why=record.why or _no_end(record))
            record, tag = _Record(number, {"TY": [found["value"].strip()]}, ""), "TY"
        elif record is None:
            continue
        elif found is not None and found["tag"] == "ER":
            yield record
            record = None
        elif found is not None:
            tag = found["tag"]
            record.fields.setdefault(tag, []).append(found["value"])
        elif tag != "TY" and record.fields[tag]:
            # A long text goes on over lines without a tag.
            record.fields[tag][-1] += f" {text}"
        if record is not None and number - record.line > _MOST_LINES:
            record = record._replace(why=f"this RIS record has more than {_MOST_LINES:,} lines")
            record.fields.clear()
            record.fields["TY"], tag = [], "TY"
    if record is not None:
        yield record._replace(why=record.why or _no_end(record))


def _decoded(line: bytes) -> tuple[str, str]:
    try:
        return line.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        return line.decode("latin-1"), not_utf8(error, line)


def _no_end(record: _Record) -> str:
    return 'this RIS record has no end (a line "ER  - "); it is cut short' + (
        f": {title[:80]!r}" if (title := _first(record, _TITLES)) else ""
    )


def _first(record: _Record, tags: tuple[str, ...]) -> str:
    return next((text for tag in tags for value in record.fields.get(tag, ()) if (text := clean(value))), "")


def _paper(record: _Record, where: str) -> Paper | BadRecord:
    title = _first(record, _TITLES) or (_first(record, ("BT",)) if record.fields["TY"][0] == "BOOK" else "")
    if not title:
        return BadRecord(where, record.line, 'this RIS record has no title (a line "TI  - ")')
    known = identity(title, arxiv=_arxiv(record), doi=_doi(record))
    authors = tuple(_name(text) for tag in _AUTHORS for value in record.fields.get(tag, ()) if (text := clean(value)))
    addresses = (_fields.web_address(value) for tag in _ADDRESSES for value in record.fields.get(tag, ()))
    return Paper(
        key=known.key,
        title=title,
        abstract=_first(record, _ABSTRACTS) or None,
        authors=tuple(dict.fromkeys(authors)),
        n_authors=len(dict.fromkeys(authors)) or None,
        published=_published(record),
        venue=_venue(record, title),
        url=next(filter(None, addresses), None) or known.address,
        source=NAME,
        ids=known.ids,
    )


def _name(written: str) -> str:
    """ "Last, First" or "Last, First, Jr." as it is spoken."""
    last, *rest = (part.strip() for part in written.split(","))
    return " ".join(filter(None, [*rest[:1], last, *rest[1:]]))


def _published(record: _Record) -> str | None:
    """``DA  - 2021/03/05/`` as an ISO date, ``PY  - 2021//`` as a year; the whole date where there is one."""
    dates = []
    for tag in _DATES:
        for value in record.fields.get(tag, ()):
            parts = [part for part in re.split(r"[/.-]", value.strip()) if part.strip().isdigit()]
            year = next((part for part in parts if len(part) == 4), None) or ""
            whole = "-".join(part.zfill(2) for part in parts[:3]) if parts[:1] == [year] and len(parts) > 2 else ""
            dates.append(_fields.iso_date(whole) or _fields.iso_date(year or value.strip()[:4]))
    known = [date for date in dates if date]
    return max(known, key=len, default=None)


def _venue(record: _Record, title: str) -> str | None:
    venue = _first(record, _VENUES)
    return None if not venue or venue == title or re.match(r"(?:arxiv|corr\b)", venue, re.I) else venue


def _doi(record: _Record) -> str | None:
    values = (value for tag in ("DO", "DI", "M3", "UR", "N1", "L3") for value in record.fields.get(tag, ()))
    return next((doi for value in values if (doi := _fields.doi(clean(value)))), None)


def _arxiv(record: _Record) -> str | None:
    values = (value for tag in ("UR", "JO", "JF", "T2", "M1", "AN", "L1", "PB") for value in record.fields.get(tag, ()))
    named = (named_arxiv(value) for value in values)
    noted = (only_arxiv(value) for value in record.fields.get("N1", ()))
    return next(filter(None, (*named, *noted)), None)

"""The bulk metadata of all of arXiv: one JSON object a line, as its snapshots come, gzip or plain, read line by line."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from ingest.sources import _fields
from ingest.sources._content import Source, opened
from ingest.sources._identity import identity
from ingest.sources._records import Fields, Line, Unusable, lines
from ingest.text import clean
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

DESCRIPTION = "the bulk metadata of arXiv, one JSON object a line, gzip or plain"
NAME = "arxiv_snapshot"


def read(
    source: Source, *, categories: tuple[str, ...] = (), first: str | None = None, last: str | None = None
) -> Iterator[Paper | BadRecord]:
    """Papers of ``source`` in the order of the file.

    Args:
        source: the snapshot.
        categories: such as ``"cs.NE"``, or ``"q-bio"`` for all of an archive; a paper of any of them is wanted; none means all.
        first: earliest day of first submission, ISO.
        last: latest day of first submission, ISO.

    Raises:
        Unreadable: as :func:`ingest.sources.open_path`, and for JSON of another shape.
    """
    for found in unread(source, categories=categories, first=first, last=last):
        made = found.paper() if isinstance(found, Line) else found
        if made is not None:
            yield made


def unread(
    source: Source, *, categories: tuple[str, ...] = (), first: str | None = None, last: str | None = None
) -> Iterator[Line | Paper | BadRecord]:
    """What :func:`read` yields, as lines that are yet to be made papers, elsewhere and several at a time."""
    make = partial(_wanted, categories=frozenset(name.removesuffix(".*") for name in categories), first=first, last=last)
    with opened(source) as content:

        def check(fields: Fields) -> None:
            if not {"id", "title", "abstract"} <= fields.keys():
                raise Unreadable(content.where, "it is JSON, but not arXiv's metadata (no id, title and abstract)")

        yield from lines(content, make, check=check)


def _wanted(record: Fields, *, categories: frozenset[str], first: str | None, last: str | None) -> Paper | None:
    if categories and categories.isdisjoint(_categories(record)):
        return None
    found = paper(record)
    return found if _within(found.published, first, last) else None


def paper(record: Fields) -> Paper:
    """One paper from its line."""
    arxiv = _fields.arxiv(record.get("id"))
    if arxiv is None:
        raise Unusable(f"its id {record.get('id')!r:.40} is no arXiv id")
    title = _fields.title(record)
    known = identity(title, arxiv=arxiv, doi=_fields.doi(next(iter(str(record.get("doi") or "").split()), None)))
    authors = _authors(record)
    return Paper(
        key=known.key,
        title=title,
        abstract=_fields.text(record, "abstract"),
        authors=authors,
        n_authors=len(authors) or None,
        published=_submitted(record.get("versions")) or _fields.iso_date(record.get("update_date")),
        venue=_fields.text(record, "journal-ref"),
        url=known.address,
        source=NAME,
        ids=known.ids,
    )


def _categories(record: Fields) -> set[str]:
    """Categories of a paper, and the archives that they belong to."""
    given = record.get("categories") or ""
    if not isinstance(given, str | list):
        raise Unusable(f"its categories {given!r:.40} are no text")
    names = given.split() if isinstance(given, str) else [name for name in given if isinstance(name, str)]
    return {part for name in names for part in (name, name.partition(".")[0])}


def _authors(record: Fields) -> tuple[str, ...]:
    parsed = record.get("authors_parsed")
    if not isinstance(parsed, list):
        return _fields.people(record.get("authors"))
    names = []
    for entry in parsed:
        if isinstance(entry, list):
            family, given, suffix = ([part if isinstance(part, str) else "" for part in entry] + ["", "", ""])[:3]
            names.append(clean(f"{given} {family} {suffix}"))
    return tuple(name for name in names if name)


def _submitted(versions: Any) -> str | None:
    """Day of the first version; each version says when it was made, as mail does."""
    first = versions[0] if isinstance(versions, list) and versions else None
    created = first.get("created") if isinstance(first, dict) else None
    try:
        return parsedate_to_datetime(created).date().isoformat() if isinstance(created, str) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return _fields.iso_date(created)


def _within(published: str | None, first: str | None, last: str | None) -> bool:
    if not (first or last):
        return True
    return published is not None and (first or "") <= published <= (last or "9999")

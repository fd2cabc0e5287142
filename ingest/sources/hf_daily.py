"""Hugging Face daily papers as their API returns them: a JSON list of entries, each with a ``paper`` inside."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.sources import _fields
from ingest.sources._content import Source, opened
from ingest.sources._records import Fields, Record, Unusable, records
from kg.errors import BadRecord, Unreadable
from kg.model import Paper, title_key

DESCRIPTION = "Hugging Face daily papers as the API returns them (JSON list, gzip or plain)"
NAME = "hf_daily"


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of ``source``; an entry that is no paper is yielded as bad, by its place in the list.

    Raises:
        Unreadable: as :func:`ingest.sources.open_path`, and for JSON of another shape.
    """
    with opened(source) as content:
        listing = False
        for record in records(content):
            if isinstance(record, Record):
                # The first entry tells the file's kind, so that another kind of JSON is one complaint, not a thousand.
                if not listing and not is_listing(record.value):
                    raise Unreadable(content.where, "it is JSON, but not of Hugging Face daily papers (no entry with a paper)")
                listing = True
                yield record.parse(paper)
            else:
                yield record


def is_listing(record: Fields) -> bool:
    """Whether ``record`` is an entry of the listing, or a paper as the API returns it alone."""
    return isinstance(record.get("paper"), dict) or {"id", "title", "summary"} <= record.keys()


def paper(record: Fields) -> Paper:
    """One paper from its entry; what the inner paper lacks is taken from the entry around it."""
    inner = record.get("paper", record)
    if not isinstance(inner, dict):
        raise Unusable("its paper is not an object")
    both = {**{name: value for name, value in record.items() if name != "paper"}, **inner}
    title = _fields.text(inner, "title") or _fields.title(record)
    arxiv = _fields.arxiv(inner.get("id"))
    # Authors who hide their profile are authors all the same.
    authors = _fields.people(both.get("authors"))
    return Paper(
        key=f"arxiv:{arxiv}" if arxiv else title_key(title),
        title=title,
        abstract=_fields.text(inner, "summary") or _fields.text(record, "summary"),
        authors=authors,
        n_authors=len(authors) or None,
        published=_fields.iso_date(both.get("publishedAt")),
        listed=_fields.iso_date(both.get("submittedOnDailyAt")),
        url=f"https://arxiv.org/abs/{arxiv}" if arxiv else None,
        source=NAME,
        ids=(("arxiv", arxiv),) if arxiv else (),
    )

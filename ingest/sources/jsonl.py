"""Papers as JSON objects, one a line, as corpora come: ``{"id", "title", "abstract", "year", "venue", "authors", …}``.

A paper is known by its arXiv id, else its DOI, else its title. The corpus's own id is kept when it is long enough to be its
alone; a mere number may stand for another paper in another corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.sources import _fields
from ingest.sources._content import Source, opened
from ingest.sources._identity import identity
from ingest.sources._records import Fields, Line, Record, lines, records
from ingest.text import clean
from kg.errors import BadRecord
from kg.model import Paper

DESCRIPTION = "JSON lines (or a JSON list) of papers with title, abstract, year, venue, authors, doi, arxiv_id; gzip or plain"
NAME = "jsonl"


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of ``source``, read line by line; a bad line is yielded with its number."""
    with opened(source) as content:
        for record in records(content):
            yield record.parse(paper) if isinstance(record, Record) else record


def unread(source: Source) -> Iterator[Line | Paper | BadRecord]:
    """What :func:`read` yields, where it can be as lines that are yet to be made papers, elsewhere and several at a time."""
    with opened(source) as content:
        yield from lines(content, paper)


def paper(record: Fields) -> Paper:
    """One paper from its fields; only the title must be there."""
    title = _fields.title(record)
    arxiv = _fields.arxiv(record.get("arxiv_id") or record.get("arxiv")) or _arxiv_of(record)
    known = identity(title, arxiv=arxiv, doi=_fields.doi(record.get("doi")))
    corpus = _corpus_id(record.get("id"))
    authors = _fields.people(record.get("authors"))
    return Paper(
        key=known.key,
        title=title,
        abstract=_fields.text(record, "abstract", "summary"),
        authors=authors,
        n_authors=len(authors) or None,
        published=next(filter(None, (_fields.iso_date(record.get(name)) for name in ("published", "date", "year"))), None),
        venue=_fields.text(record, "venue"),
        url=_fields.web_address(record.get("url")) or known.address,
        source=NAME,
        ids=tuple(sorted((*known.ids, *((("corpus", corpus),) if corpus else ())))),
    )


def _arxiv_of(record: Fields) -> str | None:
    # "arxiv:2205.08645" says what it is; bare "2205.08645" as an id might be anybody's number.
    named = record.get("id")
    return _fields.arxiv(named) if isinstance(named, str) and "arxiv" in named.lower() else _fields.arxiv(record.get("url"))


def _corpus_id(value: object) -> str | None:
    named = clean(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return named if len(named) >= 8 and re.search(r"[^\W\d]", named) and re.search(r"\d", named) else None

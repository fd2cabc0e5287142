"""Papers as JSON objects, one a line, as corpora come: ``{"id", "title", "abstract", "year", "venue", "authors", …}``.

A paper is known by its arXiv id, else its DOI, else its title. The corpus's own id is kept when it is long enough to be its
alone; a mere number may stand for another paper in another corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.sources import _fields
from ingest.sources._content import Source, opened
from ingest.sources._exported import Export, export
from ingest.sources._identity import identity
from ingest.sources._records import Fields, Line, Record, Unusable, lines, records
from ingest.text import clean
from kg import shape
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

DESCRIPTION = "JSON lines (or a JSON list) of papers with title, abstract, year, venue, authors, doi, arxiv_id; gzip or plain"
NAME = "jsonl"


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of ``source``, read line by line; a bad line is yielded with its number.

    Raises:
        Unreadable: it is an export of exapt, which is no list of papers.
    """
    with opened(source) as content:
        if export(content):
            raise Unreadable(content.where, "it is an export of exapt, a whole graph; take it in with: exapt ingest jsonl")
        for record in records(content):
            yield record.parse(paper) if isinstance(record, Record) else record


def unread(source: Source) -> Iterator[Line | Paper | BadRecord | Export]:
    """What :func:`read` yields, where it can be as lines that are yet to be made papers, elsewhere and several at a time.

    An export of exapt is yielded as one.
    """
    with opened(source) as content:
        if found := export(content):
            yield found
        else:
            yield from lines(content, paper)


def paper(record: Fields) -> Paper:
    """One paper from its fields; only the title must be there."""
    if shape.begins(record):
        raise Unusable(f"it is a {record['type']} of an export of exapt, which is taken in whole or not at all")
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

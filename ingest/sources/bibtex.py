"""Papers of a bibliography in BibTeX or BibLaTeX, such as reference managers and publishers export.

An entry gives the paper's title, abstract, authors, date, venue and address, and its DOI and arXiv id wherever the entry names
them. What a cross-reference names is filled in from there. Whole proceedings are no paper and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ingest.sources import _fields
from ingest.sources._bibtex_entries import Entry, entries
from ingest.sources._content import Content, Source, opened
from ingest.sources._identity import identity, named_arxiv, only_arxiv
from ingest.sources._latex import plain
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

DESCRIPTION = "BibTeX or BibLaTeX entries with title, abstract, author, year, journal, doi, eprint"
NAME = "bibtex"

_VOLUMES = frozenset("proceedings mvproceedings collection mvcollection periodical set xdata control".split())
_PLACES_OF_IDS = ("eprint", "journal", "journaltitle", "volume", "url", "number")
_INHERITED = ("booktitle", "journal", "journaltitle", "year", "date", "month")
_HEAD = re.compile(
    rb"(?:\s*(?:%[^\n]*|This file was created with[^\n]*|Encoding:[^\n]*)\n)*"
    rb"\s*@\s*(?:[A-Za-z]{2,20})\s*[{(]\s*[^\s{}\"]*\s*[,={}\"]"
)
# Registries of DOIs hand abstracts on with the markup of the publisher.
_PUBLISHERS_MARKUP = re.compile(r"</?jats:[^<>]{1,60}>")
_AND = re.compile(r"(?<!\s)\s+and\s+", re.I)


def looks_like_bibtex(head: bytes) -> bool:
    """Whether text that begins like this is BibTeX: an entry, perhaps after remarks."""
    return _HEAD.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of ``source``; a broken entry is yielded with its line.

    Raises:
        Unreadable: it holds no entry of a paper, or the library is missing.
    """
    with opened(source) as content:
        yield from papers(content)


def papers(content: Content) -> Iterator[Paper | BadRecord]:
    """Papers of ``content`` in order; one that names an entry further on comes once that entry is read."""
    found = 0
    parents: dict[str, dict[str, str]] = {}
    waiting: dict[str, list[Entry]] = {}
    for entry in entries(content):
        if isinstance(entry, BadRecord):
            found += 1
            yield entry
            continue
        key, named = entry.key.casefold(), entry.fields.get("crossref", "").strip().casefold()
        parents[key] = {name: value for name in (*_INHERITED, "title") if (value := entry.fields.get(name))}
        if entry.kind not in _VOLUMES:
            found += 1
            if named and named not in parents:
                waiting.setdefault(named, []).append(entry)
            else:
                yield _paper(entry, parents.get(named, {}), content.where)
        for child in waiting.pop(key, ()):
            yield _paper(child, parents[key], content.where)
    for children in waiting.values():
        for child in children:
            yield _paper(child, {}, content.where)
    if not found:
        raise Unreadable(content.where, "it holds no BibTeX entry of a paper")


def _paper(entry: Entry, parent: Mapping[str, str], where: str) -> Paper | BadRecord:
    fields = dict(entry.fields)
    for name in _INHERITED:
        # The title of the volume is where its papers appeared.
        value = parent.get(name) or (parent.get("title") if name == "booktitle" else None)
        if value:
            fields.setdefault(name, value)
    title = plain(fields.get("title", ""))
    if subtitle := plain(fields.get("subtitle", "")):
        title = f"{title.rstrip(':')}: {subtitle}" if title else subtitle
    if not title:
        return BadRecord(where, entry.line, f"the BibTeX entry {entry.key!r:.80} has no title")
    known = identity(title, arxiv=_arxiv(fields), doi=_fields.doi(plain(fields.get("doi", ""))))
    authors = _authors(fields.get("author", ""))
    return Paper(
        key=known.key,
        title=title,
        abstract=plain(_PUBLISHERS_MARKUP.sub(" ", fields.get("abstract", ""))) or None,
        authors=authors,
        n_authors=None if _AND.split(fields.get("author", ""))[-1].strip() == "others" else len(authors) or None,
        published=_fields.iso_date(fields.get("date", "")) or _date(fields),
        venue=_venue(fields),
        url=_fields.web_address(plain(fields.get("url", ""))) or known.address,
        source=NAME,
        ids=known.ids,
    )


def _arxiv(fields: Mapping[str, str]) -> str | None:
    """The arXiv id, from its own field, from wherever else one stands, or from a note that says nothing else."""
    archive = (fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv").strip().casefold()
    eprint = plain(fields.get("eprint", ""))
    if archive == "arxiv" and (found := _fields.arxiv(eprint)):
        return found
    named = (named_arxiv(plain(fields.get(name, ""))) for name in _PLACES_OF_IDS)
    noted = (only_arxiv(plain(fields.get(name, ""))) for name in ("note", "howpublished"))
    return next(filter(None, (*named, *noted)), None)


def _date(fields: Mapping[str, str]) -> str | None:
    year = re.search(r"(?:1[6-9]|20|21)\d\d", fields.get("date", "") or fields.get("year", ""))
    return year.group() if year else None


def _venue(fields: Mapping[str, str]) -> str | None:
    for name in ("journal", "journaltitle", "booktitle", "school", "institution"):
        venue = plain(fields.get(name, ""))
        # arXiv is where a paper waits for its venue.
        if venue and not re.match(r"(?:arxiv|corr\b)", venue, re.I):
            return venue
    return None


def _authors(written: str) -> tuple[str, ...]:
    found = []
    for name in _outside_braces(_AND, written):
        parts = [plain(part) for part in _outside_braces(re.compile(","), name)]
        # "Last, First" and "Last, Jr, First"
        ordered = [parts[-1], *parts[:-1]] if len(parts) > 1 else parts
        if (whole := " ".join(filter(None, ordered))) and whole.casefold() != "others":
            found.append(whole)
    return tuple(found)


def _outside_braces(mark: re.Pattern[str], text: str) -> list[str]:
    """``text`` cut at each ``mark`` that no braces enclose."""
    parts, start = [], 0
    depth = seen = 0
    for found in mark.finditer(text):
        depth += text.count("{", seen, found.start()) - text.count("}", seen, found.start())
        seen = found.start()
        if not depth:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]

"""A saved page of Hugging Face daily papers: title, abstract, number of authors and date of each, as printed.

The page is read by its shape: a short line (title), long lines (abstract), then "• N authors" and a date, either of which may be
missing. Everything else on it is furniture.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ingest.sources import _fields
from ingest.sources._content import Source, opened, text_of
from ingest.sources._identity import identity
from ingest.sources._markup import Page, page
from ingest.text import clean
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

DESCRIPTION = "a saved page of Hugging Face daily papers (text or html)"
NAME = "hf_page"

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_AUTHORS = re.compile(r"(?:[•·*-]\s*)?(?P<count>\d{1,5})\s+authors?", re.I)
# A number after the date is a count that the page prints beside it.
_DATE = re.compile(
    r"(?:[•·*-]\s*)?(?:Published on\s+)?"
    r"(?P<text>(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+(?P<day>\d{1,2})(?:,\s*(?P<year>\d{4}))?(?:\s+\d{1,5})?)",
    re.I,
)
_FURNITURE = re.compile(
    r"new|subscribe|daily papers|get trending papers.*|by\s*AK\b.*|upvote|papers?|models|datasets|spaces|posts|docs|pricing|"
    r"log in|sign up|search.*|submitted by.*|trending( papers)?|previous|next|view all.*|read more|hugging face|"
    r"company|tos|privacy|about|jobs|"
    r"[\W\d_]+k?|\d+ (?:comments?|upvotes?)",
    re.I,
)
_LEAST_ABSTRACT = 160
_LONGEST_TITLE = 300


@dataclass(slots=True)
class _Entry:
    title: str
    abstract: list[str] = field(default_factory=list)
    n_authors: int | None = None
    date: str | None = None


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of the page ``source``.

    Raises:
        Unreadable: no paper is found on it; and as :func:`ingest.sources.open_path`.
    """
    with opened(source) as content:
        data = content.read()
        yield from papers(page(text_of(data, content.where)), data=data, where=content.where)


def is_page(document: Page) -> bool:
    """Whether ``document`` looks like the listing: "N authors" lines with dates, and its name near the top or several of them."""
    lines = [clean(line) for line in document.text.split("\n") if line.strip()]
    counts = sum(bool(_AUTHORS.fullmatch(line)) for line in lines)
    dates = sum(bool(_DATE.fullmatch(line)) for line in lines)
    named = any(line.casefold() == "daily papers" for line in lines[:60])
    return (named and counts + dates >= 2) or (counts >= 2 and dates >= 1 and counts * 40 >= len(lines))


def papers(document: Page, *, data: bytes, where: str) -> Iterator[Paper]:
    """The papers of ``document``, whose bytes are ``data``, in the order of the page."""
    listed, entries = _entries(_lines(document.text))
    if not entries:
        raise Unreadable(where, "no paper (a title with an abstract, authors or a date) is found on the page")
    digest = hashlib.sha256(data).hexdigest()
    links = {words: arxiv for words, href in document.links if (arxiv := _arxiv_of(href))}
    times = dict(document.times)
    for entry in entries:
        known = identity(entry.title, arxiv=links.get(entry.title))
        yield Paper(
            key=known.key,
            title=entry.title,
            abstract=clean(" ".join(entry.abstract)) or None,
            n_authors=entry.n_authors,
            published=_iso(entry.date, times),
            published_text=entry.date,
            listed=_iso(listed, times),
            url=known.address,
            source=NAME,
            ids=known.ids,
            raw_sha256=digest,
        )


def _lines(text: str) -> Iterator[str]:
    """The page's lines, each cleaned; lines of text that was wrapped at a width are joined again."""
    for chunk in re.split(r"\n\s*\n", text):
        lines = [line for part in chunk.split("\n") if (line := clean(part))]
        run: list[str] = []
        for line in lines:
            if _AUTHORS.fullmatch(line) or _DATE.fullmatch(line) or not _wrapped(run, line):
                if run:
                    yield _joined(run)
                run = []
            run.append(line)
        if run:
            yield _joined(run)


def _joined(run: list[str]) -> str:
    """Wrapped lines as one; a program that wraps may break a compound after its hyphen."""
    return re.sub(r"(?<=\w)-\n(?=\w)", "-", "\n".join(run)).replace("\n", " ")


def _wrapped(run: list[str], line: str) -> bool:
    """Whether ``line`` goes on with ``run``: both are of a width that programs wrap at, and no mark of the page."""
    if not run or _AUTHORS.fullmatch(run[-1]) or _DATE.fullmatch(run[-1]) or _FURNITURE.fullmatch(run[-1]):
        return False
    return 45 <= len(run[-1]) <= 120 and len(line) <= 120 and not _FURNITURE.fullmatch(line)


def _entries(lines: Iterator[str]) -> tuple[str | None, list[_Entry]]:
    """The listing's own date, where printed above the first paper, and the papers."""
    listed: str | None = None
    entries: list[_Entry] = []
    run: list[str] = []
    for line in lines:
        authors, dated = _AUTHORS.fullmatch(line), _DATE.fullmatch(line)
        if not authors and not dated:
            if not _FURNITURE.fullmatch(line):
                run.append(line)
            continue
        if dated and not entries and not any(map(_is_abstract, run)):
            # Above the first abstract stands the day of the listing, and what is above it is no paper.
            listed, run = dated["text"], []
            continue
        entries.extend(_of_run(run, closed=True))
        run = []
        if entries and authors:
            entries[-1].n_authors = int(authors["count"])
        elif entries and dated:
            entries[-1].date = dated["text"]
    entries.extend(_of_run(run, closed=False))
    return listed, entries


def _of_run(run: list[str], *, closed: bool) -> list[_Entry]:
    """The papers among lines that no mark divides; where the run is ``closed`` by a mark, its last title may lack an abstract."""
    entries: list[_Entry] = []
    for number, line in enumerate(run):
        following = run[number + 1] if number + 1 < len(run) else None
        if _is_title(line) and following is not None and _is_abstract(following):
            entries.append(_Entry(line))
        elif entries and (_is_abstract(line) or _is_sentence(line)):
            entries[-1].abstract.append(line)
        elif closed and following is None and _is_title(line):
            entries.append(_Entry(line))
    return entries


def _is_abstract(line: str) -> bool:
    return (len(line) >= _LEAST_ABSTRACT and (". " in line or line.endswith((".", "!", "?")))) or _is_sentence(line)


def _is_sentence(line: str) -> bool:
    return (len(line.split()) >= 5 and line.endswith((".", "!", "…"))) or bool(re.search(r"https?://", line))


def _is_title(line: str) -> bool:
    return len(line) <= _LONGEST_TITLE and not _is_sentence(line) and bool(re.search(r"[^\W\d_]{2}", line))


def _iso(printed: str | None, times: dict[str, str]) -> str | None:
    """A printed date in ISO form; without a year in print only the page's own markup can tell it."""
    found = _DATE.fullmatch(printed) if printed else None
    if found is None or printed is None:
        return None
    if not found["year"]:
        return _fields.iso_date(times.get(printed))
    try:
        return date(int(found["year"]), _MONTHS.index(found["month"].lower()) + 1, int(found["day"])).isoformat()
    except ValueError:
        return None


def _arxiv_of(href: str) -> str | None:
    found = re.search(r"/papers/(\d{4}\.\d{4,5})(?:[?#]|$)", href)
    return found[1] if found else _fields.arxiv(href)

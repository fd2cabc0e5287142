"""Papers and essays as PDF: what is printed on the first pages, in the order in which a reader reads it.

An article's PDF gives the article: its title, its abstract and what page one says of authors, ids and year; the rest of its text
is not kept, because the abstract is what is read and quoted. Its abstract is the section headed so, else the text before the
introduction, else, where an arXiv id or DOI is printed, its first paragraph. A PDF that has none of these, or nothing that an
article has (an id, affiliations, keywords, citations, a numbered introduction), reads like an essay and is kept as one:
its text up to the references, of at most a hundred pages. The year is only taken where it is printed: the
day on which the file was made says little of the paper.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from statistics import median

from ingest.sources._content import Source, opened
from ingest.sources._identity import identity
from ingest.sources._pdf_front import ABSTRACT, INTRODUCTION, Front, front
from ingest.sources._pdf_layout import Line
from ingest.sources._pdf_pages import BODY_PAGES, FIRST_PAGES, LARGEST, Printed, printed
from ingest.sources._pdf_paragraphs import paragraphs
from ingest.sources._pdf_words import joined, unligated, vocabulary
from ingest.sources.essay import title_of
from ingest.text import clean
from kg.errors import BadRecord
from kg.model import Paper

DESCRIPTION = "a PDF: an article's title, abstract and ids, or an essay's text; one or two columns"
NAME = "pdf"

MOST_BYTES = LARGEST + 1
"""So much is read of a file: enough to see that it is too large."""

_LONGEST = 5000
"""Letters of an abstract whose end nothing marks."""
_ABSTRACT_ENDS = re.compile(
    r"\W*(?:key\s?-?words|index terms|ccs concepts|categories and subject|general terms|acm reference|jel class|"
    r"msc\b|pacs\b|contents\W*$|table of contents|references\W*$|acknowledge?ments?\W*$|"
    r"author summary|significance statement|highlights\W*$)|"
    r"(?:1|I|§\s*1)\s*[.:]?\s+[A-Z][\w\s,:-]{2,60}$",
    re.I,
)
_REFERENCES = re.compile(
    r"(?:(?:\d{1,2}|[IVX]{1,5})\s*\.?\s+)?(?:references|bibliography|works cited|literature(?: cited)?|"
    r"references and notes|sources)\W*$",
    re.I,
)
_KEYWORDS = re.compile(r"\W*(?:key\s?-?words|index terms|ccs concepts)\W", re.I)
_CITES = re.compile(r"\bet al\b|\[\d{1,3}(?:[,–-]\s*\d{1,3})*\]|\([A-Z][^()]{1,60},? (?:19|20)\d\d[a-z]?\)")
_OF_AN_ARTICLE = re.compile(r"\S@\S|universit|institut|department|laborator|faculty of|school of", re.I)


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """The one paper that ``source`` is.

    Raises:
        Unreadable: it is no PDF; encrypted, damaged, a book of more than 500 pages, without text; or the library is missing.
    """
    with opened(source, pdf=True) as content:
        yield from papers(content.read(MOST_BYTES), where=content.where)


def papers(data: bytes, *, where: str) -> Iterator[Paper]:
    """The PDF ``data`` as an article or an essay."""
    document = printed(data, where)
    page_one = front(document)
    lines = _written(document)
    abstract = _abstract(lines, page_one)
    if abstract is None and document.pages > FIRST_PAGES:
        lines = _written(printed(data, where, pages=BODY_PAGES))
    body = None if abstract is not None else paragraphs(_without_references(lines), vocabulary(line.text for line in lines))
    title = unligated(page_one.title or title_of(body or abstract or ""))
    known = identity(title, arxiv=page_one.arxiv, doi=page_one.doi)
    authors = tuple(map(unligated, page_one.authors))
    yield Paper(
        key=known.key,
        title=title,
        abstract=abstract or body,
        kind="essay" if abstract is None else "article",
        authors=authors,
        n_authors=len(authors) or None,
        published=page_one.published,
        url=known.address,
        source=NAME,
        ids=known.ids,
        raw_sha256=hashlib.sha256(data).hexdigest(),
    )


def _written(document: Printed) -> list[Line]:
    return [line._replace(text=unligated(line.text)) for sheet in document.sheets for line in sheet.lines if clean(line.text)]


def _abstract(lines: Sequence[Line], page_one: Front) -> str | None:
    """The abstract in one line, or ``None`` where the text reads like an essay."""
    if not _is_article(lines, page_one):
        return None
    known = vocabulary(line.text for line in lines)
    for at, line in enumerate(lines):
        if _REFERENCES.match(clean(line.text)):
            break
        if heading := ABSTRACT.match(clean(line.text)):
            first = heading["rest"] or heading["more"] or ""
            text = joined([first, *_section(lines[at + 1 :], size=line.size if first else None)], known)
            if len(text) >= 80:
                return text
    return _unheaded(lines, page_one, known)


def _is_article(lines: Sequence[Line], page_one: Front) -> bool:
    """Whether anything shows that the text is of a journal or a conference; an essay may have an abstract and references too."""
    if (
        page_one.arxiv
        or page_one.doi
        or any(_OF_AN_ARTICLE.search(line.text) for line in page_one.matter[page_one.after_title :][:12])
    ):
        return True
    for line in lines:
        text = clean(line.text)
        if _KEYWORDS.match(text) or _CITES.search(text):
            return True
        if (heading := INTRODUCTION.match(text)) and heading["number"]:
            return True
    return False


def _section(lines: Sequence[Line], *, size: float | None) -> list[str]:
    """Lines of the abstract, up to what follows it; smaller type between is a footnote, larger type is the next heading."""
    size = size or median([line.size for line in lines[:3]] or [0])
    taken: list[str] = []
    previous: Line | None = None
    for line in lines:
        if INTRODUCTION.match(clean(line.text)) or _ABSTRACT_ENDS.match(clean(line.text)):
            break
        if line.size > 1.08 * size and len(line.text) < 80:
            break
        if line.size < 0.93 * size:
            continue
        length = sum(map(len, taken))
        gap = previous is not None and previous.bottom - line.top > 0.9 * size
        if length > _LONGEST or (length > 1500 and gap):
            break
        taken.append(line.text)
        previous = line
    return taken


def _unheaded(lines: Sequence[Line], page_one: Front, known: frozenset[str]) -> str | None:
    """An abstract without a heading: the text between title and introduction, or the first paragraph of a paper with an id."""
    start = page_one.after_title
    end = next((at for at, line in enumerate(lines) if line.page < 3 and INTRODUCTION.match(clean(line.text))), None)
    if end is None and not (page_one.arxiv or page_one.doi):
        return None
    stretch = lines[start:end] if end is not None else [line for line in lines[start:] if line.page == lines[0].page]
    found = [clean(text) for text in paragraphs(stretch, known).split("\n") if _is_prose(text)]
    if not found:
        return None
    return " ".join(found) if end is not None else found[0]


def _is_prose(text: str) -> bool:
    return (
        len(text.split()) >= 40 and bool(re.search(r"[.!?][\"'”’)\]]*$", text.strip())) and not text.startswith(("*", "†", "©"))
    )


def _without_references(lines: Sequence[Line]) -> Sequence[Line]:
    # A heading of that name in the first third is an entry of a table of contents.
    for at in range(len(lines) // 3, len(lines)):
        if _REFERENCES.match(clean(lines[at].text)):
            return lines[:at]
    return lines

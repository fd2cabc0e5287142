"""An essay, a note or a saved chat about an analogy, kept whole: plain text, Markdown or HTML.

Its lines stay as they stand, because headings and bullets that answer each other state its mappings. What the site around it
added (a player, a reply form) stays in the text but never becomes the title.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from ingest.sources import _fields
from ingest.sources._content import Source, opened, text_of
from ingest.sources._markup import Page, page
from ingest.text import clean
from kg.errors import BadRecord, Unreadable
from kg.model import Paper, title_key

DESCRIPTION = "an essay, note or saved chat (txt, md, html), kept whole with its lines"
NAME = "essay"

_LONGEST_TITLE = 220
_FURNITURE = re.compile(
    r"getting your .* player ready\W*|skip to .*|menu|home|search|subscribe|share|sign (?:in|up)|log ?in|about|contact|posted|"
    r"in|by|new|tags:?|comments?|leave a (?:reply|comment)|chatgpt(?: said)?:?|you said:?|user|assistant|with \S*gpt\S*|"
    r"thought for .* seconds?|listen to this .*|\d+ min(?:ute)?s?(?: read)?|advertisement|(?:table of )?contents|abstract|"
    r"introduction|summary|output image|"
    r"\d{1,2}(?:st|nd|rd|th)? \w+ \d{4}|\w+ \d{1,2}(?:st|nd|rd|th)?,? \d{4}|[\d\s./:-]+|o\d|\d?[a-z]{0,3}\d?o",
    re.I,
)
_FRONT_MATTER = re.compile(r"---\n(?P<fields>.*?)\n(?:---|\.\.\.)(?:\n|$)", re.S)
_FIELD = re.compile(r"^(?P<name>title|date|author):\s*[\"']?(?P<value>.+?)[\"']?\s*$", re.M)
_BULLET = re.compile(r"[•‣◦▪●·*+–-]\s|\(?\w{1,3}[.)]\s+\S.{60}|https?://|\S+@\S+$")
_MARKS = re.compile(r"^#{1,6}\s+|\s+#+$|\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|`")


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """The one paper that ``source`` is.

    Raises:
        Unreadable: as :func:`ingest.sources.open_path`.
    """
    with opened(source) as content:
        data = content.read()
        yield from papers(page(text_of(data, content.where)), data=data, where=content.where)


def papers(document: Page, *, data: bytes, where: str) -> Iterator[Paper]:
    """``document`` as an essay; ``data`` are the bytes that it was read from."""
    body = document.text
    if not re.search(r"[^\W\d_]", body):
        raise Unreadable(where, "it holds no words")
    written = dict(_front_matter(body))
    title = clean(written.get("title", "")) or _page_title(document) or title_of(body)
    authors = document.authors or _fields.people(written.get("author", ""))
    yield Paper(
        key=title_key(title),
        title=title,
        abstract=body,
        kind="essay",
        authors=authors,
        n_authors=len(authors) or None,
        published=_fields.iso_date(document.published or written.get("date")),
        url=_fields.web_address(document.address),
        source=NAME,
        raw_sha256=hashlib.sha256(data).hexdigest(),
    )


def title_of(body: str) -> str:
    """The first line that reads as a title, before any prose; failing that, the first words of the text."""
    lines = [clean(line) for line in body.split("\n")]
    lines = [line for line in lines if re.search(r"[^\W\d_]", line)]
    for line in lines[:40]:
        plain = clean(_MARKS.sub("", line))
        if _FURNITURE.fullmatch(plain):
            continue
        if _is_prose(plain):
            break
        if re.search(r"[^\W\d_]{2}", plain) and not _BULLET.match(line) and not plain.endswith((":", ";", ",")):
            return plain
    first = next((plain for line in lines if not _FURNITURE.fullmatch(plain := clean(_MARKS.sub("", line)))), lines[0])
    return _first_words(first)


def _is_prose(line: str) -> bool:
    return len(line) > _LONGEST_TITLE or (line.endswith((".", "…")) and len(line.split()) > 4)


def _first_words(line: str) -> str:
    line = re.split(r"(?<=[^\d.][.!?])\s", line, maxsplit=1)[0]
    if len(line) <= 120:
        return line
    return line[:120].rsplit(" ", 1)[0].rstrip(",;:–— ") + "…"


def _page_title(document: Page) -> str | None:
    """The heading that a page's title repeats (it often adds the site's name), else its first heading, else its title."""
    for heading in document.headings:
        if document.title and heading.casefold() in document.title.casefold() and len(heading) > 3:
            return heading
    return document.headings[0] if document.headings else document.title


def _front_matter(body: str) -> Iterator[tuple[str, str]]:
    if found := _FRONT_MATTER.match(body):
        for line in _FIELD.finditer(found["fields"]):
            yield line["name"], line["value"]

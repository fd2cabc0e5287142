"""A saved page as lines of text: headings, paragraphs and list items each on their own, as a reader sees them.

Only text comes out; scripts and styles are dropped and nothing of the page is ever run or shown as markup.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

from ingest.text import clean, clean_lines

# What a remark has taken is never given back: else each remark more would double the ways to read them.
_REMARKS = r"\s*(?:<!--.*?-->\s*)*+"
_HTML = re.compile(
    rf"{_REMARKS}<(?:!doctype\s+html|html|head|body|article|main|section|div|h[1-6]|p|ul|ol|title|meta)\b"
    rf"|\s*<\?xml\b[^>]*>{_REMARKS}<(?:!doctype\s+html|html)\b",
    re.I | re.S,
)
_DROPPED = frozenset("script style template svg noscript button select iframe nav canvas object".split())
_PARAGRAPHS = frozenset(
    "address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr html main ol p pre section summary table tbody thead title ul".split()
)
_LINES = frozenset("br li tr option".split())
_HEADINGS = frozenset("h1 h2 h3".split())
_CAPTURED = _HEADINGS | frozenset(("a", "time", "title"))
_DEEPEST = 20
"""Lists within lists that are shown as such."""
_DATES = frozenset("article:published_time citation_publication_date dc.date date".split())


@dataclass(slots=True)
class Page:
    """Text of a document and what its markup says beside the text; for plain text, the text alone."""

    text: str
    title: str | None = None
    headings: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """Words of a link and where it leads."""
    times: list[tuple[str, str]] = field(default_factory=list)
    """A date as printed and as the page gives it to machines."""
    published: str | None = None
    address: str | None = None
    authors: tuple[str, ...] = ()


def page(text: str) -> Page:
    """``text`` as a page: HTML is told by how it begins, anything else (plain text, Markdown) stays as it is written."""
    if not _HTML.match(text):
        return Page(clean_lines(text))
    reader = _Reader()
    reader.feed(text)
    reader.close()
    found = reader.page
    found.text = re.sub(r"\n{3,}", "\n\n", clean_lines("".join(reader.parts)))
    return found


class _Reader(HTMLParser):
    """Collects text with breaks where blocks begin and end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page("")
        self.parts: list[str] = []
        self._breaks = 0
        self._space = False
        self._at_bullet = False
        self._dropping: list[str] = []
        self._dropped = Counter[str]()
        self._pre = 0
        self._lists: list[int | None] = []
        self._cells = 0
        # Elements whose words are also kept apart: (tag, attribute, pieces).
        self._captured: list[tuple[str, str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _DROPPED:
            self._dropping.append(tag)
            self._dropped[tag] += 1
        if self._dropping:
            return
        if tag == "meta":
            self._meta(given)
        elif tag == "link" and given.get("rel") == "canonical":
            self.page.address = given.get("href")
        self._divide(tag)
        if tag == "pre":
            self._pre += 1
        elif tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._bullet()
        elif tag == "tr":
            self._cells = 0
        elif tag in ("td", "th"):
            self._cell()
        if tag in _CAPTURED:
            # None of these holds another of its kind: one that begins again was never ended, and nobody knows where it did.
            self._captured = [one for one in self._captured if one[0] != tag]
            self._captured.append((tag, given.get("href" if tag == "a" else "datetime", ""), []))

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            self._end_dropped(tag)
            return
        self._divide(tag)
        if tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        for number in range(len(self._captured) - 1, -1, -1):
            if self._captured[number][0] == tag:
                self._keep(*self._captured.pop(number))
                break

    def _end_dropped(self, tag: str) -> None:
        """The end of a dropped element is the end of all within it, whether or not they were ended themselves."""
        while self._dropped[tag]:
            last = self._dropping.pop()
            self._dropped[last] -= 1
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._dropping:
            return
        for _, _, pieces in self._captured:
            pieces.append(data)
        if any(tag == "title" for tag, _, _ in self._captured):
            return
        if self._pre:
            self._write(data)
            return
        words = data.split()
        if not words:
            self._space = self._space or bool(data)
            return
        self._space = self._space or data[0].isspace()
        self._write(" ".join(words))
        self._space = data[-1].isspace()

    def _write(self, text: str) -> None:
        if self._breaks and self.parts:
            self.parts.append("\n" * self._breaks)
        elif self._space and self.parts and not self.parts[-1].endswith((" ", "\n")):
            self.parts.append(" ")
        self._breaks, self._space, self._at_bullet = 0, False, False
        self.parts.append(text)

    def _divide(self, tag: str) -> None:
        """Where ``tag`` begins or ends a block, go to a new line (1) or leave one empty (2)."""
        lines = 2 if tag in _PARAGRAPHS else 1 if tag in _LINES else 0
        # A paragraph right after its bullet stays on the bullet's line.
        if lines and (tag == "li" or not self._at_bullet):
            self._breaks, self._space, self._at_bullet = max(self._breaks, lines), False, False

    def _bullet(self) -> None:
        indent = "  " * max(1, min(len(self._lists), _DEEPEST))
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        # Items follow each other line by line, the list as a whole stands apart.
        self._write(f"{indent}{'•' if number is None else f'{number}.'} ")
        self._at_bullet = True

    def _cell(self) -> None:
        if self._cells:
            self._write(" | ")
        self._cells += 1

    def _keep(self, tag: str, attribute: str, pieces: list[str]) -> None:
        words = clean("".join(pieces))
        if not words:
            return
        if tag == "a":
            self.page.links.append((words, attribute))
        elif tag == "time":
            self.page.times.append((words, attribute))
        elif tag == "title":
            self.page.title = self.page.title or words
        else:
            self.page.headings.append(words)

    def _meta(self, given: dict[str, str]) -> None:
        name = (given.get("property") or given.get("name") or "").lower()
        value = clean(given.get("content", ""))
        if name in _DATES:
            self.page.published = self.page.published or value
        elif name == "author" and value:
            self.page.authors = (value,)

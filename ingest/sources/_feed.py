"""A look at an Atom feed before anything reads it: whether it is whole, safe, and says what was asked.

The arXiv package mends broken XML as well as it can, which would pass over a cut feed in silence; and a document type can make
a parser expand a kilobyte to gigabytes. So a feed is first gone through by a parser that builds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.parsers import expat

_ATOM = "http://www.w3.org/2005/Atom "
_TOTAL = "http://a9.com/-/spec/opensearch/1.1/ totalResults"
_DATES = frozenset({f"{_ATOM}published", f"{_ATOM}updated"})
_ERROR = "/api/errors"
_LONGEST = 2000


class Broken(ValueError):
    """The feed does not hold together; another fetch may bring it whole."""


class Unsafe(ValueError):
    """The feed is none that arXiv would send."""


@dataclass(slots=True)
class Feed:
    """What a feed says of itself."""

    entries: int = 0
    total: int = 0
    error: str = ""
    """What arXiv says in place of papers."""


def looked_at(body: bytes) -> Feed:
    """Count the entries of ``body``.

    Raises:
        Broken: it is no well-formed XML, or no feed.
        Unsafe: it has a document type, as arXiv's answers never have.
    """
    look = _Look()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = look.doctype
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = look.start, look.end, look.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Broken(f"it is not whole or no XML ({expat.ErrorString(error.code)}, line {error.lineno})") from error
    if not look.is_feed:
        raise Broken("it is XML, but no Atom feed")
    return look.feed


class _Look:
    def __init__(self) -> None:
        self.feed, self.is_feed = Feed(), False
        self._depth, self._path, self._words = 0, "", ""
        self._is_error = False

    def doctype(self, *_: object) -> None:
        raise Unsafe("it declares a document type or entities, as no answer of arXiv does; it was not read")

    def start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        self._words = ""
        if self._depth == 1:
            self.is_feed = name == f"{_ATOM}feed"
        elif self._depth == 2 and name == f"{_ATOM}entry":
            self.feed.entries += 1
            self._is_error = False

    def text(self, words: str) -> None:
        if len(self._words) < _LONGEST:
            self._words += words

    def end(self, name: str) -> None:
        words = " ".join(self._words.split())
        if self._depth == 2 and name == _TOTAL and words.isdigit() and len(words) < 12:
            self.feed.total = int(words)
        elif self._depth == 3 and name == f"{_ATOM}id":
            self._is_error = _ERROR in words
        elif self._depth == 3 and name == f"{_ATOM}summary" and self._is_error:
            self.feed.error = words[:300] or "an error without a reason"
        elif self._depth == 3 and name in _DATES:
            try:
                datetime.fromisoformat(words.replace("Z", "+00:00"))
            except ValueError:
                raise Broken(f"a date in it cannot be read ({words!r:.40})") from None
        self._depth -= 1
        self._words = ""

"""What kind of XML a file is, told by its first element, so that none becomes an essay of its own markup."""

from __future__ import annotations

from contextlib import suppress
from xml.parsers import expat

ATOM_FEED = "http://www.w3.org/2005/Atom feed"
_XHTML = "http://www.w3.org/1999/xhtml"
_BROKEN = "broken"


def root(head: bytes) -> str:
    """The first element of XML that begins like this, its namespace before it; nothing for HTML and for what is no XML.

    It is XML where it says so: by its declaration, by a document type, or by a namespace. Nothing is read beyond that element.
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"<"):
        return ""
    look = _Look(declared=start.startswith(b"<?xml"))
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler, parser.StartElementHandler = look.doctype, look.element
    with suppress(_Seen, expat.ExpatError, ValueError, LookupError):
        parser.Parse(start, False)
    namespace, _, name = look.name.rpartition(" ")
    if not look.declared or namespace == _XHTML or name.casefold() == "html":
        return ""
    return look.name or _BROKEN


class _Seen(Exception):
    """Enough was read."""


class _Look:
    def __init__(self, *, declared: bool) -> None:
        self.declared, self.name = declared, ""

    def doctype(self, name: str, *_: object) -> None:
        # What a document type declares is never looked at; the element that it is for has the same name.
        self.declared, self.name = True, ATOM_FEED if name == "feed" else name
        raise _Seen

    def element(self, name: str, _: dict[str, str]) -> None:
        self.declared, self.name = self.declared or " " in name, name
        raise _Seen

"""JSON records of a file, one by one: an object a line, or one list, or a single object over many lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from ingest.sources._content import Content, Skipped, not_utf8
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

Fields = dict[str, Any]


class Unusable(ValueError):
    """A record that is no paper; its text says why."""


class Record(NamedTuple):
    """One object of a file, and where it stands: its line, or its place in the file's list."""

    value: Fields
    where: str
    line: int
    listed: bool

    def parse(self, make: Callable[[Fields], Paper]) -> Paper | BadRecord:
        """What ``make`` makes of it, or why it is no paper."""
        try:
            return make(self.value)
        except Unusable as error:
            return self.bad(str(error))

    def bad(self, why: str) -> BadRecord:
        return _bad(self.where, self.line, self.listed, why)


class Line(NamedTuple):
    """A line of a file that nobody has looked into yet: whoever reads the paper may make it, in a process of its own."""

    text: bytes
    where: str
    number: int
    make: Callable[[Fields], Paper | None]
    """A function of a module; it returns ``None`` for a paper that is not wanted."""

    def paper(self) -> Paper | BadRecord | None:
        """The paper of this line, or why it is none; ``None`` where it is not wanted."""
        record = _line(self.text, self.where, self.number)
        return record if isinstance(record, BadRecord) else _made(record, self.make)


def _made(record: Record, make: Callable[[Fields], Paper | None]) -> Paper | BadRecord | None:
    try:
        return make(record.value)
    except Unusable as error:
        return record.bad(str(error))


def lines(
    content: Content, make: Callable[[Fields], Paper | None], *, check: Callable[[Fields], None] = lambda fields: None
) -> Iterator[Line | Paper | BadRecord]:
    """What :func:`records` finds, made into papers by ``make``, but lines that hold an object each are left unread.

    Args:
        check: called with the first object; what it raises ends the file.

    Raises:
        Unreadable: as :func:`records`.
    """
    numbered = ((number, line) for number, line in enumerate(content.lines(), 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        return
    if not _whole(first[1]):
        rest = b"".join(chain([first[1]], (line for _, line in numbered)))
        for place, record in enumerate(_document(rest, content.where, first[0])):
            if place == 0 and isinstance(record, Record):
                check(record.value)
            made = record if isinstance(record, BadRecord) else _made(record, make)
            if made is not None:
                yield made
        return
    record = _line(first[1], content.where, first[0])
    if isinstance(record, Record):
        check(record.value)
    yield Line(first[1], content.where, first[0], make)
    number = first[0]
    try:
        for number, line in numbered:
            yield Line(line, content.where, number, make)
    except BadRecord:
        raise
    except Unreadable as error:
        # The lines before a cut or damaged end are good.
        yield BadRecord(content.where, number + 1, error.why)


def _bad(where: str, number: int, listed: bool, why: str) -> BadRecord:
    return Skipped(where, number, f"entry {number} of its list {why}") if listed else BadRecord(where, number, why)


def looks_like_json(head: bytes) -> bool:
    """Whether text that begins like this is JSON: a brace before a quoted name, or a bracket before a brace."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"["):
        return False
    following = start[1:].lstrip()[:1]
    return following in ((b'"', b"}") if start[:1] == b"{" else (b"{", b"]", b'"', b""))


def records(content: Content) -> Iterator[Record | BadRecord]:
    """Every object of ``content``; a line that is none is yielded as bad, with its number, and the next one is tried.

    Raises:
        Unreadable: a list, or a single object over many lines, is broken as a whole, or holds no objects.
    """
    lines = enumerate(content.lines(), 1)
    for number, line in lines:
        if not line.strip():
            continue
        if not _whole(line):
            # Not an object a line, then: read it all, as a list or one object.
            rest = b"".join(chain([line], (text for _, text in lines)))
            yield from _document(rest, content.where, number)
        else:
            yield _line(line, content.where, number)
            yield from _to_the_end(lines, content.where)
        return


def _to_the_end(lines: Iterator[tuple[int, bytes]], where: str) -> Iterator[Record | BadRecord]:
    number = 1
    try:
        for number, line in lines:
            if line.strip():
                yield _line(line, where, number)
    except BadRecord:
        raise
    except Unreadable as error:
        # The lines before a cut or damaged end are good.
        yield BadRecord(where, number + 1, error.why)


def _whole(line: bytes) -> bool:
    """Whether the first line stands for itself: an object that is closed on it, even if badly formed inside."""
    body = line.removeprefix(b"\xef\xbb\xbf").strip()
    return body.startswith(b"{") and body.endswith(b"}")


def _line(line: bytes, where: str, number: int) -> Record | BadRecord:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return BadRecord(where, number, not_utf8(error, line))
    except json.JSONDecodeError as error:
        return BadRecord(where, number, f"it is not JSON ({error.msg} at column {error.colno})")
    except (ValueError, RecursionError) as error:
        return BadRecord(where, number, f"it is not usable JSON ({type(error).__name__})")
    if not isinstance(value, dict):
        return BadRecord(where, number, f"it is {_kind(value)}, not an object with a title")
    return Record(value, where, number, False)


def _document(data: bytes, where: str, first_line: int) -> Iterator[Record | BadRecord]:
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(where, not_utf8(error, data)) from error
    except json.JSONDecodeError as error:
        yield from _line_by_line(data, where, first_line, error)
        return
    except (ValueError, RecursionError) as error:
        raise Unreadable(where, f"it is not usable JSON ({type(error).__name__})") from error
    if isinstance(value, dict):
        yield Record(value, where, first_line, False)
        return
    if not isinstance(value, list):
        raise Unreadable(where, f"it holds {_kind(value)}, not papers")
    if value and not any(isinstance(entry, dict) for entry in value):
        raise Unreadable(where, "it is a list, but not of papers (objects with a title)")
    for number, entry in enumerate(value, 1):
        if isinstance(entry, dict):
            yield Record(entry, where, number, True)
        else:
            yield _bad(where, number, True, f"is {_kind(entry)}, not an object")


def _line_by_line(data: bytes, where: str, first_line: int, error: json.JSONDecodeError) -> Iterator[Record | BadRecord]:
    """The lines of a file whose first line alone is broken; where no other is whole either, the file is broken."""
    found = [_line(line, where, number) for number, line in enumerate(data.split(b"\n"), first_line) if line.strip()]
    if not any(isinstance(record, Record) for record in found):
        raise Unreadable(where, f"it is not JSON ({error.msg} at line {error.lineno + first_line - 1}, column {error.colno})")
    yield from found


def _kind(value: object) -> str:
    names: dict[type, str] = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "nothing")

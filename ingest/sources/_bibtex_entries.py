"""Entries of a BibTeX file, one by one: their fields as written, with ``@string`` names put in, and the line where each begins.

bibtexparser (MIT; 2.x, released in 2026) cuts the text and goes on after a broken entry, where pybtex (0.26, MIT) would stop.
The file goes through it some hundred entries at a time, so that a bibliography of a million entries needs no more memory than
one of a thousand.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import NamedTuple

from ingest.sources._content import Content, not_utf8
from kg.errors import BadRecord, Unreadable

BLOCK = 400
"""Entries parsed at a time."""
LARGEST = 4 << 20
"""Bytes of one entry; a larger one is a file of another kind, or a brace that is never closed."""
_START = re.compile(rb"\s*@\s*\w+\s*[{(]")
_PART = re.compile(r"\s*(?:(?P<word>[^\s#\"{}]+)|(?P<open>[\"{]))")
_MONTHS = dict(
    zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), "01 02 03 04 05 06 07 08 09 10 11 12".split(), strict=True)
)


class Raw(NamedTuple):
    """One entry as written, and the line where it begins."""

    line: int
    text: str


class Entry(NamedTuple):
    """One entry: ``kind`` and the names of ``fields`` are in lower case, values without their outer braces."""

    kind: str
    key: str
    fields: dict[str, str]
    line: int


def entries(content: Content) -> Iterator[Entry | BadRecord]:
    """All entries of ``content``; one that is broken is named by its line and key, and the next one is read.

    Raises:
        Unreadable: the library is not there.
    """
    try:
        import bibtexparser
    except ImportError as error:
        raise Unreadable(content.where, "BibTeX is read by a library that is not here: pip install 'exapt[bibtex]'") from error
    # Its warnings would go to standard error; what is broken is yielded instead.
    logging.getLogger(bibtexparser.__name__).addHandler(logging.NullHandler())
    names = dict(_MONTHS)
    for block in _blocks(content):
        yield from [block] if isinstance(block, BadRecord) else _parsed(block, content.where, names)


def _blocks(content: Content) -> Iterator[list[Raw] | BadRecord]:
    """Some hundred entries at a time; an entry in another encoding, or too large, is bad by itself."""
    block: list[Raw] = []
    for entry in _raw_entries(content):
        record = entry if isinstance(entry, BadRecord) else _decoded(*entry, content.where)
        if isinstance(record, BadRecord) or len(block) >= BLOCK:
            if block:
                yield block
            block = []
        if isinstance(record, BadRecord):
            yield record
        else:
            block.append(record)
    if block:
        yield block


def _decoded(line: int, entry: bytes, where: str) -> Raw | BadRecord:
    if len(entry) > LARGEST:
        return BadRecord(where, line, f"this entry is larger than {LARGEST >> 20} MB; is a brace left open?")
    try:
        return Raw(line, entry.decode("utf-8-sig" if line == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return BadRecord(where, line, f"in this entry {not_utf8(error, entry)}")


def _raw_entries(content: Content) -> Iterator[tuple[int, bytes] | BadRecord]:
    """The line and the bytes of each entry, with what stands between it and the next one."""
    entry: list[bytes] = []
    first, number, size = 1, 0, 0
    lines, cut = content.lines(), None
    while cut is None:
        try:
            line = next(lines, b"")
        except Unreadable as error:
            # What comes before a cut or damaged end is good.
            cut = BadRecord(content.where, number + 1, error.why)
            break
        if not line:
            break
        number += 1
        if entry and _START.match(line):
            yield first, b"".join(entry)
            entry, first, size = [], number, 0
        # Beyond the largest, only that fact is kept.
        if size <= LARGEST:
            entry.append(line)
            size += len(line)
    if entry:
        yield first, b"".join(entry)
    if cut is not None:
        yield cut


def _parsed(raw: list[Raw], where: str, names: dict[str, str]) -> Iterator[Entry | BadRecord]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import Entry as Written
    from bibtexparser.model import ParsingFailedBlock, String

    try:
        blocks = parse_string("".join(text for _, text in raw), parse_stack=[]).blocks
    except Exception as error:
        # Whatever the library trips over in one entry must not cost the others.
        if len(raw) > 1:
            for one in raw:
                yield from _parsed([one], where, names)
        else:
            yield BadRecord(where, raw[0].line, f"the BibTeX entry cannot be read ({type(error).__name__})")
        return
    for block in blocks:
        line = raw[0].line + (block.start_line or 0)
        if isinstance(block, ParsingFailedBlock) and block.ignore_error_block is not None:
            # A key or a field given twice harms nobody: the first field counts, and both entries.
            block = block.ignore_error_block
        if isinstance(block, ParsingFailedBlock):
            yield BadRecord(where, line, _why(block.raw or ""))
        elif isinstance(block, String):
            names[block.key.casefold()] = _value(str(block.value), names)
        elif isinstance(block, Written):
            fields: dict[str, str] = {}
            for field in block.fields:
                fields.setdefault(field.key.casefold(), _value(str(field.value), names))
            yield Entry(block.entry_type.casefold(), block.key, fields, line)


def _why(raw: str) -> str:
    named = re.match(r"\s*@\s*\w+\s*[{(]\s*([^\s,{}]+)\s*,", raw)
    return f"the BibTeX entry {f'{named[1]!r:.80} ' if named else ''}is broken: a brace, quote or comma is missing"


def _value(written: str, names: dict[str, str]) -> str:
    """A field's value: parts in braces or quotes, numbers and names of ``@string``, joined by ``#``."""
    value, at = "", 0
    while at < len(written) and (part := _PART.match(written, at)):
        if part["word"] is not None:
            value += names.get(part["word"].casefold(), part["word"])
            at = part.end()
        else:
            end = _closing(written, part.end(), part["open"])
            value += written[part.end() : end]
            at = end + 1
        rest = written[at:].lstrip()
        if not rest.startswith("#"):
            # Without a "#" it is more of the same, such as two words that nobody put in braces.
            value += " " if rest else ""
        else:
            at = written.index("#", at) + 1
    return value


def _closing(written: str, start: int, opening: str) -> int:
    """Place of the brace or quote that closes the one before ``start``; the end where none does."""
    depth = 0
    for found in re.finditer(r"\\.|[{}\"]", written[start:], re.S):
        mark = found.group()
        if mark == ("}" if opening == "{" else '"') and depth == 0:
            return start + found.start()
        depth += {"{": 1, "}": -1}.get(mark, 0)
    return len(written)

"""The outline of an essay or saved chat: headings, labels, list items, table rows and paragraphs, each with its offsets.

Plain text has no marked headings, so a heading is told by its shape (short, alone, no full stop), its numbering, or a
markdown mark. A *label* is a heading that introduces the lines right below it ("Chaperone Proteins:"); a paragraph that ends
in a colon labels the list that it leads into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

BlockKind = Literal["heading", "label", "lead_in", "item", "row", "paragraph"]

_BULLET = re.compile(
    r"(?P<indent>[ \t]*)(?:[•‣◦▪●○∙·✅✔☑➤►▶]|[\U0001F300-\U0001FAFF\u2600-\u27BF]\uFE0F?(?=\s)"
    r"|[-*+–—](?=\s)|\(?(?:\d{1,3}|[a-z])[.)](?=\s))\s*"
)
_BARE_BULLET = re.compile(r"[ \t]*[•‣◦▪●○∙·*+–-]\s")
_MARKDOWN = re.compile(r"(?P<marks>#{1,6})\s+")
_NUMBERED = re.compile(
    r"(?:(?P<roman>[IVXLC]{1,6}[.)])|(?:Part|Section|Chapter)\s+\w+[.:]|(?P<digits>\d{1,2}(?:\.\d{1,2})*[.)]?))\s+(?=\S)"
)
_BOLD_LINE = re.compile(r"(?:\*\*|__)(?P<inner>[^*_]+)(?:\*\*|__)(?P<colon>:?)\s*$")
_RULE = re.compile(r"\s*(?:[-=*_]\s*){3,}$")
_HEAD = re.compile(
    r"(?P<open>\*\*|__|\*)?(?P<head>[^:.!?\n|]{2,90}?)(?:\*\*|__|\*)?(?:\s*:(?:\*\*|__|\*)?\s+"
    r"|(?:\*\*|__)?\s+(?:[—–-]|→|➡️?)\s+)(?=\S)"
)
_ENTRY = re.compile(r"\s*(?:\*\*)?[A-Z][^:.!?,]{1,40}:(?:\*\*)?\s")
_SAID = re.compile(r"\b(?:is|are|was|were|can|could|has|have|does|do|did|will|must|should|if)\b")
_END = (".", "!", "?", "…", ";", ",")
_SKIPPED = re.compile(
    r"(?:references|bibliography|works cited|further reading|citations|sources|acknowledge?ments?"
    r"|leave a reply|comments|tags)\s*:?$",
    re.I,
)


class Extent(NamedTuple):
    """Characters ``start`` to ``end`` of the essay's body."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One heading, item, row or paragraph; ``extent`` leaves out its bullet, number and marks."""

    kind: BlockKind
    extent: Extent
    level: int = 0
    """Of headings: smaller stands higher."""
    indent: int = 0
    head: Extent | None = None
    """The words before the colon in "Guiding Proper Folding: Chaperones assist …"."""
    body: Extent
    """What follows the head; the whole where there is none."""
    cells: tuple[Extent, ...] = ()
    path: tuple[Block, ...] = ()
    """The headings and labels above it, highest first."""

    def of(self, text: str) -> str:
        return text[self.extent.start : self.extent.end]


class _Line(NamedTuple):
    start: int
    text: str
    blank_before: int


def outline(text: str) -> list[Block]:
    """The blocks of ``text`` in order, without its list of references and what follows a reply form."""
    blocks: list[Block] = []
    above: list[Block] = []
    skipping: int | None = None
    for block in _blocks(text):
        if block.kind in ("heading", "label", "lead_in"):
            if skipping is not None and block.level > skipping:
                continue
            skipping = block.level if _SKIPPED.match(block.of(text)) else None
            while above and above[-1].level >= block.level:
                above.pop()
        if skipping is not None:
            continue
        placed = Block(
            kind=block.kind,
            extent=block.extent,
            level=block.level,
            indent=block.indent,
            head=block.head,
            body=block.body,
            cells=block.cells,
            path=tuple(above),
        )
        blocks.append(placed)
        if placed.kind in ("heading", "label", "lead_in"):
            above.append(placed)
    return blocks


def _lines(text: str) -> Iterator[_Line]:
    position = blank = 0
    for raw in text.splitlines(keepends=True):
        line = raw.rstrip()
        if not line.strip() or _RULE.match(line):
            blank += 1
        else:
            yield _Line(position, line, blank)
            blank = 0
        position += len(raw)


def _blocks(text: str) -> Iterator[Block]:
    lines = list(_lines(text))
    index = 0
    while index < len(lines):
        line = lines[index]
        after = lines[index + 1] if index + 1 < len(lines) else None
        if cells := _cells(line):
            extent = _trim(text, line.start, line.start + len(line.text))
            yield Block(kind="row", extent=extent, body=extent, cells=cells)
            index += 1
            continue
        if heading := _heading(text, line, after, first=index == 0):
            yield heading
            index += 1
            continue
        bullet = _BULLET.match(line.text)
        start = line.start + (bullet.end() if bullet else 0)
        end = line.start + len(line.text)
        index += 1
        while index < len(lines) and _continues(lines[index - 1], lines[index], within_item=bullet is not None):
            end = lines[index].start + len(lines[index].text)
            index += 1
        yield _prose(text, _trim(text, start, end), bullet, lines[index] if index < len(lines) else None)


def _continues(before: _Line, line: _Line, *, within_item: bool) -> bool:
    """Whether ``line`` goes on with the paragraph or item that ``before`` belongs to, as in text wrapped by hand."""
    if before.text.endswith((".", "!", "?")) and (_ENTRY.match(line.text) or "↔" in line.text):
        return False
    if line.blank_before or _BULLET.match(line.text) or line.text.lstrip().startswith(("|", "#")) or before.text.endswith(":"):
        return False
    if within_item:
        return line.text[:1].isspace() or (len(before.text) > 60 and not before.text.endswith("."))
    return len(before.text) > 50 or line.text.lstrip()[:1].islower()


def _prose(text: str, extent: Extent, bullet: re.Match[str] | None, after: _Line | None) -> Block:
    indent = len(bullet["indent"].expandtabs(4)) if bullet else 0
    whole = text[extent.start : extent.end]
    if whole.endswith(":"):
        deeper = after is not None and (found := _BULLET.match(after.text)) and len(found["indent"].expandtabs(4)) > indent
        if bullet is None:
            return Block(kind="lead_in", extent=extent, level=30, body=extent)
        if deeper:
            label = _trim(text, extent.start, extent.end - 1)
            return Block(kind="label", extent=label, level=40 + indent, indent=indent, body=label)
    head = _HEAD.match(whole)
    if head is None or len(head["head"].split()) > 11 or _SAID.search(head["head"]):
        return Block(kind="item" if bullet else "paragraph", extent=extent, indent=indent, body=extent)
    return Block(
        kind="item" if bullet else "paragraph",
        extent=extent,
        indent=indent,
        head=_trim(text, extent.start + head.start("head"), extent.start + head.end("head")),
        body=_trim(text, extent.start + head.end(), extent.end),
    )


def _heading(text: str, line: _Line, after: _Line | None, *, first: bool) -> Block | None:
    """The heading that ``line`` is, if its shape says so."""
    bare = line.text.strip()
    start = line.start + len(line.text) - len(line.text.lstrip())
    if marked := _MARKDOWN.match(bare):
        return _title(text, start + marked.end(), line, level=len(marked["marks"]))
    if bold := _BOLD_LINE.match(bare):
        colon = bool(bold["colon"]) or bold["inner"].rstrip().endswith(":")
        return _title(text, start, line, level=20 if colon else 12)
    if after is None or _BARE_BULLET.match(line.text):
        return None
    words = bare.split()
    if len(words) > (20 if sum(word[:1].isupper() for word in words) > len(words) / 2 else 12) or bare.endswith(_END):
        return None
    numbered = _NUMBERED.match(bare)
    if line.text[:1].isspace() and numbered:
        return None
    if numbered:
        listed = _NUMBERED.match(after.text.strip()) is not None and not after.blank_before
        if listed or _HEAD.match(bare[numbered.end() :]):
            return None
        level = 8 if numbered["roman"] else 10 + 2 * (numbered["digits"] or "1").rstrip(".)").count(".")
        return _title(text, start + numbered.end(), line, level=level)
    if bare.endswith(":"):
        return _title(text, start, line, level=20)
    alone = first or line.blank_before or after.blank_before
    if not alone or not (bare[0].isupper() or bare[0] in "“\"'") or (_HEAD.match(bare) and len(words) > 12):
        return None
    return _title(text, start, line, level=9 if line.blank_before > 1 or first else 14)


def _title(text: str, start: int, line: _Line, *, level: int) -> Block:
    extent = _trim(text, start, line.start + len(line.text), also="*_#: ")
    numbered = _NUMBERED.match(text[extent.start : extent.end])
    if numbered and not numbered["roman"]:
        extent = _trim(text, extent.start + numbered.end(), extent.end, also="*_#: ")
    return Block(kind="label" if level >= 20 else "heading", extent=extent, level=level, body=extent)


def _cells(line: _Line) -> tuple[Extent, ...]:
    """The cells of a table row, written with bars or tabs; none for a line of other kinds."""
    bare = line.text.strip()
    if "|" in bare and (bare.startswith("|") or bare.count("|") >= 2):
        mark = "|"
    elif "\t" in bare and not _BULLET.match(line.text):
        mark = "\t"
    else:
        return ()
    found: list[Extent] = []
    position = line.start
    for part in line.text.split(mark):
        if part.strip(" *_`"):
            left = len(part) - len(part.lstrip(" *_`\t"))
            found.append(Extent(position + left, position + len(part.rstrip(" *_`\t"))))
        position += len(part) + 1
    return tuple(found) if len(found) >= 2 else ()


def _trim(text: str, start: int, end: int, *, also: str = "") -> Extent:
    marks = " \t\r\n" + also
    while start < end and text[start] in marks:
        start += 1
    while end > start and text[end - 1] in marks:
        end -= 1
    return Extent(start, end)

"""Lines of pages put together as paragraphs, headings and bullets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ingest.sources._pdf_layout import CELL, Line
from ingest.sources._pdf_words import joined

_BULLET = re.compile(r"(?:[•‣◦▪●∙·◆■□➢✓*\uf0b7\uf0a7\u2043–—-]|\(?(?:\d{1,2}|[a-z])[.)])\s+\S")
_PRIVATE_BULLET = re.compile(r"^[\uf0b7\uf0a7\uf0d8](?=\s)")
_ENDS = re.compile(r"[.!?:][\"'”’)\]]*$")


def paragraphs(lines: Sequence[Line], known: frozenset[str] = frozenset()) -> str:
    """Text of ``lines``: wrapped lines are joined, bullets and short lines stay lines, a blank line parts what a gap parts."""
    if not lines:
        return ""
    drops = [drop for a, b in pairwise(lines) if 0 < (drop := a.bottom - b.bottom) < 3 * a.size and _alike(a, b)]
    pitch = median(drops) if drops else 1.2 * lines[0].size
    ends = _column_ends(lines)
    text, block = "", [_cells(lines[0])]
    for at, (line, following) in enumerate(pairwise(lines)):
        between = _between(line, following, pitch=pitch, end=ends[at])
        if between:
            text += joined(block, known) + between
            block = []
        block.append(_cells(following))
    text += joined(block, known)
    return "\n".join(_PRIVATE_BULLET.sub("•", line) for line in text.split("\n"))


def _cells(line: Line) -> str:
    return line.text.replace(CELL, " | ")


def _between(line: Line, following: Line, *, pitch: float, end: float) -> str:
    """What parts two lines that follow each other: nothing, a line end, or a blank line."""
    if not _alike(line, following):
        return "\n\n"
    drop = line.bottom - following.bottom
    if not 0 < drop < 1.4 * pitch:
        # At a new column or page, a sentence goes on where it was cut.
        elsewhere = drop <= 0 or following.page != line.page
        return "" if elsewhere and not _ENDS.search(line.text) and following.text[:1].islower() else "\n\n"
    if _BULLET.match(following.text) or CELL in line.text or CELL in following.text:
        return "\n"
    short = line.right < line.left + 0.85 * (end - line.left)
    if short and (_ENDS.search(line.text) or not following.text[:1].islower()):
        return "\n"
    indented = following.left > line.left + 0.9 * line.size
    return "\n" if indented and _ENDS.search(line.text) and not _BULLET.match(line.text) else ""


def _alike(line: Line, following: Line) -> bool:
    return abs(line.size - following.size) <= 0.08 * max(line.size, following.size)


def _column_ends(lines: Sequence[Line]) -> list[float]:
    """For each line, where the lines of its column end; a column ends where the next line stands higher."""
    ends: list[float] = []
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines[at].page != lines[at - 1].page or lines[at].bottom > lines[at - 1].bottom:
            ends += [max(line.right for line in lines[start:at])] * (at - start)
            start = at
    return ends

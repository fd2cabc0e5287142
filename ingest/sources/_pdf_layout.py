"""Lines of a page in the order in which a reader reads them: down the left column, then down the right one.

A heading, a table or a figure that reaches across the columns ends them: what stands above it is read before it. Lengths are in
points, and ``y`` grows upwards, as in a PDF.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

_MARGIN = 0.09
"""Share of a page's height, at its head and at its foot, in which running heads and page numbers stand."""
_STRIPE = 8.0
CELL = "   "
"""Between parts of a line that stand far from each other."""
_FEWEST = 4
"""Lines that each of two columns must have."""


class Piece(NamedTuple):
    """Letters that stand together on a line: a whole line of a column, a cell of a table, a raised number."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float

    @property
    def middle(self) -> float:
        return (self.bottom + self.top) / 2


class Line(NamedTuple):
    """A line of one column."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    page: int
    """Counted from 0."""
    marginal: bool
    """Whether it stands in the head or foot of its page."""


class Sheet(NamedTuple):
    """One page: its lines in order, and the turned text at its side, such as arXiv's stamp."""

    lines: tuple[Line, ...]
    side: str = ""
    edges: tuple[str, ...] = ()
    """What stood in its head and foot and is no part of its text."""


def sheets(pages: Sequence[dict[str, Any]]) -> list[Sheet]:
    """Pages as read by :mod:`ingest.sources._pdf_glyphs`, lines in reading order, page numbers and heads left out."""
    found = []
    for number, page in enumerate(pages):
        pieces = [Piece(*piece) for piece in page["pieces"]]
        upright = [piece for piece in pieces if piece.size > 0]
        side = " ".join(piece.text for piece in pieces if piece.size == 0)
        edge = _MARGIN * page["height"]
        lines = _columns(upright, number, (edge, page["height"] - edge), depth=0)
        found.append(Sheet(tuple(lines), side))
    return _without_heads(found)


def _columns(pieces: list[Piece], page: int, body: tuple[float, float], *, depth: int) -> list[Line]:
    gutter = _gutter(pieces) if depth < 3 else None
    if gutter is None:
        return _lines(pieces, page, body)
    lines: list[Line] = []
    waiting: list[Piece] = []
    # Each piece across the gutter, from the top down, lies below the columns that are read before it.
    across = [piece for piece in pieces if piece.left < gutter < piece.right]
    beside = sorted((piece for piece in pieces if not piece.left < gutter < piece.right), key=lambda piece: -piece.middle)
    for line in _lines(across, page, body):
        while beside and (beside[0].middle > line.top or _same_line(beside[0], line)):
            waiting.append(beside.pop(0))
        level = [piece for piece in waiting if _same_line(piece, line)]
        lines += _sides([piece for piece in waiting if piece not in level], gutter, page, body, depth)
        # What stands on one line with a piece across is more of that line.
        lines += _lines([piece for piece in across if _same_line(piece, line)] + level, page, body) if level else [line]
        waiting = []
    return lines + _sides(beside, gutter, page, body, depth)


def _sides(pieces: list[Piece], gutter: float, page: int, body: tuple[float, float], depth: int) -> list[Line]:
    left = [piece for piece in pieces if piece.right <= gutter]
    right = [piece for piece in pieces if piece.right > gutter]
    return _columns(left, page, body, depth=depth + 1) + _columns(right, page, body, depth=depth + 1)


def _same_line(piece: Piece, line: Line | Piece) -> bool:
    lower = min(piece.top - piece.bottom, line.top - line.bottom)
    return min(piece.top, line.top) - max(piece.bottom, line.bottom) > 0.5 * lower


def _gutter(pieces: list[Piece]) -> float | None:
    """Where a white stripe parts two columns; ``None`` where there is one column."""
    if len(pieces) < 2 * _FEWEST:
        return None
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    size = median(piece.size for piece in pieces)
    best: tuple[float, float] | None = None
    # The stripe begins where lines of the left column end and is about as wide as a letter or wider.
    starts = Counter(round(piece.right) for piece in pieces if 0.2 < (piece.right - left) / (right - left + 1e-9) < 0.8)
    for start in sorted(start for start, _ in starts.most_common(100)):
        place = start + 0.35 * size
        before = [piece for piece in pieces if piece.right <= place]
        after = [piece for piece in pieces if piece.left >= place]
        cost = len(pieces) - len(before) - len(after)
        if not _are_columns(before, after, cost):
            continue
        width = min(piece.left for piece in after) - max(piece.right for piece in before)
        if width >= 0.6 * size and (best is None or (cost, -width) < best):
            best, gutter = (cost, -width), place
    return gutter if best is not None else None


def _are_columns(before: list[Piece], after: list[Piece], across: int) -> bool:
    """Whether both sides are columns of text: enough lines, side by side, and few across."""
    if min(len(before), len(after)) < _FEWEST or across > 0.5 * (len(before) + len(after)):
        return False
    left, right = _rows(before), _rows(after)
    # Justified words may stand so far apart that a line is many pieces, so rows are measured. Bullets or numbers beside their
    # text are no column of their own, and neither are the short cells of a table.
    if not (_is_filled(left) and _is_filled(right)):
        return False
    shared = min(left[0][0].top, right[0][0].top) - max(left[-1][0].bottom, right[-1][0].bottom)
    return shared > 0.3 * sum(row[0].top - row[0].bottom for row in min(left, right, key=len))


def _is_filled(rows: list[list[Piece]]) -> bool:
    """Whether lines go on to the end of a column that is wide enough to be read as text."""
    starts, ends = [min(p.left for p in row) for row in rows], [max(p.right for p in row) for row in rows]
    whole = max(ends) - min(starts)
    size = median(row[0].size for row in rows)
    width = median(end - start for start, end in zip(starts, ends, strict=True))
    return len(rows) >= _FEWEST and whole > 13 * size and width > 0.5 * whole


def _lines(pieces: Iterable[Piece], page: int, body: tuple[float, float]) -> list[Line]:
    """Pieces of one column as lines from the top down; raised and lowered pieces join the line that they belong to."""
    return [_line(sorted(row, key=lambda piece: piece.left), page, body) for row in _rows(pieces)]


def _rows(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces that stand on one line, from the top down."""
    rows: list[list[Piece]] = []
    # Rows by the heights that they cover, so that a page of thousands of pieces costs no more than its pieces.
    covering: dict[int, list[list[Piece]]] = defaultdict(list)
    # The tallest first, so that a raised number finds its line there.
    for piece in sorted(pieces, key=lambda piece: (-round(piece.size), -piece.middle, piece.left)):
        row = next((row for row in reversed(covering[int(piece.middle // _STRIPE)]) if _same_line(piece, row[0])), None)
        if row is not None:
            row.append(piece)
            continue
        rows.append([piece])
        first, last = int(piece.bottom // _STRIPE), int(piece.top // _STRIPE)
        for stripe in range(first, min(last, first + 200) + 1):
            covering[stripe].append(rows[-1])
    return sorted(rows, key=lambda row: -row[0].middle)


def _line(row: list[Piece], page: int, body: tuple[float, float]) -> Line:
    main = max(row, key=lambda piece: len(piece.text))
    text = row[0].text
    for piece, following in pairwise(row):
        gap = following.left - piece.right
        text += _blank(gap / min(piece.size, following.size)) + following.text
    marginal = not body[0] < main.middle < body[1]
    right = max(piece.right for piece in row)
    return Line(text, row[0].left, main.bottom, right, main.top, main.size, page, marginal)


def _blank(gap: float) -> str:
    """What parts two pieces of a line: nothing, a blank, or ``CELL`` where they are cells of a table; ``gap`` in letter sizes."""
    return "" if gap <= 0.15 else " " if gap < 2 else CELL


def _without_heads(found: list[Sheet]) -> list[Sheet]:
    """Pages without page numbers, and without what stands in the head or foot of several of them."""
    shapes = Counter(shape for sheet in found for shape in {_shape(line) for line in sheet.lines if line.marginal})
    often = max(2, len(found) // 4)
    return [_parted(sheet, {shape for shape, times in shapes.items() if times >= often}) for sheet in found]


def _parted(sheet: Sheet, heads: set[str]) -> Sheet:
    edges = [
        line for line in sheet.lines if line.marginal and (_shape(line) in heads or _PAGE_NUMBER.fullmatch(line.text.strip()))
    ]
    return sheet._replace(
        lines=tuple(line for line in sheet.lines if line not in edges), edges=tuple(line.text for line in edges)
    )


_PAGE_NUMBER = re.compile(r"[\s–—-]*(?:page\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[\s–—-]*", re.I)


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text).strip()

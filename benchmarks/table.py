"""What a benchmark prints: rows of words, aligned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def lines(rows: Iterable[Sequence[object]]) -> list[str]:
    """Each row as a line, its columns aligned, numbers to the right; the first row is the head."""
    table = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    aligned = []
    for row in table:
        cells = [c.rjust(w) if c[:1].isdigit() else c.ljust(w) for c, w in zip(row, widths, strict=True)]
        aligned.append("  ".join(cells).rstrip())
    aligned.insert(1, "  ".join("-" * width for width in widths))
    return aligned


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)

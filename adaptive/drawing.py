"""Pictures as text: line charts with spread and strips of paired differences, as SVG that follows the page's colours.

Nothing here sets a colour: every mark carries a class, and the page's style sheet says what it looks like by day and by night.
All text is escaped.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 680, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 12, 40
LETTER = 6.6
"""Width of a letter of a name, which are drawn at 12 units, at the most on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve: ``middle`` at equal steps from 0 to 1, its spread where it has one, and the class that styles it."""

    name: str
    style: str
    middle: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Paired differences with one arm: a dot a seed, their mean, and its interval."""

    name: str
    style: str
    dots: tuple[float, ...]
    mean: float
    low: float
    high: float


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    size = 10.0 ** math.floor(math.log10(span / about))
    step = next(size * factor for factor in (1, 2, 5, 10) if span / (size * factor) <= about)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def chart(lines: Sequence[Line], *, title: str, across: str, up: str) -> str:
    """A line chart; ``across`` and ``up`` label its axes. Nothing to draw gives an empty string."""
    shown = [line for line in lines if len(line.middle) > 1 and any(map(math.isfinite, line.middle))]
    values = [v for line in shown for v in (*line.middle, *line.low, *line.high) if math.isfinite(v)]
    if not values:
        return ""
    low, high = _room(min(values), max(values))

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    marks = [_axis_up(ticks(low, high), y), _axis_across(across), _label_up(up)]
    for line in shown:
        xs = [LEFT + (k + 1) / len(line.middle) * (WIDTH - LEFT - RIGHT) for k in range(len(line.middle))]
        if line.low:
            band = [(x, y(v)) for x, v in zip(xs, line.high, strict=True) if math.isfinite(v)]
            band += [(x, y(v)) for x, v in reversed(list(zip(xs, line.low, strict=True))) if math.isfinite(v)]
            marks.append(f'<polygon class="band {line.style}" points="{_points(band)}"/>')
    for line in shown:
        xs = [LEFT + (k + 1) / len(line.middle) * (WIDTH - LEFT - RIGHT) for k in range(len(line.middle))]
        path = [(x, y(v)) for x, v in zip(xs, line.middle, strict=True) if math.isfinite(v)]
        name = f"<title>{escape(line.name)}</title>"
        marks.append(f'<polyline class="line {line.style}" points="{_points(path)}">{name}</polyline>')
    return _picture(title, marks, HEIGHT) + _legend(shown)


def strips(rows: Sequence[Strip], *, title: str, across: str, floor: float) -> str:
    """A row of dots for each arm; the shaded middle is what does not count, ``floor`` to each side of 0."""
    values = [v for row in rows for v in (*row.dots, row.low, row.high) if math.isfinite(v)]
    if not values:
        return ""
    shade = floor if math.isfinite(floor) else 0.0
    low, high = _room(min([*values, -shade, 0.0]), max([*values, shade, 0.0]))
    left, row_height = max(80, 16 + round(LETTER * max(len(row.name) for row in rows))), 34
    height = TOP + row_height * len(rows) + BOTTOM

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (WIDTH - left - RIGHT)

    bottom = height - BOTTOM
    marks = [f'<rect class="floor" x="{x(-shade):.1f}" y="{TOP}" width="{x(shade) - x(-shade):.1f}" height="{bottom - TOP}"/>']
    for tick in ticks(low, high, about=6):
        kind = "zero" if abs(tick) < 1e-12 else "grid"
        marks.append(f'<line class="{kind}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{bottom}"/>')
        marks.append(f'<text class="tick" x="{x(tick):.1f}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    for number, row in enumerate(rows):
        y = TOP + row_height * (number + 0.5)
        marks.append(f'<text class="name" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(row.name)}</text>')
        for place, dot in enumerate(row.dots):
            if math.isfinite(dot):
                # Dots of one row lie at fixed different heights, so that equal ones can be told apart.
                marks.append(f'<circle class="dot {row.style}" cx="{x(dot):.1f}" cy="{y - 6 + (place * 7 % 13):.1f}" r="2.6"/>')
        if math.isfinite(row.mean):
            marks.append(f'<line class="interval" x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
            marks.append(f'<circle class="mean" cx="{x(row.mean):.1f}" cy="{y:.1f}" r="4.5"/>')
    marks.append(f'<text class="axis" x="{WIDTH / 2:.0f}" y="{height - 6}" text-anchor="middle">{escape(across)}</text>')
    return _picture(title, marks, height)


def escape(text: str) -> str:
    return html.escape(text, quote=True)


def _room(low: float, high: float) -> tuple[float, float]:
    """A little room around the values, and some where all are equal."""
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return low - margin, high + margin


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _axis_up(values: Sequence[float], y: Callable[[float], float]) -> str:
    marks = []
    for value in values:
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        marks.append(f'<text class="tick" x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    return "".join(marks)


def _axis_across(label: str) -> str:
    marks = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT + share * (WIDTH - LEFT - RIGHT)
        anchor = "end" if share == 1.0 else "middle"
        marks.append(f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="{anchor}">{share:.0%}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    marks.append(f'<text class="axis" x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(label)}</text>')
    return "".join(marks)


def _label_up(label: str) -> str:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return f'<text class="axis" transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(label)}</text>'


def _picture(title: str, marks: Sequence[str], height: int) -> str:
    inside = f"<title>{escape(title)}</title>{''.join(marks)}"
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">{inside}</svg>'


def _legend(lines: Sequence[Line]) -> str:
    swatch = (
        '<svg class="swatch" viewBox="0 0 26 8" aria-hidden="true"><line class="line {}" x1="0" x2="26" y1="4" y2="4"/></svg>'
    )
    named = {line.name: line for line in lines}.values()
    items = "".join(f"<li>{swatch.format(line.style)}{escape(line.name)}</li>" for line in named)
    return f'<ul class="legend">{items}</ul>'

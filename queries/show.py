"""An answer and the five forms that it can be shown in: a table to read, JSON, lines of JSON, CSV, Markdown."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from queries.session import session, store_option, wipe

STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters above ASCII, ends of lines and paragraphs, and marks that turn the direction of writing."""
FORMATS = ("table", "json", "ndjson", "csv", "md")
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows of one shape; values are what JSON can hold, and a dict among them reads as its ``"text"``."""

    columns: tuple[str, ...]
    rows: Sequence[Row] = ()
    below: tuple[str, ...] = ()
    """Columns that a table prints under their row, one line a value, since they are long: quotes, sums."""
    aside: tuple[str, ...] = ()
    """Columns that a table leaves out, for want of room; all other forms have them."""
    note: str = ""
    """A line for standard error: what was not found and what to try, or what the rows leave out."""
    status: int = 0
    """Exit status of the command that gives it."""


def output_options(function: Callable[..., Answer]) -> Callable[..., None]:
    """Give a command that returns an :class:`Answer` the options ``--format`` and ``--store``, and show what it returns."""

    @store_option
    @click.option(
        "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print the rows."
    )
    @functools.wraps(function)
    def shown(*args: Any, form: str, **kwargs: Any) -> None:
        answer = function(*args, **kwargs)
        show(answer, form)
        if answer.status:
            click.get_current_context().exit(answer.status)

    return shown


def show(answer: Answer, form: str = "table") -> None:
    """Print ``answer`` on standard output, its note on standard error."""
    text = {"table": as_table, "json": as_json, "ndjson": as_ndjson, "csv": as_csv, "md": as_markdown}[form](answer)
    wipe()
    if text:
        click.echo(text, nl=not text.endswith("\n"))
    if answer.note:
        session().say(answer.note)


def as_json(answer: Answer) -> str:
    return _told(json.dumps([_picked(answer, row) for row in answer.rows], ensure_ascii=False, indent=1))


def as_ndjson(answer: Answer) -> str:
    return _told("\n".join(json.dumps(_picked(answer, row), ensure_ascii=False) for row in answer.rows))


def _told(text: str) -> str:
    """JSON of the same value in which nothing steers a terminal: JSON itself spells only the first control characters out."""
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_csv(answer: Answer) -> str:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([" | ".join(lines_of(row.get(column))) for column in answer.columns] for row in answer.rows)
    return out.getvalue()


def as_markdown(answer: Answer) -> str:
    def cell(value: object) -> str:
        safe = "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines_of(value))
        return safe.replace("|", "\\|")

    head = [f"| {' | '.join(answer.columns)} |", f"|{'---|' * len(answer.columns)}"]
    return "\n".join([*head, *(f"| {' | '.join(cell(row.get(column)) for column in answer.columns)} |" for row in answer.rows)])


def as_table(answer: Answer) -> str:
    """Columns as wide as they need, wrapped to the terminal; the ``below`` columns indented under their row."""
    if not answer.rows:
        return ""
    import shutil
    import textwrap

    across = [column for column in answer.columns if column not in (*answer.below, *answer.aside)]
    cells = [["; ".join(lines_of(row.get(column))) for column in across] for row in answer.rows]
    room = max(60, min(shutil.get_terminal_size((110, 24)).columns, 160))
    widths = _widths([across, *cells], room)
    out = [click.style(_line(across, widths), bold=True)]
    for row, values in zip(answer.rows, cells, strict=True):
        wrapped = [textwrap.wrap(value, width) or [""] for value, width in zip(values, widths, strict=True)]
        height = max(map(len, wrapped))
        out += [_line([part[n] if n < len(part) else "" for part in wrapped], widths) for n in range(height)]
        under = [(column, line) for column in answer.below for line in _paragraphs(row.get(column))]
        for column, line in under:
            lead = f"    {column}: " if column != "evidence" else "    "
            out += textwrap.wrap(line, room, initial_indent=lead, subsequent_indent="      ", break_on_hyphens=False)
        if under:
            out.append("")
    return "\n".join(out).rstrip("\n")


def lines_of(value: object) -> list[str]:
    """``value`` as lines to read, runs of blanks made one. A paper's text must not steer a terminal: control characters go, and
    marks that turn the direction of writing are spelled out."""
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return lines_of(value.get("text", json.dumps(value, ensure_ascii=False)))
    if isinstance(value, (list, tuple)):
        return [line for item in value for line in lines_of(item)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, float):
        return [f"{value:.2f}" if 0.1 <= abs(value) < 1000 or value == 0 else f"{value:.2g}"]
    plain = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in str(value))
    return [STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", " ".join(plain.split()))]


def _paragraphs(value: object) -> list[str]:
    """A list of words is one line, a list of facts one line each."""
    lines = lines_of(value)
    return ["; ".join(lines)] if lines and isinstance(value, (list, tuple)) and isinstance(value[0], str) else lines


def _picked(answer: Answer, row: Row) -> dict[str, object]:
    return {column: row.get(column) for column in answer.columns}


def _line(values: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{value:<{width}}" for value, width in zip(values, widths, strict=True)).rstrip()


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Width of each column: what its longest cell needs, the widest giving way first until all fit in ``room``."""
    widths = [max(len(row[n]) for row in rows) or 1 for n in range(len(rows[0]))]
    # A word is not broken unless it is very long.
    words = [max(len(word) for row in rows for word in (row[n].split() or [""])) for n in range(len(widths))]
    floor = [min(width, max(8, min(word, 30))) for width, word in zip(widths, words, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > room:
        over = [n for n, width in enumerate(widths) if width > floor[n]]
        if not over:
            break
        widest = max(over, key=lambda n: widths[n])
        widths[widest] -= 1
    return widths

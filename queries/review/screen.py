"""What a finding looks like in a terminal: lines of at most its width, both ends of the mapping marked in the quote."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import click

from kg.model import Evidence, Mapping, Paper, Span
from queries.plain import cells, escaped, one_line

NARROWEST, WIDEST = 24, 100
STYLES = {"mechanism": {"fg": "green", "bold": True}, "technique": {"fg": "cyan", "bold": True}, "number": {"dim": True}}
MARKS = {"mechanism": "[]", "technique": "{}"}
"""Round the words of each end, so that they stand out without colour too."""

KEYS = (
    "a accept  r reject  f fix words  n rename  m merge  s skip  u undo  q quit  ?",
    "a accept  r reject  f n m s u q quit  ?",
    "a r f n m s u q ?",
)
"""The same at three widths."""
HELP = """\
a  accept: the paper states this mapping
r  reject: it does not; no later reading brings it up again
f  fix: type or number the exact words that name the mechanism and the technique
n  rename one of the two concepts; its old name still finds it
m  merge one of the two concepts into another that means the same
s  skip: decide nothing
u  undo the last decision, rename or merge, also one of an earlier time
q  quit; all that was decided is kept"""


class Piece(NamedTuple):
    """One letter, or one escape in place of it, and how it is shown."""

    text: str
    style: str = ""


def keys(columns: int) -> str:
    """The keys that can be typed, at as much length as there is room."""
    return next((line for line in KEYS if len(line) <= columns), KEYS[-1])


def width() -> int:
    """Columns to write in: one less than the terminal has, since some break the line at the last one."""
    return max(NARROWEST, min(shutil.get_terminal_size((80, 24)).columns - 1, WIDEST))


def finding(
    *, paper: Paper, mapping: Mapping, names: tuple[str, str], evidence: Evidence, passages: int, columns: int
) -> list[str]:
    """The lines of one finding: the mapping, the paper, who read it, the quote."""
    year = f" ({paper.year})" if paper.year else ""
    count = "" if passages == 1 else f", in {passages} passages"
    mechanism, technique = names
    return [
        *_painted(
            [*_styled(mechanism, "mechanism"), *_plain(f" -> {mapping.relation} -> "), *_styled(technique, "technique")], columns
        ),
        *_painted(_plain(f"{one_line(paper.title)}{year}, {one_line(paper.key)}"), columns),
        *_painted(_plain(f"read by {one_line(evidence.by)}, score {evidence.score:.2f}{count}"), columns),
        "",
        *quote(paper, evidence, columns),
    ]


def quote(paper: Paper, evidence: Evidence, columns: int) -> list[str]:
    """The passages, indented, both ends marked; words that stand elsewhere in the paper on a line of their own."""
    ends = {"mechanism": evidence.mechanism_span, "technique": evidence.technique_span}
    pieces: list[Piece] = []
    for number, passage in enumerate(evidence.passages):
        text = paper.text(passage.field) or ""
        pieces += [*_plain(" … " if number else "")]
        pieces += _marked(text, passage, ends)
    lines = ["  " + line for line in _painted(pieces, columns - 2)]
    for side, span in ends.items():
        if span is not None and not any(_within(span, passage) for passage in evidence.passages):
            held = paper.text(span.field)
            where = "title" if span.field == "title" else "text around it"
            if held is None:
                pieces = _plain(f"the {side} is named in the abstract, whose text is not here")
            else:
                pieces = [*_plain(f"the {side} is named in the {where}: "), *_styled(held[span.start : span.end], side)]
            lines += ["  " + line for line in _painted(pieces, columns - 2)]
    return lines


def numbered(words: Iterable[str], columns: int) -> list[str]:
    """Words with their numbers before them."""
    pieces: list[Piece] = []
    for number, word in enumerate(words, 1):
        pieces += [Piece(f"{number} ", "number"), *_plain(one_line(word)), Piece(" ")]
    return ["  " + line for line in _painted(pieces, columns - 2)]


def said(text: str, columns: int) -> list[str]:
    """A remark, wrapped."""
    return _painted(_plain(one_line(text)), columns)


def _plain(text: str) -> list[Piece]:
    return [Piece(letter) for letter in text]


def _styled(words: str, side: str) -> list[Piece]:
    return [Piece(letter, side) for letter in (MARKS[side][0], *one_line(words), MARKS[side][1])]


def _within(span: Span, passage: Span) -> bool:
    return span.field == passage.field and passage.start <= span.start and span.end <= passage.end


def _marked(text: str, passage: Span, ends: dict[str, Span | None]) -> list[Piece]:
    pieces: list[Piece] = []
    inside = {side: span for side, span in ends.items() if span is not None and _within(span, passage)}
    for place in range(passage.start, min(passage.end, len(text))):
        covering = [side for side, span in inside.items() if span.start <= place < span.end]
        pieces += [Piece(MARKS[side][0], side) for side in covering if inside[side].start == place]
        letter = text[place]
        pieces.append(Piece(" " if letter.isspace() else escaped(letter), covering[0] if covering else ""))
        pieces += [Piece(MARKS[side][1], side) for side in reversed(covering) if inside[side].end == place + 1]
    return pieces


def _painted(pieces: list[Piece], columns: int) -> list[str]:
    lines = []
    for line in _wrapped(pieces, columns):
        runs = itertools.groupby(line, key=lambda piece: piece.style)
        lines.append("".join(_paint("".join(piece.text for piece in run), style) for style, run in runs))
    return lines


def _paint(text: str, style: str) -> str:
    look = STYLES.get(style)
    return click.style(text, **look) if look else text  # type: ignore[arg-type]


def _wrapped(pieces: list[Piece], columns: int) -> Iterator[list[Piece]]:
    """Lines of whole words; a word wider than a line is cut, though never before a mark that belongs to the letter before."""
    line: list[Piece] = []
    used = 0
    for is_blank, run in itertools.groupby(pieces, key=lambda piece: piece.text == " "):
        word = list(run)
        if is_blank:
            if line and used < columns:
                line.append(Piece(" ", word[0].style))
                used += 1
            continue
        size = sum(cells(piece.text) for piece in word)
        if used and used + size > columns:
            yield _trimmed(line)
            line, used = [], 0
        for piece in word:
            wide = cells(piece.text)
            if wide and used + wide > columns:
                yield line
                line, used = [], 0
            line.append(piece)
            used += wide
    if line:
        yield _trimmed(line)


def _trimmed(line: list[Piece]) -> list[Piece]:
    return line[:-1] if line[-1].text == " " else line

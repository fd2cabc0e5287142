"""Pages as a typesetter places them, line by line: articles in two columns and essays, written as PDF; what is read back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence

import pytest

from ingest.sources import open_path
from kg.model import Paper

canvas = pytest.importorskip("reportlab.pdfgen.canvas")
WIDTH, HEIGHT = 612, 792
TITLE = "Chaperones for Weights"
ABSTRACT = (
    "Cells refold damaged proteins with chaperones before they throw them away. We let an optimizer repair its weights "
    "likewise, and call the bio-inspired rule Refold. On two streams of tasks it keeps what was learned, and its "
    "com\u00adpu\u00adta\u00adtion costs no more than gra\u00addi\u00adent des\u00adcent. The effi\u00adcient effect is due to "
    "re\u00adpair alone, as three gradient-based con\u00adtrols with\u00adout it show."
)
BODY = (
    "Networks that learn one task after another lose what they knew. Biology has met the same difficulty in proteins, which "
    "unfold under heat and are folded again by helpers. "
)


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` letters; a word is cut at its hyphens and soft hyphens where that fills a line."""
    lines, line = [], ""
    for word in text.split():
        parts = re.split("(?<=[\u00ad-])", word)
        first = True
        for number, part in enumerate(parts):
            plain = part.strip("\u00ad")
            cut = "-" if part.endswith("\u00ad") and number < len(parts) - 1 else ""
            if len(line) + first + len(plain) + len(cut) > width:
                lines.append(line + ("-" if not first and not line.endswith("-") else ""))
                line, first = "", True
            line += (" " if first and line else "") + plain
            first = False
    return [*lines, line]


class Pages:
    """Writes PDFs line by line, as a typesetter places them."""

    def __init__(self, **options: object) -> None:
        self._file = io.BytesIO()
        self.canvas = canvas.Canvas(self._file, pagesize=(WIDTH, HEIGHT), invariant=1, **options)

    def line(self, x: float, y: float, text: str, *, size: float = 10, font: str = "Times-Roman") -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text)

    def centred(self, y: float, text: str, *, size: float = 10) -> None:
        self.canvas.setFont("Times-Roman", size)
        self.canvas.drawCentredString(WIDTH / 2, y, text)

    def column(self, x: float, y: float, lines: Iterable[str], *, size: float = 10, font: str = "Times-Roman") -> None:
        for number, text in enumerate(lines):
            self.line(x, y - 1.2 * size * number, text, size=size, font=font)

    def justified(self, x: float, y: float, text: str, *, width: float) -> None:
        """A line whose blanks are stretched so that it fills the column, however wide they get."""
        written = self.canvas.beginText(x, y)
        written.setFont("Times-Roman", 10)
        written.setWordSpace((width - self.canvas.stringWidth(text, "Times-Roman", 10)) / max(1, text.count(" ")))
        written.textOut(text)
        self.canvas.drawText(written)

    def stamp(self, text: str) -> None:
        """Text that climbs up the left margin."""
        self.canvas.saveState()
        self.canvas.rotate(90)
        self.canvas.setFont("Times-Roman", 20)
        self.canvas.drawString(250, -30, text)
        self.canvas.restoreState()

    def end_page(self) -> None:
        self.canvas.showPage()

    def bytes(self) -> bytes:
        self.canvas.save()
        return self._file.getvalue()


def columns() -> tuple[list[str], list[str]]:
    """Lines of both columns of page one; the right one goes on where the left one ends."""
    text = wrapped(BODY * 22, 48)
    left = ["Abstract", *wrapped(ABSTRACT, 48), "1 Introduction"]
    return [*left, *text[: 40 - len(left)]], text[40 - len(left) : 80 - len(left)]


def two_columns(*, title: str = TITLE, stamp: str = "", footer: str = "", by_rows: bool = False, **options: object) -> bytes:
    """An article of two pages in two columns, with a running head, a footnote, page numbers and references."""
    pages = Pages(**options)
    if stamp:
        pages.stamp(stamp)
    pages.centred(760, "Workshop on Learning Machines and Living Cells", size=8)
    pages.centred(700, title, size=17)
    pages.centred(675, "Ada Prentice, Boris Quell and Chi Ruan", size=11)
    pages.centred(660, "Institute of Warm Things, Example City", size=9)
    left, right = columns()
    if by_rows:
        for number, (a, b) in enumerate(zip(left, right, strict=False)):
            pages.line(54, 630 - 12 * number, a)
            pages.line(318, 630 - 12 * number, b)
    else:
        pages.column(54, 630, left)
        pages.column(318, 630, right)
    pages.line(54, 80, "* Equal contribution. Correspondence to ada@example.org", size=7)
    if footer:
        pages.centred(50, footer, size=8)
    pages.centred(30, "1")
    pages.end_page()
    pages.centred(760, "Workshop on Learning Machines and Living Cells", size=8)
    pages.column(
        54, 720, ["2 Methods", *wrapped(BODY * 4, 48), "References", "[1] A. Uthor. On nothing at all. arXiv:1999.00001."]
    )
    pages.centred(30, "2")
    return pages.bytes()


def essay_pages(paragraphs: Sequence[str], *, title: str = "Sleep and Replay", pages: int = 1) -> bytes:
    made = Pages()
    for page in range(pages):
        made.centred(765, "A Notebook", size=8)
        y = 720.0
        if page == 0:
            made.line(72, y, title, size=20)
            y -= 40
        for text in paragraphs:
            lines = wrapped(text, 90)
            made.column(72, y, lines)
            y -= 12 * len(lines) + 10
        made.centred(30, f"Page {page + 1} of {pages}")
        made.end_page()
    return made.bytes()


def only(data: bytes) -> Paper:
    (paper,) = open_path(io.BytesIO(data))
    assert isinstance(paper, Paper)
    return paper


def reads(text: str) -> str:
    return text.replace("\u00ad", "")

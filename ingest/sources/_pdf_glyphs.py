"""A PDF's letters and where they stand, read in a process of its own: a malicious or broken file ends there and nowhere else.

Run as a program: the PDF comes on standard input, JSON goes to standard output. It imports nothing of this package, sets its own
limits of memory and processor time where the system has such limits, and is ended from outside when it takes too long.
The arguments are the most pages to read and the seconds it may take.
"""

from __future__ import annotations

import ctypes
import json
import math
import sys
from typing import Any

MEMORY = 2 << 30
MOST_LETTERS = 3_000_000
"""So many letters are more than a book; a page that claims more is cut."""
MOST_PIECES = 5_000
"""A page of text has some hundred pieces; a drawing with so many labels is not read to its end."""
_HYPHENS = {0x02: "-", 0xAD: "-", 0x2010: "-", 0x2011: "-", 0xFFFE: "-"}


def read(data: bytes, most_pages: int) -> dict[str, Any]:
    """Facts of the document and, for each of its first pages, its size and pieces ``[text, left, bottom, right, top, size]``."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        locked = pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD
        return {"error": "locked" if locked else "damaged"}
    count = len(document)
    facts = {name: value for name, value in document.get_metadata_dict().items() if isinstance(value, str)}
    pages: list[dict[str, Any]] = []
    letters = 0
    for number in range(min(count, most_pages)):
        try:
            page = document[number]
            width, height = page.get_size()
            # The text goes when the object that holds it does.
            text = page.get_textpage()
            pieces = _pieces(text.raw)
        except pypdfium2.PdfiumError:
            # One broken page does not cost the others.
            continue
        pages.append({"width": width, "height": height, "pieces": pieces})
        letters += sum(len(piece[0]) for piece in pieces)
        if letters > MOST_LETTERS:
            break
    return {"count": count, "facts": facts, "pages": pages}


def _pieces(page: Any) -> list[list[Any]]:
    """Letters of one page joined to pieces of a line, in the order of the file; turned text comes last, without a place."""
    import pypdfium2.raw as pdfium

    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    upright: list[_Piece] = []
    turned: list[str] = []
    space = False
    for at in range(min(pdfium.FPDFText_CountChars(page), MOST_LETTERS)):
        code = pdfium.FPDFText_GetUnicode(page, at)
        letter = _HYPHENS.get(code) or (chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "")
        if letter.isspace():
            space = True
            continue
        if code < 0x20 and letter != "-":
            continue
        pdfium.FPDFText_GetMatrix(page, at, matrix)
        if abs(matrix.b) > abs(matrix.a):
            turned.append((" " if space else "") + letter)
            space = False
            continue
        pdfium.FPDFText_GetLooseCharBox(page, at, box)
        pdfium.FPDFText_GetCharOrigin(page, at, x, y)
        size = pdfium.FPDFText_GetFontSize(page, at) * math.hypot(matrix.c, matrix.d)
        if not (math.isfinite(size) and size > 0 and math.isfinite(x.value + y.value + box.left + box.right)):
            continue
        if not upright or not upright[-1].takes(x.value, y.value, size):
            if len(upright) == MOST_PIECES:
                break
            upright.append(_Piece(x.value, y.value, size))
        upright[-1].add(letter, space, x.value, box.right, size)
        space = False
    lines = [piece.as_list() for piece in upright]
    return [*lines, ["".join(turned), -1, -1, -1, -1, 0]] if turned else lines


class _Piece:
    """Letters that follow each other on one line."""

    def __init__(self, left: float, base: float, size: float) -> None:
        self.text: list[str] = []
        self.sizes: list[float] = []
        self.left = self.right = self.last = left
        self.base, self.size = base, size

    def takes(self, x: float, base: float, size: float) -> bool:
        """Whether a letter here goes on with the line; what is further off is another line, column or cell."""
        larger = max(self.size, size)
        # A ligature's letters share one place, so the right end may lie ahead of the next letter.
        forward = self.last - 0.1 * larger < x < self.right + 0.85 * larger
        return abs(base - self.base) < 0.15 * larger and forward

    def add(self, letter: str, space: bool, x: float, right: float, size: float) -> None:
        # Small capitals come with a space that nobody sees between the large first letter and the rest.
        if space and self.text and x - self.right > 0.1 * min(self.size, size):
            self.text.append(" ")
        self.text.append(letter)
        self.sizes.append(size)
        self.right, self.last, self.size = max(self.right, right), x, size

    def as_list(self) -> list[Any]:
        size = sorted(self.sizes)[len(self.sizes) // 2]
        place = (self.left, self.base - 0.22 * size, self.right, self.base + 0.72 * size, size)
        return ["".join(self.text), *(round(value, 2) for value in place)]


def _limit(seconds: int) -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such limits; the time is kept from outside.
        return
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    _limit(int(sys.argv[2]))
    json.dump(read(sys.stdin.buffer.read(), int(sys.argv[1])), sys.stdout)

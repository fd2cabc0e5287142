"""Pages of a PDF, from a process of its own, or why there are none.

The library is pypdfium2, the engine of Chrome's PDF viewer, made to read what anybody sends: it is released monthly, free
(Apache-2.0 and BSD), has wheels of four megabytes for every system, needs nothing else, and tells each letter with its place at
half the cost of pypdf and a third of that of pdfminer.six. pypdf tells text in the order of the file, which need not be that
of the columns; pdfminer.six was last released in January 2026 and brings a library of cryptography along.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from ingest.sources._pdf_layout import Sheet, sheets
from kg.errors import Unreadable

SECONDS = 60
"""A paper takes less than one."""
LARGEST = 256 << 20
MOST_PAGES = 500
"""More pages are a book."""
FIRST_PAGES = 8
"""Pages in which an article's abstract is looked for; a thesis has it behind its front matter."""
BODY_PAGES = 100
"""Pages of an essay that are kept."""
_PROGRAM = Path(__file__).with_name("_pdf_glyphs.py")
_WHY = {
    "locked": "it is encrypted; save a copy without a password",
    "damaged": "it is a damaged or cut PDF; fetch it again",
}


class Printed(NamedTuple):
    """What a PDF says: how many pages it has, its own facts such as ``"Title"``, and its first pages."""

    pages: int
    facts: dict[str, str]
    sheets: list[Sheet]


def printed(data: bytes, where: str, *, pages: int = FIRST_PAGES, seconds: int = SECONDS) -> Printed:
    """The first ``pages`` pages of the PDF ``data``.

    Raises:
        Unreadable: encrypted, damaged, a book, too large, pictures without text, or it took more than ``seconds``; or
            the library is not there.
    """
    if importlib.util.find_spec("pypdfium2") is None:
        raise Unreadable(where, "PDFs are read by a library that is not here: pip install 'exapt[pdf]'")
    if len(data) > LARGEST:
        raise Unreadable(where, f"it is a PDF of more than {LARGEST >> 20} MB; save its first pages as a file of their own")
    told = _told(data, where, pages, seconds)
    if "error" in told:
        raise Unreadable(where, _WHY[told["error"]])
    if not told["count"]:
        raise Unreadable(where, _WHY["damaged"])
    if told["count"] > MOST_PAGES:
        raise Unreadable(where, f"it is a PDF of {told['count']:,} pages, a book; save the pages you need as a file of their own")
    found = sheets(told["pages"])
    text = "".join(line.text for sheet in found for line in sheet.lines)
    if sum(letter.isalpha() for letter in text) < 40:
        raise Unreadable(
            where, "it is a PDF with hardly any text; if its pages are pictures, run OCR over it first, such as ocrmypdf"
        )
    if sum(letter.isalpha() or letter.isspace() for letter in text) < 0.4 * len(text):
        raise Unreadable(where, "the letters of this PDF cannot be told; run OCR over it first, such as ocrmypdf --force-ocr")
    return Printed(told["count"], told["facts"], found)


def _told(data: bytes, where: str, pages: int, seconds: int) -> dict[str, Any]:
    try:
        # -P: the folder of the program is not searched for modules, so that no file beside it takes a library's name.
        command = [sys.executable, "-P", str(_PROGRAM), str(pages), str(seconds)]
        done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(where, f"the PDF was not read after {seconds} seconds, so it is left alone") from error
    except OSError as error:
        raise Unreadable(where, f"no process to read the PDF can be started ({error.strerror or error})") from error
    if done.returncode:
        raise Unreadable(where, "the PDF cannot be read: it asks for too much memory or time, or breaks the library; left alone")
    told: dict[str, Any] = json.loads(done.stdout)
    return told

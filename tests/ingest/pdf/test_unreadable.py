"""A PDF that is damaged, locked, without words, endless or a book is left alone in one line that says why."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.sources import Skipped, open_path, open_paths, pdf
from ingest.sources._pdf_pages import printed
from kg.errors import BadRecord, Unreadable
from kg.model import Paper
from tests.ingest.pdf.pages import (
    ABSTRACT,
    HEIGHT,
    TITLE,
    WIDTH,
    Pages,
    only,
    reads,
    two_columns,
)


def encrypted() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption

    return two_columns(encrypt=StandardEncryption("secret", canPrint=0))


def picture() -> bytes:
    from reportlab.lib.utils import ImageReader

    image = pytest.importorskip("PIL.Image").new("RGB", (60, 80), "grey")
    pages = Pages()
    pages.canvas.drawImage(ImageReader(image), 0, 0, WIDTH, HEIGHT)
    pages.end_page()
    return pages.bytes()


def book() -> bytes:
    pages = Pages()
    for number in range(1000):
        pages.line(72, 700, f"Chapter {number} of many, and none of them short")
        pages.end_page()
    return pages.bytes()


BROKEN: list[tuple[Callable[[], bytes], str]] = [
    (encrypted, "encrypted"),
    (lambda: two_columns()[:400], "damaged or cut"),
    (lambda: b"%PDF-1.7\n", "damaged or cut"),
    (lambda: b"", "it is empty"),
    (picture, "hardly any text"),
    (book, "1,000 pages, a book"),
]


@pytest.mark.parametrize(("made", "why"), BROKEN)
def test_what_cannot_be_read_is_one_line(made: Callable[[], bytes], why: str, tmp_path: Path) -> None:
    path = tmp_path / "some.pdf"
    path.write_bytes(made())
    with pytest.raises(Unreadable, match=why) as caught:
        list(open_path(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_with_broken_files_gives_the_others(tmp_path: Path) -> None:
    for number, (made, _) in enumerate(BROKEN):
        (tmp_path / f"{number}.pdf").write_bytes(made())
    (tmp_path / "good.pdf").write_bytes(two_columns())
    (tmp_path / "good.txt").write_text("On sleep\n\nBrains rest.", encoding="utf-8")
    found = list(open_paths([tmp_path / "*.pdf", tmp_path / "good.txt"]))
    assert [record.title for record in found if isinstance(record, Paper)] == [TITLE, "On sleep"]
    assert sum(isinstance(record, Skipped) for record in found) == len(BROKEN)


def test_a_pdf_cut_in_its_last_part_is_still_read() -> None:
    data = two_columns()
    assert only(data[: data.rindex(b"xref")]).abstract == reads(ABSTRACT)


def test_damage_anywhere_ends_in_a_paper_or_in_one_line() -> None:
    data, numbers = two_columns(), random.Random(4)
    for _ in range(6):
        damaged = bytearray(data)
        for _ in range(40):
            damaged[numbers.randrange(8, len(data))] = numbers.randrange(256)
        try:
            found = list(open_path(io.BytesIO(bytes(damaged))))
        except Unreadable as error:
            found = [BadRecord(error.where, 0, error.why)]
        assert len(found) == 1 and "\n" not in str(found[0])


def endless() -> bytes:
    """A page whose content calls itself twice, forty levels deep: a billion lines from a small file."""
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"]
    depth = 40
    forms = b" ".join(b"/F%d %d 0 R" % (number, 5 + number) for number in range(depth))
    resources = b"<< /Font << /H << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << %s >> >>" % forms
    parts.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources %s >>" % resources)
    parts.append(b"<< /Length 6 >> stream\n/F0 Do\nendstream")
    for number in range(depth):
        text = b"/F%d Do /F%d Do" % (number + 1, number + 1) if number < depth - 1 else b"BT /H 9 Tf 9 9 Td (warm) Tj ET"
        head = b"<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources %s /Length %d >> stream\n" % (
            resources,
            len(text),
        )
        parts.append(head + text + b"\nendstream")
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj %s endobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return body + b"trailer << /Root 1 0 R /Size %d >>\n" % (len(parts) + 1)


def test_a_pdf_made_to_be_read_for_ever_is_left_alone() -> None:
    with pytest.raises(Unreadable, match=r"hostile.pdf: .* left alone"):
        printed(endless(), "hostile.pdf", seconds=1)


def test_a_missing_library_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Unreadable, match=r"pip install 'exapt\[pdf\]'"):
        list(pdf.read(io.BytesIO(two_columns())))

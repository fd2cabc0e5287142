"""An essay in PDF keeps its lines, its lists and its tables."""

from __future__ import annotations

from ingest.sources._pdf_pages import FIRST_PAGES
from tests.ingest.pdf.pages import (
    BODY,
    Pages,
    essay_pages,
    only,
    wrapped,
)


def test_what_reads_like_an_essay_is_kept_as_one_with_its_lines() -> None:
    text = [BODY * 3, "Cells:", "• refold proteins when it is hot", "Introduction of heat into networks is rare.", BODY]
    paper = only(essay_pages([*text, "References", "[1] Some Book, 1901."], pages=2))
    assert (paper.kind, paper.title) == ("essay", "Sleep and Replay")
    assert paper.abstract is not None
    assert "Cells:\n\n• refold proteins when it is hot\n" in paper.abstract
    assert (BODY * 3).strip() in paper.abstract
    for left_out in ("Page 1", "A Notebook", "Some Book"):
        assert left_out not in paper.abstract


def test_an_essay_with_an_abstract_keeps_the_rest_too() -> None:
    text = ["Abstract", BODY * 2, "Introduction", BODY, "Cells:", "• refold proteins when it is hot"]
    paper = only(essay_pages(text))
    assert paper.kind == "essay" and paper.abstract is not None and "• refold proteins" in paper.abstract


def test_an_essay_longer_than_the_front_of_a_paper_is_kept_whole() -> None:
    pages = FIRST_PAGES + 4
    paper = only(essay_pages([f"{BODY} End of a page."], pages=pages))
    assert paper.abstract is not None and paper.abstract.count("End of a page.") == pages


def test_the_rows_of_a_table_stay_rows() -> None:
    pages = Pages()
    pages.line(72, 720, "Heat and Weights", size=18)
    pages.column(72, 690, wrapped(BODY, 90))
    rows = [
        ("Biology", "Machine learning"),
        ("Chaperone proteins", "Gradient clipping"),
        ("Misfolded protein", "Exploding gradient"),
    ]
    for number, (biology, machine) in enumerate(rows * 2):
        pages.line(72, 620 - 14 * number, biology)
        pages.line(320, 620 - 14 * number, machine)
    paper = only(pages.bytes())
    assert paper.kind == "essay" and paper.abstract is not None
    assert "\nChaperone proteins | Gradient clipping\nMisfolded protein | Exploding gradient\n" in paper.abstract

"""An article in PDF gives the title, authors and abstract that a reader sees on its pages."""

from __future__ import annotations

import pytest

from ingest.sources._pdf_pages import printed
from ingest.sources._pdf_words import unligated
from tests.ingest.pdf.pages import (
    ABSTRACT,
    BODY,
    TITLE,
    Pages,
    columns,
    only,
    reads,
    two_columns,
    wrapped,
)


@pytest.mark.parametrize("by_rows", [False, True], ids=["column by column", "row by row"])
def test_two_columns_are_read_one_after_the_other(by_rows: bool) -> None:
    data = two_columns(by_rows=by_rows)
    paper = only(data)
    assert (paper.title, paper.kind, paper.source) == (TITLE, "article", "pdf")
    assert paper.abstract == reads(ABSTRACT)
    assert paper.authors == ("Ada Prentice", "Boris Quell", "Chi Ruan")
    lines = [line.text for line in printed(data, "here").sheets[0].lines]
    left, right = columns()
    (footnote,) = [line for line in lines if line.startswith("*")]
    assert lines[lines.index("Abstract") :] == [*left, footnote, *right]


def test_lines_were_cut_at_both_kinds_of_hyphen() -> None:
    """The pages above are worth their test only if they hold what it is about."""
    cut = [line.split()[-1] for line in wrapped(ABSTRACT, 48) if line.endswith("-")]
    assert "bio-" in cut and len(cut) >= 2


def test_justified_columns_under_three_authors_are_read_in_order() -> None:
    pages = Pages()
    pages.centred(720, TITLE, size=24)
    for x, name in ((70, "Ada Prentice"), (250, "Boris Quell"), (430, "Chi Ruan")):
        pages.column(x, 690, [name, "Dept. of Warm Things", f"{name.split()[0].lower()}@example.org"])
    left = [*wrapped(f"Abstract—{ABSTRACT}", 48), "Index Terms—heat, repair", "I. INTRODUCTION", *wrapped(BODY * 6, 48)]
    for x, lines in ((54, left[:30]), (318, wrapped(BODY * 9, 48)[:30])):
        for number, text in enumerate(lines):
            pages.justified(x, 600 - 12 * number, text, width=240)
    paper = only(pages.bytes())
    assert (paper.abstract, paper.authors) == (reads(ABSTRACT), ("Ada Prentice", "Boris Quell", "Chi Ruan"))


@pytest.mark.parametrize(
    ("fact", "title"),
    [("chaperones for weights", "chaperones for weights"), ("paper_final.dvi", TITLE), ("Another Title", TITLE)],
)
def test_the_files_own_title_counts_only_where_page_one_prints_it(fact: str, title: str) -> None:
    pages = Pages()
    pages.canvas.setTitle(fact)
    pages.centred(700, TITLE, size=17)
    pages.column(72, 650, ["Abstract", *wrapped(ABSTRACT, 90), "1. Introduction", *wrapped(BODY * 3, 90)])
    assert only(pages.bytes()).title == title


def test_a_title_over_two_lines_is_one() -> None:
    pages = Pages()
    pages.centred(720, "Chaperones for Weights: Re-", size=17)
    pages.centred(700, "pairing What Training Breaks", size=17)
    pages.column(72, 650, ["Abstract. " + BODY[:60], *wrapped(BODY, 90), "Keywords: repair, heat", *wrapped(BODY, 90)])
    paper = only(pages.bytes())
    assert paper.title == "Chaperones for Weights: Repairing What Training Breaks"
    assert paper.abstract is not None and paper.abstract.startswith(BODY[:60].strip()) and "Keywords" not in paper.abstract


def test_text_before_the_introduction_is_the_abstract_of_an_article_without_the_heading() -> None:
    pages = Pages()
    pages.centred(720, TITLE, size=17)
    pages.centred(695, "Ada Prentice", size=11)
    pages.centred(680, "ada@example.org", size=9)
    pages.column(72, 650, wrapped(ABSTRACT, 90))
    pages.column(72, 560, ["I. INTRODUCTION", *wrapped(BODY * 3, 90)])
    paper = only(pages.bytes())
    assert (paper.kind, paper.abstract, paper.authors) == ("article", reads(ABSTRACT), ("Ada Prentice",))


def test_ligatures_are_letters_again() -> None:
    pytest.importorskip("reportlab.pdfbase.ttfonts")
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pages = Pages()
    text = "A \ufb01rst thought: the \ufb02ow of \ufb01ngers is slow in the \ufb01eld of re\ufb02exes."
    pages.line(72, 700, "Of \ufb01sh and \ufb02ies", size=20, font="Vera")
    pages.column(72, 660, ["Abstract", text, "1 Introduction"], font="Vera")
    paper = only(pages.bytes())
    assert paper.title == "Of fish and flies"
    assert paper.abstract is not None and "A first" in paper.abstract and "flow of fingers" in paper.abstract
    assert unligated("e\ufb03cient a\ufb04uent e\ufb00ect \ufb01 \ufb02") == "efficient affluent effect fi fl"

"""A PDF gives the paper that a reader sees on its pages, or one line that says why not."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from ingest.sources import Skipped, open_path, open_paths, pdf
from ingest.sources._pdf_pages import FIRST_PAGES, printed
from ingest.sources._pdf_words import joined, unligated
from kg.errors import BadRecord, Unreadable
from kg.model import Paper, title_key
from kg.store import Store

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


# ---- articles


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


def test_a_stamp_in_the_margin_and_a_doi_in_the_foot_say_which_paper_it_is() -> None:
    paper = only(two_columns(stamp="arXiv:2403.01234v1  [cs.LG]  2 Mar 2024", footer="https://doi.org/10.1234/ABC.5"))
    assert paper.key == "arxiv:2403.01234"
    assert paper.ids == (("arxiv", "2403.01234"), ("doi", "10.1234/abc.5"))
    assert (paper.published, paper.url) == ("2024-03-02", "https://arxiv.org/abs/2403.01234")
    assert paper.abstract == reads(ABSTRACT)


def test_a_later_version_tells_the_year_of_the_first() -> None:
    assert only(two_columns(stamp="arXiv:1912.01234v3  [cs.LG]  2 Mar 2021")).published == "2019"


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


def test_an_id_in_the_references_is_of_another_paper() -> None:
    paper = only(two_columns())
    assert (paper.ids, paper.key) == ((), title_key(TITLE))


def test_the_year_is_the_printed_one() -> None:
    assert only(two_columns()).published is None
    assert only(two_columns(footer="Proceedings of the Workshop on Warm Things, Example City, 2023")).published == "2023"


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


# ---- hyphens at line ends


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["an optimi-", "zation method"], "an optimization method"),
        (["a bio-", "inspired rule"], "a bio-inspired rule"),
        (["a bio-", "logical rule"], "a biological rule"),
        (["state-of-the-", "art results"], "state-of-the-art results"),
        (["a self-", "organizing map"], "a self-organizing map"),
        (["gradient-", "based training"], "gradient-based training"),
        (["of dis-", "order and re-", "trained nets"], "of disorder and retrained nets"),
        (["COVID-", "19 and the Bayes-", "Nash game"], "COVID-19 and the Bayes-Nash game"),
        (["heat shock –", "a response"], "heat shock – a response"),
        (["no hyphen", "here"], "no hyphen here"),
    ],
)
def test_a_hyphen_of_the_typesetter_goes_and_one_of_the_writer_stays(lines: list[str], text: str) -> None:
    assert joined(lines) == text


def test_the_rest_of_the_document_shows_whose_hyphen_it_is() -> None:
    assert joined(["a spike-", "timing rule"], frozenset({"spike-timing"})) == "a spike-timing rule"
    assert joined(["is context-", "bound"], frozenset({"context", "bound"})) == "is context-bound"
    assert joined(["a neuro-", "inspired rule"], frozenset({"neuroinspired"})) == "a neuroinspired rule"


# ---- essays


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


# ---- what cannot be read


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


# ---- one paper


def test_one_paper_from_json_bibtex_ris_and_pdf_is_one_paper_with_all_ids(tmp_path: Path) -> None:
    pytest.importorskip("bibtexparser")
    (tmp_path / "1.jsonl").write_text(
        '{"title": "Chaperones for weights", "doi": "10.1234/abc.5", "year": 2024}', encoding="utf-8"
    )
    (tmp_path / "2.bib").write_text(
        "@inproceedings{p, title = {{CHAPERONES} for {W}eights}, doi = {10.1234/ABC.5}, booktitle = {Workshop}}", encoding="utf-8"
    )
    (tmp_path / "3.ris").write_text("TY  - CONF\nTI  - Chaperones for Weights\nAU  - Prentice, Ada\nER  - \n", encoding="utf-8")
    (tmp_path / "4.pdf").write_bytes(two_columns(stamp="arXiv:2403.01234v1  [cs.LG]  2 Mar 2024"))
    with Store.open(tmp_path / "store.db", write=True) as store:
        summary = ingest(store, open_paths([tmp_path / "[1-4].*"]), extract=False)
        (paper,) = store.papers()
    assert not summary.failed
    assert paper.ids == (("arxiv", "2403.01234"), ("doi", "10.1234/abc.5"))
    assert (paper.key, paper.venue, paper.abstract) == ("arxiv:2403.01234", "Workshop", reads(ABSTRACT))

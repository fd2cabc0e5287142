"""Every source gives papers from what people really have, and one clear reason from what they do not."""

from __future__ import annotations

import gzip
import html
import io
import json
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.sources import essay, hf_daily, hf_page, jsonl, open_path, open_paths
from ingest.sources._content import Skipped
from kg.errors import BadRecord, Unreadable
from kg.model import Paper, title_key
from kg.plugins import load, names

Shared = Callable[[str], Path]

PROSE = (
    "Cells refold damaged proteins with chaperones. We let an optimizer repair damaged weights in the same way. It learns faster."
)
LONG = PROSE + " " + PROSE.replace("Cells", "Bacteria")
PAGE = f"""new

Get trending papers in your email inbox!

Subscribe

Daily Papers

byAK and the research community

Nov 7

Chaperones for Weights: Repairing What Training Breaks

{LONG}

  • 2 authors
·
Feb 1, 2022

All You Need Is Sleep?

{LONG}

Forests and Networks Share Roots

{LONG}

Code is at https://example.org/roots

  • 1 author
·
Aug 9 4

Sleep of Reason

{PROSE.replace(". ", ", ")} It rests. {PROSE}

·
Jul 11
"""


def papers(data: str | bytes) -> list[Paper]:
    found = list(open_path(io.BytesIO(data.encode() if isinstance(data, str) else data)))
    assert all(isinstance(record, Paper) for record in found), found
    return [record for record in found if isinstance(record, Paper)]


def lines(*records: object) -> str:
    return "\n".join(json.dumps(record) for record in records)


def test_each_source_says_what_it_reads() -> None:
    assert {"bibtex", "essay", "hf_daily", "hf_page", "jsonl", "pdf", "ris"} <= set(names("ingest.sources"))
    for name in names("ingest.sources"):
        source = load("ingest.sources", name, kind="source")
        assert source.DESCRIPTION and callable(source.read)


# ---- essays


def test_an_essay_keeps_its_lines_and_takes_its_title_from_the_first_that_reads_as_one() -> None:
    text = "\n\nGetting your Trinity Audio player ready…\n\nOn Chaperones\n\nCells:\r\n  • refold  \r\n  • degrade\n\nPosted\n"
    (paper,) = papers(text)
    assert (paper.kind, paper.title, paper.key) == ("essay", "On Chaperones", title_key("On Chaperones"))
    assert paper.abstract is not None and "Cells:\n  • refold\n  • degrade" in paper.abstract


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# *Sleep* and **replay**\n\ntext", "Sleep and replay"),
        ('---\ntitle: "Immune nets"\ndate: 2024-05-02\n---\nSome text.', "Immune nets"),
        ("Exaptation\n\nThe word is from 1982.\n\nLater history\n", "Exaptation"),
        ("ChatGPT\n\nYou said:\n\nWhy do ants find short paths?\n", "Why do ants find short paths?"),
        ("Ants lay pheromone on the way home. So do we.\n\nConclusion\n", "Ants lay pheromone on the way home."),
        ("word " * 100, None),
    ],
)
def test_titles_of_essays(text: str, title: str | None) -> None:
    (paper,) = papers(text)
    if title is None:
        assert len(paper.title) < 130 and paper.title.startswith("word word")
    else:
        assert paper.title == title


def test_an_html_essay_becomes_the_text_that_a_reader_sees() -> None:
    (paper,) = papers(
        "<!DOCTYPE html><html><head><title>Heat shock – A Blog</title><script>var x = '<p>no</p>';</script>"
        '<meta property="article:published_time" content="2024-10-01T08:00:00Z"><link rel="canonical" href="javascript:alert(1)">'
        "</head><body><nav>Menu</nav><div>A Blog</div><h1>Heat shock</h1><p>Cells &amp; <b>nets</b>:<br>both cope.</p>"
        "<ul><li><b>Cells:</b> chaperones</li><li><p>Nets: decay</p></li></ul><ol><li>one</li></ol></body></html>"
    )
    assert (paper.title, paper.published, paper.url) == ("Heat shock", "2024-10-01", None)
    assert paper.abstract == (
        "A Blog\n\nHeat shock\n\nCells & nets:\nboth cope.\n\n  • Cells: chaperones\n  • Nets: decay\n\n  1. one"
    )


def test_the_seed_essays_have_their_titles(shared: Shared) -> None:
    titles = [paper.title for paper in open_paths(sorted(shared("seeds").glob("00[012]*"))) if isinstance(paper, Paper)]
    assert titles == [
        "Parallels Between Biological Chaperone Proteins and Machine Learning Equivalents in the Context of Epigenetics and "
        "Hyperparameter Tuning",
        "Epigenetics vs. ml HYPERPARAMETERS",
        "The Intricate Dance: Parallels Between Epigenetics and Machine Learning",
    ]


# ---- the page of daily papers


def test_the_seed_page_gives_all_26_papers_as_printed(shared: Shared) -> None:
    expected = json.loads(shared("gold/seeds_papers.json").read_text(encoding="utf-8"))
    (page,) = shared("seeds").glob("003*")
    found = [paper for paper in open_path(page) if isinstance(paper, Paper)]
    counts = [None if paper.n_authors is None else f"{paper.n_authors} authors" for paper in found]
    assert [paper.title for paper in found] == [row["title"] for row in expected]
    assert [paper.published_text for paper in found] == [row["date_text"] for row in expected]
    assert counts == [row["n_authors_text"] for row in expected]
    text = page.read_text(encoding="utf-8")
    for paper, row in zip(found, expected, strict=True):
        assert paper.abstract is not None and paper.abstract.startswith(row["abstract_start"]) and paper.abstract in text
        assert (paper.source, paper.kind) == ("hf_page", "article")


def test_a_page_is_read_with_what_is_missing_on_it() -> None:
    first, sleep, forests, reason = papers(PAGE)
    assert (first.title, first.n_authors, first.published_text, first.published) == (
        "Chaperones for Weights: Repairing What Training Breaks", 2, "Feb 1, 2022", "2022-02-01",
    )  # fmt: skip
    assert (sleep.title, sleep.n_authors, sleep.published_text) == ("All You Need Is Sleep?", None, None)
    assert (forests.n_authors, forests.published_text, forests.published) == (1, "Aug 9 4", None)
    assert forests.abstract == f"{LONG} Code is at https://example.org/roots"
    assert (reason.title, reason.n_authors, reason.published_text) == ("Sleep of Reason", None, "Jul 11")
    # "Nov 7" is the day of the listing, but of which year the text does not say.
    assert {paper.listed for paper in (first, sleep, forests, reason)} == {None}


def test_a_listing_day_with_its_year_is_kept() -> None:
    assert {paper.listed for paper in papers(PAGE.replace("Nov 7", "Nov 7, 2024"))} == {"2024-11-07"}


def test_a_page_wrapped_at_a_width_reads_the_same() -> None:
    wrapped = "\n\n".join(textwrap.fill(part, 80) if len(part) > 120 else part for part in PAGE.split("\n\n"))
    assert [(p.title, p.abstract) for p in papers(wrapped)] == [(p.title, p.abstract) for p in papers(PAGE)]


def test_a_page_saved_as_html_gives_the_arxiv_ids_and_years_too() -> None:
    entries = "".join(
        f'<article><h3><a href="/papers/2410.1000{number}">{html.escape(title)}</a></h3><p>{LONG}</p>'
        f'<ul><li>{number + 1} authors</li><li>·</li><li><time datetime="2025-07-11T00:00:00">Jul 11</time></li></ul></article>'
        for number, title in enumerate(["Sleep < Wake", "Ants & Agents"])
    )
    found = papers(
        f"<!doctype html><html><body><h1>Daily Papers</h1><button>Subscribe</button>{entries}<p>Company TOS</p></body></html>"
    )
    assert [(p.key, p.title, p.n_authors, p.published) for p in found] == [
        ("arxiv:2410.10000", "Sleep < Wake", 1, "2025-07-11"),
        ("arxiv:2410.10001", "Ants & Agents", 2, "2025-07-11"),
    ]


def test_a_page_without_papers_says_so() -> None:
    with pytest.raises(Unreadable, match="no paper"):
        list(hf_page.read(io.BytesIO(b"Daily Papers\n\nSubscribe\n")))


def test_an_essay_that_mentions_authors_is_no_page() -> None:
    (paper,) = papers(f"Who writes\n\n{LONG}\n\n3 authors\n\n{LONG}")
    assert paper.kind == "essay"


# ---- the daily papers of the API


ENTRY = {
    "paper": {
        "id": "2305.14314",
        "title": "Sleep\n  for Networks",
        "summary": "Networks\nsleep.",
        "authors": [{"name": "A B", "hidden": False}, {"name": "C D", "hidden": True}, {"user": {}}],
        "publishedAt": "2023-05-23T17:50:33.000Z",
        "submittedOnDailyAt": "2023-05-24T00:00:00.000Z",
    },
    "publishedAt": "2023-05-23T13:50:33.000Z",
    "title": "Sleep for Networks",
}


def test_daily_papers_are_read_packed_or_plain() -> None:
    plain = json.dumps([ENTRY]).encode()
    (paper,) = papers(gzip.compress(plain))
    assert paper == Paper(
        key="arxiv:2305.14314",
        title="Sleep for Networks",
        abstract="Networks sleep.",
        authors=("A B", "C D"),
        n_authors=2,
        published="2023-05-23",
        listed="2023-05-24",
        url="https://arxiv.org/abs/2305.14314",
        source="hf_daily",
        ids=(("arxiv", "2305.14314"),),
    )
    assert papers(plain) == [paper] == list(hf_daily.read(io.BytesIO(plain)))


def test_a_bad_entry_is_told_by_its_place_and_the_rest_is_read() -> None:
    found = list(hf_daily.read(io.BytesIO(json.dumps([ENTRY, {"paper": {"id": "1"}}, 7, ENTRY]).encode())))
    assert [isinstance(record, Paper) for record in found] == [True, False, False, True]
    assert "entry 2 of its list it has no title" in str(found[1]) and "entry 3" in str(found[2])


def test_json_of_another_shape_is_one_complaint() -> None:
    with pytest.raises(Unreadable, match="not of Hugging Face daily papers"):
        list(hf_daily.read(io.BytesIO(json.dumps([{"name": "x"}, {"name": "y"}]).encode())))
    with pytest.raises(Unreadable, match="not of papers"):
        list(hf_daily.read(io.BytesIO(b'["a", "b"]')))


def test_every_stored_month_is_read_whole(shared: Shared) -> None:
    for month in sorted(shared("corpora/hf_daily_papers").glob("*.json.gz"))[::8]:
        with gzip.open(month) as file:
            ids = [entry["paper"]["id"] for entry in json.load(file)]
        found = list(open_path(month))
        assert [record.key for record in found if isinstance(record, Paper)] == [f"arxiv:{number}" for number in ids]


# ---- JSON lines


def test_a_paper_is_known_by_arxiv_then_doi_then_title() -> None:
    record = {
        "id": "p0854790852",
        "title": "Ants",
        "abstract": "They walk.",
        "year": 2021,
        "venue": "icra",
        "authors": ["A", "B"],
    }
    plain, doi, arxiv = papers(
        lines(
            record, record | {"doi": "https://doi.org/10.1000/ABC"}, record | {"doi": "10.1000/abc", "arxiv_id": "2101.00001v2"}
        )
    )
    assert (plain.key, plain.ids, plain.published, plain.year) == (title_key("Ants"), (("corpus", "p0854790852"),), "2021", 2021)
    assert doi.key == "doi:10.1000/abc"
    assert arxiv.key == "arxiv:2101.00001" and ("doi", "10.1000/abc") in arxiv.ids
    assert (plain.authors, plain.n_authors, plain.venue) == (("A", "B"), 2, "icra")


def test_a_mere_number_is_not_taken_for_an_id() -> None:
    assert [paper.ids for paper in papers(lines({"id": 1, "title": "A"}, {"id": "2", "title": "B"}))] == [(), ()]


def test_bad_lines_are_named_and_the_rest_is_read() -> None:
    good = json.dumps({"title": "Good"})
    text = (
        f'{good}\n\n{{"title": broken}}\n["list"]\n{{"abstract": "no title"}}\n{{"title": 5}}\n{good}'.encode()
        + b'\n{"title": "\xe9"}\n'
    )
    found = list(jsonl.read(io.BytesIO(text)))
    bad = [record for record in found if isinstance(record, BadRecord)]
    assert len(found) - len(bad) == 2
    assert [record.line for record in bad] == [3, 4, 5, 6, 8]
    assert "line 3: it is not JSON" in str(bad[0]) and "0xE9" in str(bad[-1])


def test_a_broken_first_line_does_not_hide_the_rest() -> None:
    found = list(open_path(io.BytesIO(b'{"title": "cut off\n{"title": "whole"}\n')))
    assert isinstance(found[0], BadRecord) and found[0].line == 1
    assert isinstance(found[1], Paper)


@pytest.mark.parametrize("data", [b'{"title": \n "one"\n}', b'[{"title": "one"}]', b'\xef\xbb\xbf{"title": "one"}'])
def test_one_object_or_a_list_will_do(data: bytes) -> None:
    assert [paper.title for paper in papers(data)] == ["one"]


def test_lines_before_a_cut_are_read(tmp_path: Path) -> None:
    packed = gzip.compress("".join(f'{{"title": "{number} {number * 7919}"}}\n' for number in range(20000)).encode())
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    *read, last = open_path(path)
    assert len(read) > 1000 and isinstance(last, BadRecord)
    assert "ends too early" in str(last)


# ---- what cannot be read


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"abc\x00def", "binary"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        ("Un café noir".encode("latin-1"), "byte 0xE9 at offset 6"),
        (gzip.compress(b"An essay on sleep. " * 500, mtime=0)[:60], "ends too early"),
        (b"\x1f\x8bnot really gzip at all", "damaged"),
        (b"[1, 2, 3", "no words|not JSON"),
        (b'{"title": ', "not JSON"),
        (b"12345", "no words"),
        (b"[" * 100_000, "no words|not usable"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "input.txt"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=why) as caught:
        list(open_path(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_utf_16_with_a_mark_and_declared_latin_1_are_read() -> None:
    assert papers("On sleep\n\nBrains rest.".encode("utf-16"))[0].title == "On sleep"
    page = '<html><head><meta charset="iso-8859-1"><title>Café</title></head><body><p>Noir.</p></body></html>'
    assert papers(page.encode("latin-1"))[0].title == "Café"


def test_missing_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        list(open_path(tmp_path / "missing.txt"))
    with pytest.raises(Unreadable, match="folder"):
        list(open_path(tmp_path))


def test_folders_are_walked_in_order_and_what_fails_is_yielded(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "b" / "second.md").write_text("# Second\n\ntext", encoding="utf-8")
    (tmp_path / "a.txt").write_text("First\n\ntext", encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"\x00\x01")
    (tmp_path / ".hidden").write_text("no", encoding="utf-8")
    found = list(open_paths([tmp_path, tmp_path / "gone", tmp_path / "empty"]))
    assert [record.title for record in found if isinstance(record, Paper)] == ["First", "Second"]
    skipped = [str(record) for record in found if isinstance(record, Skipped)]
    assert ["binary" in skipped[0], "no such file" in skipped[1], "no file" in skipped[2]] == [True] * 3


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"From a pipe\n\nwords"))
    monkeypatch.setattr("sys.stdin", stream)
    assert [paper.title for paper in open_paths(["-"]) if isinstance(paper, Paper)] == ["From a pipe"]
    assert not stream.buffer.closed


def test_a_stream_in_hand_stays_open() -> None:
    stream = io.BytesIO(b"On ants\n\nThey walk.")
    assert len(list(essay.read(stream))) == 1
    assert not stream.closed


# ---- patterns that no shell has expanded


def test_patterns_stand_for_the_files_that_fit_in_order_and_once(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.md", "deep/er/d.txt", ".hidden.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"On {path.stem}\n\nwords", encoding="utf-8")

    def titles(pattern: str) -> list[str]:
        return [record.title for record in open_paths([f"{tmp_path}/{pattern}"]) if isinstance(record, Paper)]

    assert titles("*.txt") == ["On a", "On b"]
    assert titles("**/*.txt") == ["On a", "On b", "On d"]
    assert titles("?.md") == ["On c"]
    assert titles("**") == titles("*") == ["On a", "On b", "On c", "On d"]
    (missing,) = open_paths([f"{tmp_path}/*.bib"])
    assert "*.bib: no file fits this pattern" in str(missing)


def test_a_file_named_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "notes [draft].txt"
    path.write_text("On drafts\n\nwords", encoding="utf-8")
    assert [record.title for record in open_paths([str(path)]) if isinstance(record, Paper)] == ["On drafts"]


def test_every_kind_of_file_is_told_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    contents = {
        "a": ('{"title": "One"}', "jsonl"),
        "b": ("# Second heat\n\nwords", "essay"),
        "c": ("<html><title>Three</title><p>words</p></html>", "essay"),
        "d": ("TY  - JOUR\nTI  - Four\nER  - \n", "ris"),
    }
    for name, (text, _) in contents.items():
        (tmp_path / f"{name}.pdf").write_text(text, encoding="utf-8")
    found = [record for record in open_paths([tmp_path]) if isinstance(record, Paper)]
    assert [(paper.title, paper.source) for paper in found] == [
        ("One", "jsonl"), ("Second heat", "essay"), ("Three", "essay"), ("Four", "ris"),
    ]  # fmt: skip


def test_a_reader_of_text_says_what_a_pdf_is_for(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="PDF, not text; use: exapt ingest files"):
        list(jsonl.read(io.BytesIO(b"%PDF-1.7 ...")))

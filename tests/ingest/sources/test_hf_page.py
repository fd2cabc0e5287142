"""A saved page of daily papers gives its papers as printed."""

from __future__ import annotations

import html
import io
import json
import textwrap

import pytest

from ingest.sources import hf_page, open_path
from kg.errors import Unreadable
from kg.model import Paper
from tests.ingest.sources.records import LONG, PROSE, Shared, papers

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

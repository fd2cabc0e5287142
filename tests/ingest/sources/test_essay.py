"""An essay keeps its lines and finds its title, from plain text, Markdown or HTML."""

from __future__ import annotations

import pytest

from ingest.sources import open_paths
from kg.model import Paper, title_key
from tests.ingest.sources.records import Shared, papers


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

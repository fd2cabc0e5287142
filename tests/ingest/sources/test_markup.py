"""The text of a page is whole, whatever was left open in it."""

from __future__ import annotations

import pytest

from ingest.sources._markup import page

REMARKS = "<!-- a -->\n" * 5000


def test_remarks_above_a_text_leave_it_as_it_is_written() -> None:
    assert page(f"{REMARKS}# Title\n\nwords").text == f"{REMARKS}# Title\n\nwords"
    assert page(f"{REMARKS}<!-- never ended\n# Title").text == f"{REMARKS}<!-- never ended\n# Title"


def test_a_web_page_is_known_below_remarks() -> None:
    found = page(f"{REMARKS}<!DOCTYPE html><h1>Title</h1><p>words")
    assert (found.text, found.headings) == ("Title\n\nwords", ["Title"])


def test_a_tag_in_a_remark_further_down_makes_no_web_page() -> None:
    assert page("<!-- a -->\n# 1 < 2\n\n<!-- b -->\n<p>words</p>").text.startswith("<!-- a -->\n# 1 < 2")


@pytest.mark.parametrize(
    "dropped",
    [
        "<nav><button>Menu</nav>",
        "<nav><svg><path d='x'></svg><select><option>a</nav>",
        "<nav><nav>Menu</nav><button></nav>",
        "<noscript><button>" * 3000 + "</noscript>" * 3000,
        "<button></nav>Menu</button>",
    ],
)
def test_the_end_of_what_is_dropped_is_the_end_of_all_in_it(dropped: str) -> None:
    found = page(f"<html>{dropped}<h1>Sleep and training</h1><p>Both need rest.</p>")
    assert found.text == "Sleep and training\n\nBoth need rest."


def test_elements_that_are_never_ended_cost_no_text() -> None:
    found = page("<html><p>" + "<a href='/x'>word " * 20_000 + "<a href='/y'>last</a>" + "<h2>part" * 5000 + "<h2>end</h2>")
    assert found.text.split() == ["word"] * 20_000 + ["last"] + ["part"] * 5000 + ["end"]
    assert (found.links, found.headings) == ([("last", "/y")], ["end"])


def test_lists_that_are_never_ended_are_shown_some_levels_deep() -> None:
    lines = page("<html>" + "<ul><li>cell" * 5000).text.split("\n")
    assert [line.strip() for line in lines if line] == ["• cell"] * 5000
    assert lines[0] == "  • cell" and len(lines[-1]) < 60


def test_blanks_in_a_text_set_as_it_is_stay_and_empty_lines_become_one() -> None:
    assert page("<html><pre>a" + " " * 200_000 + "b  \n \n\t\n\nc").text == "a" + " " * 200_000 + "b\n\nc"

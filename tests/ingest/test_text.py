"""Cleaning keeps the words and offsets keep the quote."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text import clean, clean_lines, sentences


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("  two\n  lines\tand a tab ", "two lines and a tab"),
        ("no\u00a0break\u2009thin", "no break thin"),
        ("zero\u200bwidth \ufeffmark so\u00adft", "zerowidth mark soft"),
        ("bell\x07 and escape\x1b[31m", "bell and escape[31m"),
        ("the wearer\u00e2\u0080\u0099s knee, 8 \u00c3\u0097 8", "the wearer’s knee, 8 × 8"),
        ("self\x02consumption", "self-consumption"),
        ("half \ud800 of a pair", "half of a pair"),
        ("cafe\u0301 stays decomposed", "cafe\u0301 stays decomposed"),
        ("می‌خواهم", "می‌خواهم"),
        ("", ""),
    ],
)
def test_clean_keeps_words_and_drops_what_nobody_typed(written: str, cleaned: str) -> None:
    assert clean(written) == cleaned


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_and_the_result_can_be_shown(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\n" not in once and "\x1b" not in once
    once.encode()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_cleaning_lines_twice_changes_nothing(text: str) -> None:
    once = clean_lines(text)
    assert clean_lines(once) == once


def test_lines_of_an_essay_stay_lines() -> None:
    assert clean_lines("Title  \r\n\r\n  • one\r  • two\x0b\x07end\n\n") == "Title\n\n  • one\n  • two\nend"


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "whole",
    [
        "We follow Hinton et al. (2006) and e.g. Fig. 2 of Dr. J. R. Smith.",
        "The error falls from 3.5 to 0.2 N on v. 1.2 of the set.",
        "Cells, i.e. their chaperones, refold proteins vs. aggregates.",
        "A network inspired by C. elegans learns.",
        "See https://example.org/a.b?c=d for code.",
        "Methods for U.S. Census data improve.",
        "We ask: is dopamine a reward? yes or no",
    ],
)
def test_abbreviations_decimals_and_initials_end_no_sentence(whole: str) -> None:
    assert cut(whole) == [whole]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One ends. Two begins.", ["One ends.", "Two begins."]),
        ("It lacks vitamin D. We add it.", ["It lacks vitamin D.", "We add it."]),
        ("Ants, bees, etc. Then we fly.", ["Ants, bees, etc.", "Then we fly."]),
        ("“It works.” Does it? Yes!", ["“It works.”", "Does it?", "Yes!"]),
        ("The blank is lost.We go on.", ["The blank is lost.", "We go on."]),
        ("1. Complex Regulation:\n\n  • Cells: they adapt. They do.\n  • Nets: same", None),
        ("A line that some program wrapped at a width of its own\nchoice goes on. Next one.", None),
    ],
)
def test_sentences_are_cut_where_a_reader_would(text: str, expected: list[str] | None) -> None:
    if expected is not None:
        assert cut(text) == expected
    elif text.startswith("1."):
        assert cut(text) == ["1. Complex Regulation:", "• Cells: they adapt.", "They do.", "• Nets: same"]
    else:
        assert len(cut(text)) == 2


def test_a_line_of_many_thousand_sentences_is_cut_into_them() -> None:
    one = "Cells rest. "
    assert cut(one * 30_000) == ["Cells rest."] * 30_000
    listed = "J. " * 30_000
    assert cut(f"{listed}Smith found it.") == [f"{listed}Smith found it."]


def test_a_number_opens_its_sentence_also_after_blanks() -> None:
    assert cut("It ends.   2. Methods of it. They work.") == ["It ends.", "2. Methods of it.", "They work."]


@given(st.text(alphabet="aB .,!?\n•(\"')1é", max_size=120))
def test_sentences_lie_in_order_and_lose_no_letter(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())

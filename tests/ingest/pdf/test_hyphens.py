"""A word that a line end has cut is whole again, and a hyphen of the writer stays."""

from __future__ import annotations

import pytest

from ingest.sources._pdf_words import joined


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

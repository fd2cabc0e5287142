"""Quotes: which one or two sentences of an abstract state its mapping."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import _quote
from ingest.extract._choice import Choice, choice
from ingest.extract._encoder import Read, read, weights
from ingest.extract._naming import names
from ingest.score import bag

TITLE = "Sleep for Networks"
ABSTRACT = (
    "Networks forget what they learned before. Inspired by the replay of memories in the hippocampus during sleep, we propose "
    "generative replay between tasks. It forgets less on three benchmarks. Code is public."
)


def spoken(title: str, abstract: str) -> tuple[Choice, Read]:
    said = read(title, abstract)
    chosen = choice(said, title, abstract)
    assert chosen is not None
    return chosen, said


def quoted(title: str, abstract: str) -> list[str]:
    chosen, said = spoken(title, abstract)
    return [abstract[span.start : span.end] for span in _quote.quote(chosen, names(chosen), said.sentences)]


def test_the_sentence_that_makes_the_claim_is_quoted() -> None:
    found = quoted(TITLE, ABSTRACT)
    assert any(sentence.startswith("Inspired by the replay") for sentence in found)
    assert "Code is public." not in found


def test_it_is_quoted_also_where_the_phrases_stand_in_the_title() -> None:
    title = "Generative Replay Inspired by the Hippocampus"
    found = quoted(
        title, "Forgetting is common. Our network follows the way in which memories are replayed in sleep. Code is public."
    )
    assert "Our network follows the way in which memories are replayed in sleep." in found


def test_without_sentences_nothing_is_quoted() -> None:
    chosen, _ = spoken(TITLE, ABSTRACT)
    assert _quote.quote(chosen, names(chosen), ()) == ()


def test_every_sentence_that_was_read_has_features_that_the_shipped_scale_weighs() -> None:
    chosen, said = spoken(TITLE, ABSTRACT)
    found = _quote.features(chosen, names(chosen), said.sentences)
    assert found.shape == (4, len(_quote.scale().weights)) == (4, len(_quote.scale().mean))
    assert numpy.isfinite(found).all()
    assert [ABSTRACT[one.span.start : one.span.end] for one in said.sentences][-1] == "Code is public."


def test_of_sentences_that_are_all_but_level_two_are_quoted_and_of_one_sure_one_no_unlikely_other() -> None:
    bags = [bag(words) for words in ("ants lay trails home", "we sort by pheromone tables", "code data models weights public")]
    assert _quote.likeliest(numpy.array([0.0, 0.0, -6.0]), bags) == (0, 1)
    assert _quote.likeliest(numpy.array([5.0, -6.0, -6.0]), bags) == (0,)


@given(st.lists(st.tuples(st.floats(-50, 50), st.text("abc ", max_size=9)), min_size=1, max_size=12))
def test_one_or_two_sentences_are_chosen_in_their_order_whatever_the_scores(rows: list[tuple[float, str]]) -> None:
    places = _quote.likeliest(numpy.array([score for score, _ in rows]), [Counter(words.split()) for _, words in rows])
    assert 1 <= len(places) <= 2
    assert list(places) == sorted(set(places))
    assert all(0 <= place < len(rows) for place in places)


def test_the_scale_is_learned_from_annotated_papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    from ingest.extract import _train_quote

    def paper(number: int) -> dict[str, Any]:
        said = f"The foraging of ants led us to AntSort{number}, which sorts."
        mapping = {
            "mechanism": "foraging of ants", "technique": f"AntSort{number}", "relation": "inspires", "evidence": said,
            "mechanism_concept": "ant foraging", "technique_concept": "sorting algorithm",
        }  # fmt: skip
        others = ["Sorting is slow and costs energy in large data centres.", "Others have been used for many years in databases."]
        others.insert(number % 3, said)
        return {"id": str(number), "title": f"Ants {number}", "abstract": " ".join(others), "mappings": [mapping]}

    papers = [paper(number) for number in range(16)]
    told = _train_quote.fit(papers[:4], papers[4:], weights(), lambda _, chosen: names(chosen), tmp_path / "_quote.json")
    assert told.startswith("quotes right ")
    assert float(told.split()[2]) >= 0.9
    monkeypatch.setattr(_quote, "files", lambda _: tmp_path)
    _quote.scale.cache_clear()
    try:
        for one in papers[12:]:
            assert one["mappings"][0]["evidence"] in quoted(one["title"], one["abstract"])
    finally:
        _quote.scale.cache_clear()

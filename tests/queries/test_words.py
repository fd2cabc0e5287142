from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.meaning._texts import lay_words
from queries.words import content_words, functions_in, stem


@pytest.mark.parametrize(
    "words",
    [
        ("survive", "survives", "surviving", "survival", "survived"),
        ("forget", "forgets", "forgetting"),
        ("memory", "memories"),
        ("noise", "noisy"),
        ("cell", "cells"),
        ("stress", "stressed"),
    ],
)
def test_forms_of_a_word_share_a_stem(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize(
    ("question", "function"),
    [
        ("how do cells survive heat stress", "respond_to_stress"),
        ("my network forgets the first task when I train it on the second", "protect_old"),
        ("keep firing rates near a set point", "keep_set_point"),
        ("which animals find the source of an odour?", "find_source"),
        ("learn from a single example", "learn_from_few"),
        ("how does a flock turn together without a leader", "coordinate_group"),
        ("how does a swarm agree on a nest", "decide_as_group"),
    ],
)
def test_plain_words_point_to_what_is_done(question: str, function: str) -> None:
    assert next(iter(functions_in(question))) == function


def test_every_function_of_the_vocabulary_has_plain_words() -> None:
    table = files("ingest").joinpath("atlas", "functions.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert set(lay_words()) == {line.split("\t")[1] for line in table}
    assert all(len(lay.words) >= 10 and len(lay.phrases) >= 3 for lay in lay_words().values())


def test_a_question_of_common_words_alone_still_has_words() -> None:
    assert content_words("what is the brain?") == ["brain"]
    assert content_words("and of the") == []


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    strengths = list(functions_in(text).values())
    assert strengths == sorted(strengths, reverse=True)
    assert all(0 < strength < 1 for strength in strengths)
    assert all(content_words(text))

"""Names of concepts: made of the text's words, learned from annotated ones."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract import _naming
from ingest.extract._choice import AGREES, Choice, choice
from ingest.extract._encoder import Phrase, Read, read, weights
from ingest.extract._listwise import agreement, shares, unpacked
from ingest.score import token_f1
from kg.model import LABELS, Span

TITLE = "CoRe-Net: Generative Replay for Continual Learning"
ABSTRACT = (
    "Networks forget what they learned before. Inspired by the replay of memories in the hippocampus during sleep, we propose "
    "CoRe-Net, which trains on samples of a generative replay buffer between tasks. It forgets less on three benchmarks. Code "
    "is public."
)


def spoken(title: str, abstract: str, mechanisms: list[tuple[str, float]], techniques: list[tuple[str, float]]) -> Choice:
    def found(phrases: list[tuple[str, float]]) -> list[Phrase]:
        places = [(abstract.index(words), len(words), share) for words, share in phrases]
        return [Phrase(Span("abstract", start, start + length), share) for start, length, share in places]

    chosen = choice(Read(dict.fromkeys(LABELS, 0.2), found(mechanisms), found(techniques)), title, abstract)
    assert chosen is not None
    return chosen


@pytest.fixture
def replay() -> Choice:
    return spoken(
        TITLE,
        ABSTRACT,
        [("replay of memories in the hippocampus during sleep", 0.7), ("hippocampus", 0.2)],
        [("CoRe-Net", 0.5), ("generative replay buffer", 0.4), ("samples of a generative replay buffer", 0.1)],
    )


def test_names_are_made_of_the_likely_phrases(replay: Choice) -> None:
    found = _naming.candidates(replay, "technique", {})
    assert {"core-net", "generative replay buffer", "generative replay", "replay buffer"} <= set(found.names)
    assert "samples of a" not in found.names
    assert found.features.shape[0] == len(found.names) == len(set(found.names))
    assert numpy.isfinite(found.features).all()


def test_a_name_says_what_kind_of_thing_it_is_of() -> None:
    abstract = "We follow the human visual system."
    of = spoken("", abstract, [("human", 0.5), ("human visual system", 0.5)], [("We follow", 1.0)])
    assert "human" not in _naming.candidates(of, "mechanism", {}).names
    assert "human visual system" in _naming.candidates(of, "mechanism", {}).names


def test_a_phrase_without_a_word_that_says_anything_has_no_name() -> None:
    of = spoken("", "As a human does it, so does our network.", [("human", 1.0)], [("network", 1.0)])
    assert _naming.names(of) == {}


def test_what_a_paper_speaks_of_is_named(replay: Choice) -> None:
    named = _naming.names(replay)
    assert token_f1(named["mechanism"].words, "replay of memories in the hippocampus") >= AGREES
    assert token_f1(named["technique"].words, "generative replay") >= AGREES
    assert all(0 < name.share <= 1 for name in named.values())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(min_size=1, max_size=300), st.data())
def test_any_text_can_be_named(title: str, abstract: str, data: st.DataObject) -> None:
    def phrase() -> Phrase:
        start = data.draw(st.integers(0, len(abstract) - 1))
        return Phrase(Span("abstract", start, data.draw(st.integers(start + 1, len(abstract)))), data.draw(st.floats(0.0, 1.0)))

    phrases = {role: [phrase() for _ in range(3)] for role in ("mechanism", "technique")}
    of = Choice(title, abstract, phrases, {role: those[0] for role, those in phrases.items()})
    for name in _naming.names(of).values():
        assert name.words
        assert 0 <= name.share <= 1


def test_agreement_is_the_f1_of_words() -> None:
    one, other = frozenset({"lateral", "inhibition"}), frozenset({"inhibition"})
    found = agreement([one, frozenset()], [one, other])
    assert found[0].tolist() == pytest.approx([1.0, 2 / 3])
    assert found[1].tolist() == [0.0, 0.0]


def test_a_network_learns_what_candidates_are_worth_and_is_kept_as_json(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from ingest.extract._train_listwise import Example, packed, store, trained

    chance = numpy.random.default_rng(0)
    features = [chance.normal(size=(chance.integers(2, 9), 3)) for _ in range(600)]
    examples = [Example(f, (f[:, 1] == f[:, 1].max()).astype(float)) for f in features]
    network = trained(examples, 4)
    right = [int(numpy.argmax(shares(e.features, network))) == int(numpy.argmax(e.worth)) for e in examples]
    assert sum(right) >= 0.9 * len(right)
    store(packed(network), tmp_path / "network.json.gz")
    assert (tmp_path / "network.json.gz").read_bytes()[4:8] == b"\0\0\0\0"  # no time in it: the same weights, the same file
    back = unpacked(json.loads(gzip.decompress((tmp_path / "network.json.gz").read_bytes())))
    numpy.testing.assert_allclose(shares(features[0], back), shares(features[0], network), atol=5e-3)
    assert shares(features[0], back).sum() == pytest.approx(1.0)


def test_what_ships_fits_its_features(replay: Choice) -> None:
    for role, learned in _naming.naming().items():
        assert _naming.candidates(replay, role, learned.odds).features.shape[1] == len(learned.network.mean)
        assert all(math.isfinite(value) for value in learned.odds.values())


def test_names_are_learned_from_annotated_papers(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from ingest.extract import _train_naming

    def paper(number: int) -> dict[str, Any]:
        said = f"Inspired by the foraging of ants, we propose AntSort{number}, a sorting algorithm."
        mapping = {
            "mechanism": "foraging of ants", "technique": f"AntSort{number}", "relation": "inspires", "evidence": said,
            "mechanism_concept": "ant foraging", "technique_concept": "sorting algorithm",
        }  # fmt: skip
        abstract = f"Sorting is slow. {said} It is fast."
        return {
            "id": str(number),
            "title": f"Ants {number}",
            "abstract": abstract,
            "label": "bio_inspired",
            "mappings": [mapping],
        }

    papers = [paper(number) for number in range(20)]
    namer = _train_naming.fit(papers, papers, weights(), tmp_path / "naming.json.gz")
    first = papers[0]
    chosen = choice(read(first["title"], first["abstract"]), first["title"], first["abstract"])
    assert chosen is not None
    named = namer(first, chosen)
    assert token_f1(named["mechanism"].words, "ant foraging") >= AGREES
    assert token_f1(named["technique"].words, "sorting algorithm") >= AGREES
    stored = json.loads(gzip.decompress((tmp_path / "naming.json.gz").read_bytes()))
    assert (
        _naming.names(chosen, {role: _naming.Naming(data["odds"], unpacked(data)) for role, data in stored.items()}).keys()
        == named.keys()
    )

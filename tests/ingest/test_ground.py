"""Grounding: equal names meet, like names meet only when they mean the same, the rest become proposals."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ground import Grounder, normal, readable, singular
from kg.model import Concept

CONCEPTS = [
    Concept(
        kind="mechanism",
        name="chaperone",
        aliases=("molecular chaperone",),
        parent="family:stress",
        status="curated",
        domain="molecular",
    ),
    Concept(
        kind="mechanism",
        name="heat shock response",
        aliases=("heat shock",),
        parent="family:stress",
        status="curated",
        domain="molecular",
    ),
    Concept(
        kind="mechanism", name="human visual system", aliases=("HVS",), parent="family:vision", status="curated", domain="neuro"
    ),
    Concept(kind="mechanism", name="visual cortex", parent="family:vision", status="curated", domain="neuro"),
    Concept(kind="technique", name="gradient clipping", parent="family:optimizer", status="curated", domain="learning"),
    Concept(kind="technique", name="self-organizing map", parent="family:clustering", status="curated", domain="learning"),
    Concept(kind="mechanism", name="sleep", status="proposed"),
]


@pytest.mark.parametrize(
    ("kind", "mention", "key"),
    [
        ("mechanism", "Chaperones", "mechanism:chaperone"),
        ("mechanism", "the “chaperones”", "mechanism:chaperone"),
        ("mechanism", "Molecular Chaperones", "mechanism:chaperone"),
        ("mechanism", "heat-shock response", "mechanism:heat-shock-response"),
        ("mechanism", "the human visual system (HVS)", "mechanism:human-visual-system"),
        ("mechanism", "HVS", "mechanism:human-visual-system"),
        ("technique", "Gradient-clipping", "technique:gradient-clipping"),
        ("technique", "self organizing maps", "technique:self-organizing-map"),
    ],
)
def test_spelling_does_not_part_what_is_the_same(kind: str, mention: str, key: str) -> None:
    found = Grounder(CONCEPTS).ground(kind, mention)  # type: ignore[arg-type]
    assert (found.key, found.score) == (key, 1.0)


def test_the_same_in_other_words_is_the_same_concept_with_less_certainty() -> None:
    found = Grounder(CONCEPTS).ground("mechanism", "mechanisms of the human heat shock response")
    assert found.key == "mechanism:heat-shock-response"
    assert 0.8 < found.score < 1.0


@pytest.mark.parametrize(
    ("kind", "mention"),
    [
        ("mechanism", "auditory cortex"),
        ("mechanism", "cold shock response"),
        ("mechanism", "chaperone of the court"),
        ("technique", "gradient noise"),
        ("technique", "nature-inspired gradient clipping of maps"),
        ("technique", "chaperone"),
    ],
)
def test_what_only_shares_a_word_stays_apart(kind: str, mention: str) -> None:
    found = Grounder(CONCEPTS).ground(kind, mention)  # type: ignore[arg-type]
    assert found.concept.status == "proposed"
    assert found.name == readable(mention)


def test_a_proposal_is_named_by_the_reader_and_keeps_the_words_of_the_text() -> None:
    found = Grounder(CONCEPTS).ground("mechanism", "Preventing Protein Tangles", "tangle prevention").concept
    assert (found.name, found.aliases, found.status) == ("tangle prevention", ("Preventing Protein Tangles",), "proposed")


def test_a_proposal_joins_the_family_whose_words_it_uses() -> None:
    grounder = Grounder(CONCEPTS)
    found = grounder.ground("mechanism", "layers of the visual hierarchy").concept
    assert (found.parent, found.domain) == ("family:vision", "neuro")
    assert grounder.ground("mechanism", "photosynthesis").concept.parent is None


def test_names_go_before_aliases() -> None:
    squatter = Concept(kind="mechanism", name="a thing", aliases=("visual cortex",), status="curated")
    assert Grounder([squatter, *CONCEPTS]).ground("mechanism", "visual cortex").key == "mechanism:visual-cortex"


def test_the_order_of_papers_and_of_concepts_does_not_matter() -> None:
    mentions = ["chaperone helpers", "visual cortices", "response to heat shock", "sleep", "Sleeps"]
    shuffled = CONCEPTS[:]
    random.Random(1).shuffle(shuffled)
    first, second = Grounder(CONCEPTS), Grounder(shuffled)
    assert [first.ground("mechanism", m) for m in mentions] == [second.ground("mechanism", m) for m in mentions][:]
    assert [first.ground("mechanism", m).key for m in reversed(mentions)] == [
        second.ground("mechanism", m).key for m in mentions
    ][::-1]


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("genes", "gene"),
        ("bodies", "body"),
        ("boxes", "box"),
        ("epigenetics", "epigenetics"),
        ("homeostasis", "homeostasis"),
        ("loss", "loss"),
    ],
)
def test_singular(word: str, one: str) -> None:
    assert singular(word) == one


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_grounds_to_something_with_a_key(mention: str, name: str) -> None:
    found = Grounder(CONCEPTS).ground("mechanism", mention, name)
    assert found.key.startswith("mechanism:") and len(found.key) > len("mechanism:")
    assert found.name.strip()
    assert 0.0 <= found.score <= 1.0


@given(st.text(max_size=60))
def test_a_normal_form_is_normal(text: str) -> None:
    assert normal(normal(text)) == normal(text) or normal(text) != text

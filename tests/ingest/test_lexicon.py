"""The hand-written lexicon: well-formed, unambiguous, and bound to the families, functions and parts that exist."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ingest import atlas
from ingest.ground import Grounder, lexicon_concepts, normal
from kg.model import Concept, concept_key
from kg.plugins import names

LEXICON = lexicon_concepts()
FAMILIES = {concept.key for concept in atlas.concepts() if concept.kind == "family"}
FUNCTIONS = {concept.key for concept in atlas.concepts() if concept.kind == "function"}


@pytest.mark.parametrize("concept", LEXICON, ids=lambda concept: concept.name)
def test_every_entry_is_complete(concept: Concept) -> None:
    assert concept.status == "curated"
    assert concept.name == concept.name.lower()
    assert concept.definition.endswith(".")
    assert concept.parent in FAMILIES
    assert set(concept.functions) <= FUNCTIONS
    assert all(re.fullmatch(r"GO:\d{7}|MESH:D\d{6,9}|WD:Q\d+", outside) for outside in concept.see)


def test_no_name_or_alias_means_two_things() -> None:
    forms = Counter((c.kind, form) for c in LEXICON for form in {normal(name) for name in (c.name, *c.aliases)})
    assert [form for form, count in forms.items() if count > 1] == []


@pytest.mark.parametrize("part", ["sense", "respond", "act"])
def test_profiles_name_parts_that_exist(part: str) -> None:
    profiles = [concept.profile for concept in LEXICON if concept.profile is not None]
    used = {getattr(profile, part) for profile in profiles}
    assert profiles
    if part == "sense":
        # The published homeostatic rule tries its effect on stored labels: it is code of its own, not a part.
        used.discard("label_effect")
    assert used <= set(names(f"adaptive.parts.{part}"))


@pytest.mark.parametrize(
    ("mechanism", "technique"),
    [
        ("heat shock response", "dynamic regularization"),
        ("homeostasis", "homeostatic learning rate"),
        ("epigenetic response to environment", "feedback-driven hyperparameter tuning"),
        ("epigenetic memory", "retained beneficial configuration"),
    ],
)
def test_the_concepts_of_the_prototypes_are_there_with_profiles(mechanism: str, technique: str) -> None:
    known = {concept.key: concept for concept in LEXICON}
    assert known[concept_key("mechanism", mechanism)].profile is not None
    assert known[concept_key("mechanism", mechanism)].functions
    assert concept_key("technique", technique) in known


@pytest.mark.parametrize(
    ("mention", "level"),
    [
        ("Genes", "mechanism:gene"),
        ("Epigenetics", "mechanism:epigenetics"),
        ("Chaperones", "mechanism:chaperone"),
        ("Model Architecture", "technique:model-architecture"),
        ("Hyperparameters", "technique:hyperparameter"),
        ("Optimization Techniques", "technique:optimization-technique"),
    ],
)
def test_the_layers_of_the_analogy_have_names(mention: str, level: str) -> None:
    kind = "mechanism" if level.startswith("mechanism") else "technique"
    assert Grounder(LEXICON).ground(kind, mention).key == level

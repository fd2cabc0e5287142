"""The hand-written lexicon: well-formed, unambiguous, and bound to the families, functions and parts that exist."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import torch

from adaptive.compile import compile_spec, knobs_of, spec_for
from adaptive.contract.world import batches, live, network, same, weights
from ingest import atlas
from ingest.ground import Grounder, lexicon_concepts, normal
from kg.model import Concept, Mapping, Profile, concept_key
from kg.plugins import names

LEXICON = lexicon_concepts()
REGULATORS = [concept for concept in LEXICON if concept.profile is not None]
PROFILES = {concept.name: concept.profile for concept in REGULATORS if concept.profile is not None}
TECHNIQUE = Concept(kind="technique", name="regulated training")
# Labels are renamed halfway: something to be startled by.
LIFE = batches(32)
FAMILIES = {concept.key for concept in atlas.concepts() if concept.kind == "family"}
FUNCTIONS = {concept.key for concept in atlas.concepts() if concept.kind == "function"}


def mapping_of(concept: Concept) -> Mapping:
    return Mapping(mechanism=concept.key, relation="inspires", technique=TECHNIQUE.key)


def circuit(profile: Profile) -> tuple[object, ...]:
    return profile.sense, profile.respond, profile.act, profile.knobs


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


def test_sixty_mechanisms_and_more_have_a_profile() -> None:
    assert len(REGULATORS) >= 60
    assert len({circuit(profile)[:3] for profile in PROFILES.values()}) >= 30
    # No two are the same circuit at the same setting: each says something of its own.
    assert len({circuit(profile) for profile in PROFILES.values()}) == len(PROFILES)


def test_a_profile_belongs_to_the_atlas_family_of_its_mechanism() -> None:
    known = {concept.key: concept for concept in atlas.concepts()}
    for concept in REGULATORS:
        assert concept.functions
        assert concept.key not in known or known[concept.key].parent == concept.parent


@pytest.mark.parametrize("concept", REGULATORS, ids=lambda concept: concept.name)
def test_a_profile_names_parts_and_knobs_that_exist_within_their_ranges(concept: Concept) -> None:
    profile = PROFILES[concept.name]
    for role in ("sense", "respond", "act"):
        assert getattr(profile, role) in names(f"adaptive.parts.{role}")
    spec = spec_for(mapping_of(concept), concept, TECHNIQUE)
    knobs = knobs_of(spec)
    for name, value in profile.knobs:
        knob = knobs[name.replace(".", "_", 1)]
        assert knob.low <= value <= knob.high, name


@pytest.mark.parametrize("concept", REGULATORS, ids=lambda concept: concept.name)
def test_a_profile_names_a_publication(concept: Concept) -> None:
    reference = PROFILES[concept.name].reference
    # Authors and a year, then where: a volume and page, an arXiv id, or a book and its publisher.
    assert re.match(r"(?:van )?[A-Z][\w'-]+[\w ,.'-]* (?:18|19|20)\d\d, ", reference)
    assert re.search(r"\d+:(?:e|aaf)?\d+|arXiv:\d{4}\.\d{5}|Wiley|Appleton|J\. Physiol\. 40", reference)


@pytest.mark.parametrize("concept", REGULATORS, ids=lambda concept: concept.name)
def test_a_profile_trains_without_harm_and_does_something(concept: Concept) -> None:
    torch.set_num_threads(1)
    build = compile_spec(spec_for(mapping_of(concept), concept, TECHNIQUE))
    ends = []
    for options in ({}, {"mechanism": "off"}):
        model = network()
        optimizer = build(model.parameters(), lr=0.05, **options)
        live(model, optimizer, LIFE)
        ends.append(weights(model))
        assert all(bool(p.isfinite().all()) for p in ends[-1])
    assert not same(*ends)


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

"""Grounding: equal names meet, like names meet only when they mean the same, the rest become proposals."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import atlas
from ingest.acronyms import expanded, explained
from ingest.ground import ACCEPT, Grounder, lexicon_concepts, normal, readable, singular
from ingest.wordforms import american, stem
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


@pytest.fixture(scope="module")
def shipped() -> Grounder:
    """Grounds among all that ships with the package, as reading papers does."""
    return Grounder([*lexicon_concepts(), *atlas.concepts()])


@pytest.mark.parametrize(
    "mention", ["the brain", "brains", "animals", "humans", "nature", "neural mechanisms", "a biological system"]
)
def test_words_that_say_nothing_never_name_a_specific_mechanism(shipped: Grounder, mention: str) -> None:
    found = shipped.ground("mechanism", mention)
    assert found.concept.status == "proposed" or normal(mention) in map(normal, (found.name, *found.concept.aliases))
    assert not set(found.name.split()) - set(f"{mention} brain animal human nature neural mechanism biological system".split())


@pytest.mark.parametrize("mention", ["neural network", "a model", "our method", "the algorithm", "deep model", "learning system"])
def test_words_that_say_nothing_never_name_a_specific_technique(shipped: Grounder, mention: str) -> None:
    found = shipped.ground("technique", mention)
    assert found.concept.status == "proposed" or normal(mention) in map(normal, (found.name, *found.concept.aliases))


def test_a_generic_alias_does_not_draw_mentions_to_one_of_the_things_that_brains_do() -> None:
    sampling = Concept(
        kind="mechanism", name="bayesian inference in cortex", aliases=("brain", "neural system"), status="curated"
    )
    grounder = Grounder([sampling])
    assert grounder.ground("mechanism", "the brain").concept.status == "proposed"
    assert grounder.ground("mechanism", "Bayesian inference in the cortex").key == sampling.key


@pytest.mark.parametrize(
    ("mention", "name"),
    [
        ("neuronal spikes", "neuronal spiking"),
        ("spiking of neurons", "neuronal spiking"),
        ("homoeostasis", "homeostasis"),
        ("human behaviour", "human behavior"),
        ("the unfolded-protein response in yeast", "unfolded protein response"),
        ("STDP", "spike-timing-dependent plasticity"),
        ("CPGs", "central pattern generator"),
        ("human lifelong learning", "lifelong learning"),
    ],
)
def test_other_forms_of_the_same_words_find_the_mechanism(shipped: Grounder, mention: str, name: str) -> None:
    found = shipped.ground("mechanism", mention)
    assert (found.name, found.concept.status) == (name, "curated")
    assert found.score >= ACCEPT["mechanism"]


def test_a_short_form_means_what_its_text_says_it_means(shipped: Grounder) -> None:
    text = "We train spiking neural networks (SNNs) by reinforcement learning (RL). RL is slow."
    assert shipped.ground("technique", "SNNs", text=text).name == "spiking neural network"
    assert shipped.ground("technique", "RL", text=text).name == "reinforcement learning"
    assert shipped.ground("technique", "RL").concept.status == "proposed"
    assert shipped.ground("technique", "SNN", text="sequential nonsense networks (SNN)").name == "sequential nonsense network"


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("the spike-timing-dependent plasticity (STDP) rule", "STDP", "spike-timing-dependent plasticity"),
        ("uses convolutional neural networks (CNNs)", "CNN", "convolutional neural networks"),
        ("the lobula giant movement detector [LGMD] of locusts", "LGMD", "lobula giant movement detector"),
        ("a model of the human visual system (HVS, see below)", "HVS", "human visual system"),
    ],
)
def test_brackets_explain_short_forms(text: str, short: str, long: str) -> None:
    assert explained(text) == {short: long}
    assert expanded(f"{short} model", text) == f"{long} model"


@pytest.mark.parametrize(
    "text", ["results on Atari (DQN)", "mice (see Fig. 2)", "the brain (AB)", "", "a (", "in 3D (XYZ) space"]
)
def test_brackets_that_explain_nothing_are_left_alone(text: str) -> None:
    assert explained(text) == {}
    assert expanded("DQN", text) == "DQN"


@pytest.mark.parametrize(
    ("british", "spelling"),
    [
        ("organisation", "organization"),
        ("behaviour", "behavior"),
        ("modelling", "modeling"),
        ("centre", "center"),
        ("noise", "noise"),
        ("supervised", "supervised"),
        ("source", "source"),
        ("analysis", "analysis"),
    ],
)
def test_spelling_is_american_and_leaves_other_words_alone(british: str, spelling: str) -> None:
    assert american(british) == spelling
    assert american(spelling) == spelling


def test_kin_have_one_stem() -> None:
    for kin in ("neuron neuronal neural", "cortex cortical", "vision visual", "regularizer regularization regularize"):
        assert len({stem(word) for word in kin.split()}) == 1


def test_two_tellings_of_one_concept_are_one() -> None:
    told = Concept(kind="mechanism", name="sleep", aliases=("slumber",), status="curated", functions=("function:forget",))
    again = Concept(kind="mechanism", name="sleep", aliases=("shut-eye",), status="curated", functions=("function:replay",))
    found = Grounder([told, again]).ground("mechanism", "shut-eye").concept
    assert found.key == "mechanism:sleep"
    assert set(found.functions) == {"function:forget", "function:replay"}


def test_hidden_names_are_found_again_more_often_than_not() -> None:
    """Each tenth alias of the atlas's mechanisms is hidden; most that are grounded must go home, and few go astray."""
    known = [concept for concept in atlas.concepts() if concept.kind == "mechanism"]
    hidden = [(c, alias) for number, (c, alias) in enumerate((c, a) for c in known for a in c.aliases) if number % 10 == 0]
    gone = set(hidden)
    kept = [
        Concept(
            kind=c.kind, name=c.name, aliases=tuple(a for a in c.aliases if (c, a) not in gone), parent=c.parent, status="curated"
        )
        for c in known
    ]
    grounder = Grounder(kept)
    found = [(concept, grounder.ground("mechanism", alias)) for concept, alias in hidden]
    accepted = [(concept, grounding) for concept, grounding in found if grounding.concept.status == "curated"]
    right = sum(grounding.key == concept.key for concept, grounding in accepted)
    assert right / len(accepted) > 0.7
    assert right / len(found) > 0.45
    assert sum(grounding.concept.parent == concept.parent for concept, grounding in found) / len(found) > 0.7

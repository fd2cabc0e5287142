"""Concepts, mappings between them, and merges that can be taken back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import NotFound, Refused
from kg.model import Concept, Evidence, Mapping, Pair, Paper, Profile, Span, mapping_key, sha256
from kg.store import Store

MakePaper = Callable[..., Paper]
State = Callable[..., str]
PROFILE = Profile(sense="loss_spike", respond="titration", act="weight_decay", knobs=(("respond.capacity", 1.0),), reference="x")


def test_a_concept_comes_back_as_it_went_in(store: Store) -> None:
    concept = Concept(
        kind="mechanism", name="heat shock response", aliases=("HSR", "chaperone upregulation"), see=("GO:0009408",),
        domain="molecular", parent="family:chaperone", functions=("function:protect",), definition="Cells make chaperones.",
        status="curated", profile=PROFILE,
    )  # fmt: skip
    key = store.add_concept(concept)
    assert key == "mechanism:heat-shock-response"
    assert store.concept(key) == concept
    assert store.add_concept(concept) == key
    assert store.concepts() == [concept]


def test_a_curated_concept_beats_a_proposed_one_in_either_order(store: Store) -> None:
    proposed = Concept(kind="mechanism", name="Heat Shock Response", aliases=("hsp",), definition="Guess.", domain="guess")
    curated = Concept(kind="mechanism", name="heat-shock response", definition="Known.", status="curated", profile=PROFILE)
    for order in ((proposed, curated), (curated, proposed)):
        with Store.open(":memory:") as other:
            for concept in order:
                other.add_concept(concept)
            (kept,) = other.concepts()
            assert (kept.name, kept.definition, kept.domain, kept.status, kept.profile) == (
                "heat-shock response", "Known.", "guess", "curated", PROFILE,
            )  # fmt: skip
            assert kept.aliases == ("Heat Shock Response", "hsp")


@pytest.mark.parametrize("text", ["mechanism:heat-shock", "heat shock", "Heat-Shock!", "  HSR ", "hsr"])
def test_a_concept_is_found_by_key_name_or_alias(store: Store, text: str) -> None:
    store.add_concept(Concept(kind="mechanism", name="heat shock", aliases=("HSR",)))
    assert store.resolve_concept(text).name == "heat shock"
    assert store.resolve_concept(text, "mechanism").name == "heat shock"
    with pytest.raises(NotFound):
        store.resolve_concept(text, "technique")


def test_a_name_beats_an_alias_and_a_mechanism_a_technique(store: Store) -> None:
    store.add_concept(Concept(kind="technique", name="memory"))
    store.add_concept(Concept(kind="mechanism", name="synaptic memory", aliases=("memory",), status="curated"))
    assert store.resolve_concept("memory").key == "technique:memory"
    store.add_concept(Concept(kind="mechanism", name="memory"))
    assert store.resolve_concept("memory").key == "mechanism:memory"


@pytest.mark.parametrize("name", ["heat shok respnse", "mechanism:heat-shock-respons", "homeostasys"])
def test_a_mistyped_name_gets_the_near_ones(store: Store, name: str) -> None:
    for known in ("heat shock response", "homeostasis", "memory"):
        store.add_concept(Concept(kind="mechanism", name=known))
    for find in (store.concept, store.resolve_concept):
        with pytest.raises(NotFound, match=r"did you mean (heat shock response|homeostasis)\?"):
            find(name)


@pytest.mark.parametrize("text", ["", "→", "mechanism:", "x" * 10_000, "\ud800"])
def test_any_text_can_be_looked_for(store: Store, text: str) -> None:
    store.add_concept(Concept(kind="mechanism", name="heat shock"))
    with pytest.raises((NotFound, Refused)):
        store.resolve_concept(text)


@pytest.mark.parametrize("name", ["'); DROP TABLE concept; --", "a\0b", "→", "ß\N{PILE OF POO}", "x" * 10_000, "%_*"])
def test_hostile_names_go_through_unharmed(store: Store, name: str) -> None:
    concept = Concept(kind="mechanism", name=name, aliases=(f"{name} too",), definition=name)
    assert store.concept(store.add_concept(concept)) == concept
    assert store.resolve_concept(name) == concept


def test_a_concept_needs_a_name_and_a_kind(store: Store) -> None:
    with pytest.raises(Refused):
        store.add_concept(Concept(kind="mechanism", name=" "))
    with pytest.raises(Refused, match="mechanism"):
        store.add_concept(Concept(kind="animal", name="owl"))  # type: ignore[arg-type]


def test_a_mapping_joins_what_each_source_says(store: Store, state: State) -> None:
    key = state(store, "heat shock", "weight decay")
    mapping = store.mapping(key)
    roles = Pair(mechanism_role="misfolded protein", technique_role="exploding gradient")
    assert store.add_mapping(dataclasses.replace(mapping, functions=("function:b",), pairs=(roles,))) == key
    assert store.add_mapping(dataclasses.replace(mapping, functions=("function:a",))) == key
    mapping = store.mapping(key)
    assert (mapping.functions, mapping.pairs) == (("function:a", "function:b"), (roles,))
    assert store.mappings(function="function:a") == store.mappings(relation="inspires") == [mapping]
    assert store.mappings(mechanism=mapping.mechanism, technique=mapping.technique) == [mapping]
    assert (
        store.mappings(function="function:c")
        == store.mappings(relation="contrasts")
        == store.mappings(mechanism="mechanism:x")
        == []
    )


def test_a_mapping_needs_its_concepts_in_their_roles(store: Store, state: State) -> None:
    state(store, "heat shock", "weight decay")
    with pytest.raises(NotFound, match="mechanism"):
        store.add_mapping(Mapping(mechanism="mechanism:cold", relation="inspires", technique="technique:weight-decay"))
    with pytest.raises(Refused, match="technique"):
        store.add_mapping(Mapping(mechanism="technique:weight-decay", relation="inspires", technique="technique:weight-decay"))
    with pytest.raises(Refused, match="analogous"):
        store.add_mapping(Mapping(mechanism="mechanism:heat-shock", relation="is", technique="technique:weight-decay"))  # type: ignore[arg-type]


def test_the_start_of_a_key_is_enough_where_only_one_has_it(store: Store, state: State) -> None:
    keys = [state(store, f"mechanism {number}", "weight decay") for number in range(40)]
    assert store.mapping(keys[0][:9]).key == keys[0]
    with pytest.raises(Refused, match="type more"):
        store.mapping("m")
    for absent in ("m0123456789", "mxyz", "", "m_", "m%", "M" + keys[0][1:]):
        with pytest.raises(NotFound, match="ask analogies"):
            store.mapping(absent)


# A small graph with merges


def test_a_merge_shows_the_target_and_both_keys_lead_there(store: Store, state: State, paper: MakePaper) -> None:
    old = state(store, "heat shock protein", "weight decay", paper=paper(1))
    new = state(store, "heat shock", "weight decay", paper=paper(2))
    store.add_concept(Concept(kind="mechanism", name="heat shock protein", aliases=("hsp",), functions=("function:protect",)))
    store.merge_concepts("mechanism:heat-shock-protein", "mechanism:heat-shock", by="me")
    assert store.merges() == [("mechanism:heat-shock-protein", "mechanism:heat-shock", "me")]
    assert [concept.name for concept in store.concepts("mechanism")] == ["heat shock"]
    shown = store.resolve_concept("hsp")
    assert (shown.key, shown.functions) == ("mechanism:heat-shock", ("function:protect",))
    assert store.concept("mechanism:heat-shock-protein") == shown
    assert (
        store.mappings()
        == [store.mapping(old)]
        == [store.mapping(new)]
        == store.mappings(mechanism="mechanism:heat-shock-protein")
    )
    assert {evidence.paper for evidence in store.evidence(old)} == {paper(1).key, paper(2).key}
    assert {evidence.mapping for evidence in store.evidence()} == {new}
    assert store.belief_of(old) == store.belief_of(new) == store.beliefs()[new]
    assert store.belief_of(new).papers == 2
    assert store.counts()["mechanisms"] == 1 and store.counts()["mappings_inspires"] == 1
    assert [key for key, _ in store.search("heat shock")] == ["mechanism:heat-shock"]


def test_evidence_that_a_merge_makes_equal_is_told_once(store: Store, state: State, paper: MakePaper) -> None:
    for mechanism, score in (("heat shock", 0.5), ("heat shock protein", 0.75)):
        key = state(store, mechanism, "weight decay", paper=paper(1), score=score)
    store.merge_concepts("mechanism:heat-shock-protein", "mechanism:heat-shock")
    (evidence,) = store.evidence(key)
    assert evidence.score == 0.75
    assert store.belief_of(key).value == store.beliefs()[store.mapping(key).key].value == 0.6


def test_a_key_that_only_a_merge_made_takes_evidence(store: Store, state: State, paper: MakePaper) -> None:
    old = state(store, "heat shock protein", "weight decay", paper=paper(1))
    store.add_concept(Concept(kind="mechanism", name="heat shock"))
    store.merge_concepts("mechanism:heat-shock-protein", "mechanism:heat-shock")
    shown = store.mapping(old).key
    assert shown == mapping_key("mechanism:heat-shock", "inspires", "technique:weight-decay") != old
    assert store.mapping(shown[:8]) == store.mapping(shown)
    more = Evidence(
        mapping=shown, paper=paper(1).key, passages=(Span("title", 0, 6),), text_sha256=sha256(paper(1).title), by="curator"
    )
    assert store.add_evidence(more) and not store.add_evidence(more)
    assert len(store.evidence(old)) == 2
    store.split_concept("mechanism:heat-shock-protein")
    assert [evidence.by for evidence in store.evidence(old)] == ["abstract"]
    assert [evidence.by for evidence in store.evidence(shown)] == ["curator"]


def test_merges_go_through_chains_and_never_round(store: Store) -> None:
    a, b, c = (store.add_concept(Concept(kind="technique", name=name)) for name in "abc")
    store.merge_concepts(a, b)
    store.merge_concepts(b, c)
    assert store.concept(a).name == "c" and store.concept(a).aliases == ("a", "b")
    for source, target in ((c, a), (c, b), (a, a)):
        with pytest.raises(Refused):
            store.merge_concepts(source, target)
    with pytest.raises(Refused, match="already"):
        store.merge_concepts(a, c)
    store.merge_concepts(a, b)
    store.split_concept(b)
    assert (store.concept(a).name, store.concept(c).aliases) == ("b", ())
    with pytest.raises(Refused, match="nothing to split"):
        store.split_concept(b)


def test_only_concepts_of_one_kind_merge(store: Store) -> None:
    mechanism, technique = (
        store.add_concept(Concept(kind="mechanism", name="a")),
        store.add_concept(Concept(kind="technique", name="b")),
    )
    with pytest.raises(Refused, match="one kind"):
        store.merge_concepts(mechanism, technique)
    with pytest.raises(NotFound):
        store.merge_concepts(mechanism, "mechanism:absent")


def test_merged_functions_and_families_show_in_what_names_them(store: Store) -> None:
    old, new = (store.add_concept(Concept(kind="function", name=name)) for name in ("guard", "protect"))
    families = [store.add_concept(Concept(kind="family", name=name)) for name in ("stress", "stress response")]
    mechanism = store.add_concept(Concept(kind="mechanism", name="heat shock", parent=families[0], functions=(old,)))
    technique = store.add_concept(Concept(kind="technique", name="weight decay"))
    mapping = store.add_mapping(Mapping(mechanism=mechanism, relation="inspires", technique=technique, functions=(old,)))
    store.merge_concepts(old, new)
    store.merge_concepts(*families)
    assert (store.concept(mechanism).parent, store.concept(mechanism).functions) == (families[1], (new,))
    assert store.mapping(mapping).functions == (new,)
    assert store.mappings(function=old) == store.mappings(function=new) == [store.mapping(mapping)]


NAMES = "abcde"


def build(store: Store) -> None:
    for name in NAMES:
        store.add_concept(Concept(kind="mechanism", name=name, aliases=(f"{name}{name}",), functions=(f"function:{name}",)))
    for name in "xy":
        store.add_concept(Concept(kind="technique", name=name))
    text = "One sentence that states it."
    store.add_paper(Paper(key="arxiv:1", title="T", abstract=text))
    for number, name in enumerate(NAMES):
        for technique, relation in (("x", "inspires"), ("y", "contrasts" if number % 2 else "inspires")):
            key = store.add_mapping(Mapping(mechanism=f"mechanism:{name}", relation=relation, technique=f"technique:{technique}"))  # type: ignore[arg-type]
            spans = (Span("abstract", number, number + 5),)
            store.add_evidence(Evidence(mapping=key, paper="arxiv:1", passages=spans, text_sha256=sha256(text), by="abstract"))


def seen(store: Store) -> object:
    return (
        list(store.export()),
        store.concepts(),
        store.mappings(),
        store.evidence(),
        store.beliefs(),
        store.counts(),
        store.search("a b"),
    )


pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=6)


@given(pairs, st.randoms(use_true_random=False))
def test_taking_all_merges_back_restores_everything(merges: Iterable[tuple[str, str]], order: object) -> None:
    with Store.open(":memory:") as store:
        build(store)
        before = seen(store)
        for source, target in merges:
            try:
                store.merge_concepts(f"mechanism:{source}", f"mechanism:{target}")
            except Refused:
                continue
            shown = {mapping.key for mapping in store.mappings()}
            assert {evidence.mapping for evidence in store.evidence()} == shown
            assert store.beliefs() == {key: store.belief_of(key) for key in shown}
            assert store.counts()["mappings"] == len(shown)
            assert {mapping.mechanism for mapping in store.mappings()} == {concept.key for concept in store.concepts("mechanism")}
            assert len({store.concept(f"mechanism:{name}").key for name in NAMES}) == store.counts()["mechanisms"]
        standing = store.merges()
        order.shuffle(standing)  # type: ignore[attr-defined]
        for source, _, _ in standing:
            store.split_concept(source)
        assert seen(store) == before

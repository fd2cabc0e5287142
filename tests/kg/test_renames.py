"""Renamed concepts: the new name is shown, the old one finds it, and nothing that was read is changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kg.errors import NotFound, Refused
from kg.model import Concept, Paper, Profile
from kg.store import Store

State = Callable[..., str]
MakePaper = Callable[..., Paper]


def test_a_renamed_concept_is_found_by_both_names(store: Store, state: State, paper: MakePaper) -> None:
    old = state(store, "heat shock", "weight decay", paper=paper(1))
    profile = Profile(sense="loss_spike", respond="titration", act="weight_decay")
    store.add_concept(
        Concept(kind="mechanism", name="heat shock", definition="Cells in heat.", status="curated", profile=profile)
    )
    key = store.rename_concept("mechanism:heat-shock", "  thermal   stress response ")
    assert key == "mechanism:thermal-stress-response"
    shown = store.concept(key)
    assert (shown.key, shown.name, shown.aliases) == (key, "thermal stress response", ("heat shock",))
    assert (shown.definition, shown.profile, shown.status) == ("Cells in heat.", profile, "curated")
    assert store.resolve_concept("Heat-Shock") == store.concept("mechanism:heat-shock") == shown
    assert store.mapping(old).mechanism == key and store.belief_of(old).value == 0.8
    assert [concept.key for concept in store.concepts("mechanism")] == [key]
    assert store.search("heat shock", kinds=("mechanism",))[0][0] == key
    assert store.renames() == [("mechanism:heat-shock", "thermal stress response", "curator")]


def test_case_and_signs_change_without_a_new_key(store: Store) -> None:
    store.add_concept(Concept(kind="mechanism", name="rna interference"))
    assert store.rename_concept("mechanism:rna-interference", "RNA interference") == "mechanism:rna-interference"
    assert store.concept("mechanism:rna-interference").name == "RNA interference"
    assert store.concepts()[0].aliases == ("rna interference",) and store.merges() == []
    before = list(store.export())
    store.rename_concept("mechanism:rna-interference", "RNA interference")
    assert list(store.export()) == before
    store.split_concept("mechanism:rna-interference")
    assert store.concepts()[0].name == "rna interference" and store.renames() == []


@pytest.mark.parametrize("back", ["rename", "split", "undo"])
def test_a_rename_is_taken_back_without_a_trace(store: Store, state: State, paper: MakePaper, back: str) -> None:
    state(store, "heat shock", "weight decay", paper=paper(1))
    before = list(store.export())
    store.rename_concept("mechanism:heat-shock", "thermal stress")
    store.rename_concept("mechanism:thermal-stress", "thermal response")
    if back == "rename":
        store.rename_concept("mechanism:thermal-response", "heat shock")
    elif back == "split":
        store.split_concept("mechanism:heat-shock")
    else:
        store.undo_decision()
        assert store.concept("mechanism:heat-shock").name == "thermal stress"
        store.undo_decision()
    assert list(store.export()) == before
    if back != "undo":
        assert store.undo_decision() is not None
        assert store.concept("mechanism:heat-shock").name == "thermal response"


def test_what_was_added_to_the_new_name_stays_when_the_rename_goes(store: Store, state: State, paper: MakePaper) -> None:
    state(store, "heat shock", "weight decay", paper=paper(1))
    store.rename_concept("mechanism:heat-shock", "thermal stress")
    added = state(store, "thermal stress", "dropout", paper=paper(2))
    store.split_concept("mechanism:heat-shock")
    assert [concept.name for concept in store.concepts("mechanism")] == ["heat shock", "thermal stress"]
    assert store.mapping(added).mechanism == "mechanism:thermal-stress"


def test_a_name_that_is_taken_is_a_matter_of_merging(store: Store) -> None:
    for name in ("heat shock", "homeostasis", "heat stress"):
        store.add_concept(Concept(kind="mechanism", name=name))
    with pytest.raises(Refused, match="exapt concept merge mechanism:heat-shock mechanism:homeostasis"):
        store.rename_concept("mechanism:heat-shock", "Homeostasis")
    store.merge_concepts("mechanism:heat-stress", "mechanism:heat-shock")
    with pytest.raises(Refused, match="exapt concept split mechanism:heat-stress"):
        store.rename_concept("mechanism:heat-shock", "heat stress")


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[31mb", "a\x00b", "\ud800"])
def test_a_name_that_is_none_is_refused(store: Store, name: str) -> None:
    store.add_concept(Concept(kind="mechanism", name="heat shock"))
    with pytest.raises(Refused):
        store.rename_concept("mechanism:heat-shock", name)
    with pytest.raises(NotFound, match="did you mean heat shock"):
        store.rename_concept("mechanism:heat-shok", "torpor")


@pytest.mark.parametrize("name", ["ショウジョウバエの脳", "استجابة الصدمة", "→", "x" * 300, "'); DROP TABLE rename; --"])
def test_names_of_any_writing_go_through(store: Store, name: str) -> None:
    store.add_concept(Concept(kind="mechanism", name="heat shock"))
    key = store.rename_concept("mechanism:heat-shock", name)
    assert store.concept(key).name == name and store.resolve_concept(name).key == key
    store.undo_decision()
    assert store.concepts()[0].name == "heat shock"


def test_the_name_before_a_change_leads_to_what_can_be_split(store: Store) -> None:
    for name in ("heat shock", "homeostasis", "torpor"):
        store.add_concept(Concept(kind="mechanism", name=name))
    store.merge_concepts("mechanism:heat-shock", "mechanism:homeostasis")
    assert store.changed_concept("Heat shock") == store.changed_concept("mechanism:heat-shock") == "mechanism:heat-shock"
    with pytest.raises(Refused, match="merged into it: mechanism:heat-shock"):
        store.changed_concept("homeostasis")
    with pytest.raises(Refused, match="nothing to split"):
        store.changed_concept("torpor")
    with pytest.raises(NotFound, match="did you mean torpor"):
        store.changed_concept("torpo")

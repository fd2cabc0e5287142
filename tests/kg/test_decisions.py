"""Decisions of a curator: they count, they outlive new readings, and the last can be taken back exactly."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.belief import belief
from kg.errors import ExaptError, Mismatch, Refused
from kg.model import Concept, Evidence, Mapping, Paper, Result, Span, sha256
from kg.store import Store

State = Callable[..., str]
MakePaper = Callable[..., Paper]
PAPER = "arxiv:2401.00001"
TEXT = "Cells make chaperones under stress. We tie the weight decay of a network to its loss in the same way."
CHAPERONES, DECAY = Span("abstract", 11, 21), Span("abstract", 47, 59)


def exported(store: Store) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in store.export())


@pytest.fixture
def key(store: Store, state: State, paper: MakePaper) -> str:
    return state(store, "stress", "decay", paper=paper(1), score=0.5, mechanism_span=Span("abstract", 28, 34))


def read_again(store: Store, key: str, *, version: str = "2", score: float = 0.6, found: bool = True) -> None:
    """What the pipeline does when a new version of the reader has read the paper."""
    text = store.paper(PAPER).abstract or ""
    passages = (Span("abstract", 0, 35),)
    again = Evidence(
        mapping=key, paper=PAPER, passages=passages, text_sha256=sha256(text), by="abstract", version=version, score=score
    )
    store.replace_readings(PAPER, "abstract", [again] if found else [])


def test_accepting_counts_as_a_sure_passage_in_place_of_what_was_read(store: Store, key: str) -> None:
    assert store.belief_of(key).value == 0.4
    assert store.decide(key, PAPER, accept=True)
    (word,) = (one for one in store.evidence(key) if one.by == "curator")
    assert (word.stance, word.score, word.passages) == ("for", 1.0, (Span("abstract", 0, 35),))
    found = store.belief_of(key)
    assert (found.value, found.for_, found.against) == (0.8, 1, 0)
    assert "as a curator accepts" in str(found.terms[0])
    assert store.open_findings() == []


def test_rejecting_takes_the_paper_away_and_says_so_in_the_sum(store: Store, state: State, paper: MakePaper, key: str) -> None:
    store.decide(key, PAPER, accept=False)
    found = store.belief_of(key)
    assert (found.value, found.papers, found.in_words) == (
        0.0, 0, "no support: 0 papers state it, 1 reading rejected by a curator"
    )  # fmt: skip
    assert [str(term) for term in found.terms] == [f"doubt × 1.0000  {PAPER}: a curator rejects what was read in it"]
    state(store, "stress", "decay", paper=paper(2), score=1.0)
    assert store.belief_of(key).value == 0.8, "a wrong reading of one paper says nothing of another"
    assert store.belief_of(key) == belief(store.evidence(key)) == store.beliefs()[key]


def test_a_rejected_contrast_no_longer_limits_the_analogy(store: Store, state: State, paper: MakePaper) -> None:
    analogy = state(store, "heat shock", "decay", paper=paper(1))
    contrast = state(store, "heat shock", "decay", relation="contrasts", paper=paper(1), score=0.5)
    assert store.belief_of(analogy).value == 0.64
    store.decide(contrast, PAPER, accept=True)
    assert store.belief_of(analogy).value == 0.48
    store.decide(contrast, PAPER, accept=False)
    assert store.belief_of(analogy).value == 0.8


def test_a_decision_is_made_once_and_can_be_changed(store: Store, key: str) -> None:
    assert store.decide(key, PAPER, accept=True) and not store.decide(key, PAPER, accept=True)
    once = exported(store)
    assert store.decide(key, PAPER, accept=False)
    assert [one.action for one in store.decisions()] == ["reject"]
    assert len([one for one in store.evidence(key) if one.by == "curator"]) == 1
    assert store.undo_decision() is not None
    assert exported(store) == once


def test_what_was_not_read_cannot_be_decided(store: Store, state: State, paper: MakePaper, key: str) -> None:
    state(store, "sleep", "replay", paper=paper(2))
    with pytest.raises(Refused, match="nothing was read"):
        store.decide(key, paper(2).key, accept=True)
    with pytest.raises(ExaptError):
        store.decide("m0000000000", PAPER, accept=True)


def test_decisions_outlive_a_new_reading(store: Store, key: str) -> None:
    store.decide(key, PAPER, accept=False)
    read_again(store, key, score=0.9)
    assert store.belief_of(key).value == 0 and store.open_findings() == []
    read_again(store, key, version="3", found=False)
    assert [one.by for one in store.evidence(key)] == ["curator"], "what was decided on does not vanish"
    read_again(store, key, version="4")
    assert store.open_findings() == [] and store.belief_of(key).value == 0


def test_a_finding_of_another_text_of_the_paper_stays_decided(store: Store, key: str) -> None:
    store.decide(key, PAPER, accept=True)
    (word,) = (one for one in store.evidence(key) if one.by == "curator")
    newer = dataclasses.replace(store.evidence(key)[0], by="abstract", passages=(Span("title", 0, 6),))
    newer = dataclasses.replace(newer, text_sha256=sha256(store.paper(PAPER).title), mechanism_span=None)
    store.replace_readings(PAPER, "abstract", [newer])
    assert store.open_findings() == [] and word in store.evidence(key)


def ends(store: Store, mechanism: str, technique: str) -> dict[str, object]:
    return {
        "mechanism": Concept(kind="mechanism", name=mechanism), "technique": Concept(kind="technique", name=technique),
        "mechanism_span": CHAPERONES, "technique_span": DECAY,
    }  # fmt: skip


def test_a_fix_makes_the_right_mapping_and_closes_the_wrong_one(store: Store, key: str) -> None:
    right = store.fix(key, PAPER, **ends(store, "chaperones", "weight decay"))  # type: ignore[arg-type]
    assert (store.belief_of(key).value, store.belief_of(right).value) == (0.0, 0.8)
    (word,) = store.evidence(right)
    assert store.quote(word).mechanism == "chaperones" and store.quote(word).technique == "weight decay"
    read_again(store, key)
    assert store.open_findings() == [], "the old finding is not brought up again"
    assert [(one.action, one.subject, one.became) for one in store.decisions()] == sorted(
        [("fix", key, right), ("accept", right, None)], key=lambda row: row[1]
    )


def test_a_fix_of_the_words_alone_keeps_the_mapping(store: Store, key: str) -> None:
    assert store.fix(key, PAPER, **ends(store, "stress", "decay")) == key  # type: ignore[arg-type]
    (word,) = (one for one in store.evidence(key) if one.by == "curator")
    assert (word.stance, word.mechanism_span) == ("for", CHAPERONES)
    assert store.open_findings() == []


def test_words_outside_of_the_text_are_refused_and_nothing_is_kept(store: Store, key: str) -> None:
    before = exported(store)
    wrong = ends(store, "new thing", "decay") | {"mechanism_span": Span("abstract", 90, 2000)}
    with pytest.raises(Mismatch):
        store.fix(key, PAPER, **wrong)  # type: ignore[arg-type]
    assert exported(store) == before


def test_decisions_survive_a_merge_and_its_split(store: Store, state: State, paper: MakePaper) -> None:
    keys = [state(store, name, "decay", paper=paper(1), score=0.5) for name in ("stress", "heat shock")]
    store.merge_concepts("mechanism:stress", "mechanism:heat-shock")
    assert len(store.open_findings()) == 1
    store.decide(keys[0], PAPER, accept=False)
    assert store.open_findings() == []
    store.split_concept("mechanism:stress")
    assert [store.belief_of(key).value for key in keys] == [0, 0]
    assert {one.subject for one in store.decisions()} == set(keys)


def test_only_readings_with_their_text_at_hand_are_open(store: Store, state: State, paper: MakePaper, key: str) -> None:
    state(store, "sleep", "replay", paper=paper(2, abstract=None), text_sha256=sha256(TEXT), by="atlas")
    state(store, "torpor", "pause", paper=paper(3), by="race")
    assert [finding.evidence.mapping for finding in store.open_findings()] == [key]
    assert store.open_findings(relation="contrasts") == store.open_findings(paper=paper(2).key) == []
    assert [finding.evidence.mapping for finding in store.open_findings(relation="inspires", paper=PAPER)] == [key]


def test_a_fix_into_a_mapping_that_is_there_gives_it_no_functions_of_the_wrong_one(
    store: Store, state: State, paper: MakePaper
) -> None:
    functions = [store.add_concept(Concept(kind="function", name=name)) for name in ("respond", "protect")]
    right, wrong = state(store, "stress", "decay", paper=paper(1)), state(store, "heat", "decay", paper=paper(1))
    for key, function in zip((right, wrong), functions, strict=True):
        mapping = store.mapping(key)
        store.add_mapping(dataclasses.replace(mapping, functions=(function,)))
    before = exported(store)
    ends = {kind: store.concept(f"{kind}:{name}") for kind, name in (("mechanism", "stress"), ("technique", "decay"))}
    assert store.fix(wrong, PAPER, **ends, mechanism_span=CHAPERONES, technique_span=DECAY) == right
    assert store.mapping(right).functions == (functions[0],)
    store.undo_decision()
    assert exported(store) == before


def test_undo_without_the_reading_lets_the_mapping_go(store: Store, key: str) -> None:
    store.decide(key, PAPER, accept=True)
    read_again(store, key, found=False)
    store.undo_decision()
    assert store.mappings() == [] and store.undo_decision() is None


def test_a_paper_that_gains_its_key_keeps_its_decisions(store: Store, state: State, paper: MakePaper) -> None:
    by_title = Paper(key="title:0000000000000001", title="Stress in networks", abstract=TEXT)
    key = state(store, "stress", "decay", paper=by_title)
    store.decide(key, store.paper(by_title.key).key, accept=True)
    before = exported(store)
    store.add_paper(dataclasses.replace(by_title, key=PAPER))
    assert [one.paper for one in store.decisions()] == [PAPER]
    store.undo_decision()
    assert store.decisions() == [] and len(store.open_findings(paper=PAPER)) == 1
    store.decide(key, PAPER, accept=True)
    assert exported(store).count('"curator"') == before.count('"curator"')


STEPS = st.lists(
    st.sampled_from(
        ["accept a", "reject a", "accept b", "reject b", "fix a", "fix b", "merge", "split", "rename", "case", "back", "undo"]
    ),
    max_size=9,
)


def take(store: Store, step: str, keys: dict[str, str]) -> None:
    verb, _, name = step.partition(" ")
    if verb in ("accept", "reject"):
        store.decide(keys[name], PAPER, accept=verb == "accept")
    elif verb == "fix":
        store.fix(keys[name], PAPER, **ends(store, "chaperones" if name == "a" else "stress", "weight decay"))  # type: ignore[arg-type]
    elif verb == "merge":
        store.merge_concepts("mechanism:heat-shock", "mechanism:stress")
    elif verb == "split":
        store.split_concept("mechanism:heat-shock")
    elif verb == "rename":
        store.rename_concept("mechanism:heat-shock", "thermal response")
    elif verb == "case":
        store.rename_concept("technique:decay", "DECAY")
    elif verb == "back":
        store.rename_concept("mechanism:heat-shock", "heat shock")
    else:
        store.undo_decision()


@given(STEPS)
def test_undoing_all_decisions_goes_back_through_every_state(steps: list[str]) -> None:
    with Store.open(":memory:") as store:
        store.add_paper(Paper(key=PAPER, title="Stress", abstract=TEXT))
        keys = {}
        for name, mechanism in (("a", "stress"), ("b", "heat shock")):
            ends = [
                store.add_concept(Concept(kind="mechanism", name=mechanism)),
                store.add_concept(Concept(kind="technique", name="decay")),
            ]
            keys[name] = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
            store.add_evidence(
                Evidence(
                    mapping=keys[name], paper=PAPER, passages=(Span("abstract", 0, 35),), text_sha256=sha256(TEXT), by="abstract"
                )
            )
        states = [exported(store)]
        for step in steps:
            try:
                take(store, step, keys)
            except ExaptError:
                continue
            if step == "undo":
                states = states[:-1] or states
                assert exported(store) == states[-1]
            elif exported(store) != states[-1]:
                states.append(exported(store))
            shown = {mapping.key for mapping in store.mappings()}
            assert store.beliefs() == {key: store.belief_of(key) for key in shown}
            assert all(concept == store.concept(concept.key) for concept in store.concepts())
        while len(states) > 1:
            assert store.undo_decision() is not None
            states.pop()
            assert exported(store) == states[-1]
        assert store.undo_decision() is None


def test_decisions_and_names_are_part_of_the_export_in_one_order(store: Store, state: State, paper: MakePaper, key: str) -> None:
    other = state(store, "sleep", "replay", paper=paper(2))
    store.decide(other, paper(2).key, accept=True, by="Ada")
    store.decide(key, PAPER, accept=False)
    store.rename_concept("mechanism:sleep", "slow-wave sleep", by="Ada")
    first = exported(store)
    with Store.open(":memory:") as again:
        for number, (mechanism, technique, score) in enumerate((("stress", "decay", 0.5), ("sleep", "replay", 1.0)), 1):
            span = Span("abstract", 28, 34) if number == 1 else None
            state(again, mechanism, technique, paper=paper(number), score=score, mechanism_span=span)
        again.rename_concept("mechanism:sleep", "slow-wave sleep", by="Ada")
        again.decide(key, PAPER, accept=False)
        again.decide(other, paper(2).key, accept=True, by="Ada")
        assert exported(again) == first
    rows = [json.loads(line) for line in first.splitlines()]
    assert {"type": "rename", "concept": "mechanism:sleep", "name": "slow-wave sleep", "by": "Ada"} in rows
    assert {"type": "decision", "action": "reject", "subject": key, "paper": PAPER, "by": "curator"} in rows
    assert {"type": "decision", "action": "accept", "subject": other, "paper": paper(2).key, "by": "Ada"} in rows


def test_a_race_is_counted_beside_a_decision(store: Store, key: str) -> None:
    store.add_result(Result(race="r", prototype="p", task="t", arm="verdict", seed=0, metric="verdict", value=1.0, mapping=key))
    store.decide(key, PAPER, accept=True)
    assert store.belief_of(key).value == pytest.approx(1 - 0.2 * 0.85)

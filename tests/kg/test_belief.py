"""Belief: what moves it which way, and a sum that anyone can check."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.belief import Belief, belief
from kg.model import Evidence, Paper, Result, Span
from kg.store import Store


def said(paper: str = "p1", start: int = 0, **fields: object) -> Evidence:
    plain: dict[str, object] = {
        "mapping": "m",
        "paper": paper,
        "passages": (Span("abstract", start, start + 9),),
        "by": "abstract",
    }
    return Evidence(**(plain | fields))  # type: ignore[arg-type]


def verdict(value: float, task: str = "digits", **fields: object) -> Result:
    plain: dict[str, object] = {"race": "r", "prototype": "p", "task": task, "arm": "verdict", "seed": 0, "metric": "verdict"}
    return Result(value=value, **(plain | fields))  # type: ignore[arg-type]


def check_sum(found: Belief) -> None:
    """Multiply the terms out by hand, from what is printed."""
    doubt = trust = 1.0
    for term in found.terms:
        name, _, factor, *_ = str(term).split()
        if name == "doubt":
            doubt *= float(factor)
        else:
            trust *= float(factor)
    assert found.value == pytest.approx((1 - doubt) * trust, abs=5e-5)


def test_without_evidence_there_is_no_belief() -> None:
    found = belief([])
    assert (found.value, found.papers, found.terms, found.in_words) == (0.0, 0, (), "no support: 0 papers state it")


def test_independent_papers_count_and_repeated_sentences_hardly_do() -> None:
    one, two = belief([said()]).value, belief([said("p1"), said("p2")]).value
    repeated = belief([said(score=0.8), said(start=50, score=0.8)]).value
    assert (one, two) == (0.8, 0.96)
    assert belief([said(score=0.8)]).value < repeated < belief([said("p1", score=0.8), said("p2", score=0.8)]).value
    assert repeated - belief([said(score=0.8)]).value < 0.01


def test_two_readers_of_one_passage_are_one_statement() -> None:
    assert belief([said(score=0.5), said(score=0.9, by="essay")]) == belief([said(score=0.9)])


def test_a_hedged_passage_counts_less() -> None:
    assert 0 < belief([said(hedged=True)]).value < belief([said()]).value


def test_evidence_against_lowers_belief_without_denying_it() -> None:
    found = belief([said(), said("p2", stance="against")])
    assert (found.value, found.papers, found.for_, found.against) == (0.48, 2, 1, 1)
    assert "1 paper states it, 1 speaks against it" in found.in_words


def test_a_race_moves_belief_its_way() -> None:
    plain = belief([said()]).value
    won, even, lost, unfinished = (belief([said()], [verdict(value)]).value for value in (1, 0, -1, math.nan))
    assert lost < even < plain == unfinished < won
    assert belief([said()], [verdict(1, arm="sgd")]).value == plain
    assert belief([said()], [verdict(-1), verdict(-1, "other")]).value < lost


def test_a_verdict_is_not_counted_again_as_evidence() -> None:
    restated = said("race:r", by="race", stance="against")
    assert belief([said(), restated], [verdict(-1)]) == belief([said()], [verdict(-1)])
    assert belief([said(), restated]).value < belief([said()]).value


def noted(number: int) -> Paper:
    """What exapt notes of a race."""
    return Paper(
        key=f"race:r{number}:digits", title=f"Race r{number}", abstract="It is unlike that.", kind="essay", source="race"
    )


def test_a_race_counts_once_though_its_note_states_a_contrast(
    store: Store, state: Callable[..., str], paper: Callable[..., Paper]
) -> None:
    likeness = state(store, "heat shock", "weight decay", paper=paper(1))
    state(store, "heat shock", "weight decay", relation="contrasts", paper=noted(1), end=9, by="race", score=0.5)
    told = store.belief_of(likeness)
    assert (told.value, told.for_, told.against) == (0.64, 1, 0) and "1 race speaks against it" in told.in_words
    for value, expected in ((-1.0, 0.68), (0.0, 0.776), (math.nan, 0.8)):
        store.add_result(verdict(value, mapping=likeness))
        found = store.belief_of(likeness)
        assert found.value == expected and "speaks against" not in found.in_words, "the verdict speaks for the race"
        assert store.beliefs()[likeness] == store.beliefs([likeness])[likeness] == found
        check_sum(found)


def test_what_is_noted_of_a_race_is_no_paper(store: Store, state: Callable[..., str], paper: Callable[..., Paper]) -> None:
    contrast = state(store, "heat shock", "weight decay", relation="contrasts", paper=noted(1), end=9, by="race", score=0.5)
    found = store.belief_of(contrast)
    assert (found.value, found.papers, found.for_) == (0.4, 0, 0)
    assert found.in_words == "weakly supported: 1 race bears it out"
    state(store, "heat shock", "weight decay", relation="contrasts", paper=paper(1))
    found = store.belief_of(contrast)
    assert (found.papers, found.for_) == (1, 1) and "1 paper states it, 1 race bears it out" in found.in_words
    counts = store.counts()
    assert (counts["papers"], counts["papers_with_text"], counts["race_notes"]) == (1, 1, 1)
    assert store.statements([contrast]) == [(contrast, paper(1).key)]


evidence = st.lists(
    st.builds(
        lambda paper, start, score, hedged, stance: said(paper, start, score=score, hedged=hedged, stance=stance),
        st.sampled_from(["p1", "p2", "p3"]), st.integers(0, 3), st.floats(0, 1), st.booleans(),
        st.sampled_from(["for", "against"]),
    ),
    max_size=8,
)  # fmt: skip
verdicts = st.lists(st.builds(verdict, st.sampled_from([1.0, 0.0, -1.0, math.nan]), st.sampled_from("abc")), max_size=3)


@given(evidence, verdicts, st.randoms(use_true_random=False))
def test_the_terms_multiply_out_in_any_order(known: list[Evidence], races: list[Result], order: object) -> None:
    found = belief(known, races)
    assert 0 <= found.value <= 1
    assert max(found.for_, found.against) <= found.papers <= found.for_ + found.against
    check_sum(found)
    order.shuffle(known)  # type: ignore[attr-defined]
    assert belief(known, races).value == found.value


@given(evidence, verdicts, st.floats(0, 1))
def test_one_more_paper_moves_belief_towards_what_it_says(known: list[Evidence], races: list[Result], score: float) -> None:
    value = belief(known, races).value
    assert belief([*known, said("new", score=score)], races).value >= value - 1e-4
    assert belief([*known, said("new", score=score, stance="against")], races).value <= value + 1e-4
    assert belief(known, [*races, verdict(1, "new")]).value >= value - 1e-4
    assert belief(known, [*races, verdict(-1, "new")]).value <= value + 1e-4


def test_a_contrast_between_the_same_two_counts_against_the_analogy(
    store: Store, state: Callable[..., str], paper: Callable[..., Paper]
) -> None:
    analogy = state(store, "heat shock", "weight decay", paper=paper(1))
    alone = store.belief_of(analogy).value
    contrast = state(store, "heat shock", "weight decay", relation="contrasts", paper=paper(2))
    elsewhere = state(store, "heat shock", "dropout", relation="contrasts", paper=paper(3))
    found = store.belief_of(analogy)
    assert (found.value, found.for_, found.against) == (0.48, 1, 1) and alone == 0.8
    assert store.belief_of(contrast).value == store.belief_of(elsewhere).value == 0.8
    check_sum(found)


def test_all_beliefs_at_once_are_each_one_alone(store: Store, state: Callable[..., str], paper: Callable[..., Paper]) -> None:
    for number in range(30):
        relation = "contrasts" if number % 3 == 0 else "inspires"
        key = state(
            store, f"mechanism {number % 4}", f"technique {number % 5}", relation=relation, paper=paper(number), score=0.9
        )
        state(store, f"mechanism {number % 4}", f"technique {number % 5}", paper=paper(0), start=number)
        store.add_result(verdict((-1.0) ** number, f"task {number}", mapping=key))
    keys = [mapping.key for mapping in store.mappings()]
    assert store.beliefs() == store.beliefs(keys) == {key: store.belief_of(key) for key in keys}
    assert store.beliefs([keys[0][:9]]) == {keys[0][:9]: store.belief_of(keys[0])}
    assert store.beliefs([]) == {}
    assert store.beliefs(keys * 20) == store.beliefs()

"""An export taken in again: an empty store becomes the same, any other gains what it lacks, and nothing is there twice."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kg.errors import NotFound, Refused
from kg.formats import jsonl
from kg.model import Concept, Paper, Result, Span, sha256
from kg.store import Store

State = Callable[..., str]
MakePaper = Callable[..., Paper]
Row = dict[str, Any]


def exported(store: Store) -> str:
    out = io.BytesIO()
    jsonl.write(store, out)
    return out.getvalue().decode()


def rows(store: Store) -> list[Row]:
    return [json.loads(line) for line in exported(store).splitlines()]


def said(store: Store) -> set[str]:
    """The lines of an export, without what readers and sources add to a paper or a concept that is there."""
    return {line for line in exported(store).splitlines() if json.loads(line)["type"] not in ("paper", "concept")}


@pytest.fixture
def other() -> Iterator[Store]:
    with Store.open(":memory:") as opened:
        yield opened


@pytest.fixture
def filled(store: Store, state: State, paper: MakePaper) -> Store:
    """A paper that two sources brought, a decision, a merge, a rename, and races."""
    key = state(store, "heat shock", "weight decay", paper=paper(1, source="jsonl", label="other", label_score=0.5))
    store.add_paper(paper(1, source="ris"))
    store.decide(key, paper(1).key, accept=True, by="Ada")
    state(store, "cold shock", "dropout", paper=paper(2))
    store.decide(state(store, "sleep", "replay", paper=paper(3)), paper(3).key, accept=False)
    for name in ("L2", "ridge"):
        store.add_concept(Concept(kind="technique", name=name))
    store.merge_concepts("technique:l2", "technique:weight-decay")
    store.rename_concept("technique:ridge", "Tikhonov")
    store.rename_concept("mechanism:cold-shock", "Cold Shock")
    store.add_result(result(mapping=key, value=float("nan"), note="diverged"))
    store.add_result(result(mapping=key, seed=1, knobs=(("lr", float("inf")),)))
    return store


def result(**fields: Any) -> Result:
    plain: Row = {"race": "r", "prototype": "p", "task": "t", "arm": "sgd", "seed": 0, "metric": "loss", "value": 0.5}
    return Result(**(plain | fields))


def test_an_empty_store_becomes_the_same(filled: Store, other: Store) -> None:
    joined = other.join(rows(filled))
    assert exported(other) == exported(filled)
    assert (joined.rows, joined.new, joined.mappings, joined.evidence) == (len(rows(filled)), 3, 3, 5)
    assert other.search_passages("chaperones", limit=9)


def test_the_same_once_more_changes_nothing(filled: Store) -> None:
    before = exported(filled)
    joined = filled.join(rows(filled))
    assert exported(filled) == before
    assert (joined.new, joined.completed, joined.known, joined.mappings, joined.evidence) == (0, 0, 3, 0, 0)


def test_two_graphs_become_one_whichever_comes_first(filled: Store, other: Store, state: State, paper: MakePaper) -> None:
    for number, ends in ((2, ("cold shock", "noise")), (7, ("heat shock", "weight decay")), (8, ("sleep", "rest"))):
        state(other, *ends, paper=paper(number))
    other.add_result(result(race="another"))
    mine, theirs = rows(filled), rows(other)
    both = said(filled) | said(other)
    joined = other.join(mine)
    filled.join(theirs)
    assert said(filled) == said(other) == both
    assert exported(filled) == exported(other)
    assert (joined.new, joined.known) == (2, 1)
    assert other.search_passages("chaperones", limit=9)


def test_a_paper_that_is_known_by_another_name_here_keeps_what_is_said_of_it(
    filled: Store, other: Store, state: State, paper: MakePaper
) -> None:
    state(other, "ants", "search", paper=paper(1, key="doi:10.1000/x", ids=(("arxiv", "2401.00001"), ("doi", "10.1000/x"))))
    bare = paper(2, key="title:0", abstract=None, abstract_sha256=sha256(paper(2).abstract or ""))
    other.add_paper(bare)
    joined = other.join(rows(filled))
    assert (joined.new, joined.known + joined.completed) == (1, 2)
    assert len({item.mapping for item in other.evidence(paper="doi:10.1000/x")}) == 2
    assert other.paper("arxiv:2401.00002").abstract == paper(2).abstract
    assert other.counts()["evidence_quoted"] == other.counts()["evidence"]


def test_what_a_machine_says_otherwise_stays_as_it_is_here(filled: Store, other: Store, state: State, paper: MakePaper) -> None:
    state(other, "heat shock", "weight decay", paper=paper(1, label="bio_inspired", label_score=0.9), version="9", score=0.25)
    other.add_result(result(value=0.125))
    other.join(rows(filled))
    assert [item.score for item in other.evidence(paper=paper(1).key) if item.by == "abstract"] == [0.25]
    assert [item.value for item in other.results() if item.seed == 0] == [0.125]
    assert other.paper(paper(1).key).label == "bio_inspired"
    assert other.sources(paper(1).key) == filled.sources(paper(1).key) == ("jsonl", "ris")


def reject(store: Store) -> None:
    store.decide(next(m.key for m in store.mappings() if m.mechanism == "mechanism:heat-shock"), "arxiv:2401.00001", accept=False)


def fix(store: Store) -> None:
    mapping = next(m for m in store.mappings() if m.mechanism == "mechanism:heat-shock")
    ends = Concept(kind="mechanism", name="fever"), store.concept(mapping.technique)
    spans = Span("abstract", 0, 5), Span("abstract", 6, 9)
    paper = "arxiv:2401.00001"
    store.fix(mapping.key, paper, mechanism=ends[0], technique=ends[1], mechanism_span=spans[0], technique_span=spans[1])


def merge(store: Store) -> None:
    for name in ("L2", "L1"):
        store.add_concept(Concept(kind="technique", name=name))
    store.merge_concepts("technique:l2", "technique:l1")


def merge_the_other_way(store: Store) -> None:
    store.add_concept(Concept(kind="technique", name="L2"))
    store.merge_concepts("technique:weight-decay", "technique:l2")


def rename(store: Store) -> None:
    store.add_concept(Concept(kind="mechanism", name="cold shock"))
    store.rename_concept("mechanism:cold-shock", "COLD SHOCK")


@pytest.mark.parametrize("otherwise", [reject, fix, merge, merge_the_other_way, rename])
def test_curators_who_contradict_each_other_are_not_joined(
    filled: Store, other: Store, state: State, paper: MakePaper, otherwise: Callable[[Store], None]
) -> None:
    state(other, "heat shock", "weight decay", paper=paper(1))
    otherwise(other)
    before = exported(other)
    with pytest.raises(Refused) as caught:
        other.join(rows(filled))
    assert exported(other) == before
    assert "\n" not in str(caught.value) and ("exapt review --undo" in str(caught.value) or "split it first" in str(caught.value))


def test_the_same_decisions_of_two_curators_are_one(filled: Store, other: Store, state: State, paper: MakePaper) -> None:
    key = state(other, "heat shock", "weight decay", paper=paper(1))
    other.decide(key, paper(1).key, accept=True, by="Bob")
    other.join(rows(filled))
    (decision,) = (one for one in other.decisions() if one.subject == key)
    assert (decision.action, decision.by) == ("accept", "Bob")
    assert len(other.decisions()) == len(filled.decisions())


def test_a_row_that_speaks_of_what_is_not_there_leaves_the_store_as_it_was(filled: Store, other: Store, paper: MakePaper) -> None:
    other.add_paper(paper(9))
    before = exported(other)
    broken = [row for row in rows(filled) if row["type"] != "mapping"]
    with pytest.raises((NotFound, Refused)):
        other.join(broken)
    assert exported(other) == before
    lines = [row | {"score": 2.0} if row["type"] == "evidence" else row for row in rows(filled)]
    for store in (other, filled):
        held = exported(store)
        with pytest.raises(Refused, match="probability"):
            store.join([dict(row, version="2", passages=[["abstract", 0, 7]]) if "score" in row else row for row in lines])
        assert exported(store) == held


def test_decisions_can_be_taken_back_afterwards(filled: Store, other: Store) -> None:
    other.join(rows(filled))
    last = other.undo_decision()
    assert last is not None and last in [dataclasses.replace(one) for one in filled.decisions()]

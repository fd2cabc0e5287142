"""Evidence and its quotes: shown verbatim from the text that was read, or not at all."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import Mismatch, NotFound, Refused
from kg.model import Concept, Evidence, Mapping, Paper, Result, Span, sha256, title_key
from kg.store import Store

MakePaper = Callable[..., Paper]
State = Callable[..., str]
TEXT = "Cells make chaperones under stress. We decay weights in the same way."


@pytest.fixture
def evidence(store: Store, state: State) -> Evidence:
    """For a mapping in the store, of a paper that is known by title alone."""
    key, _ = store.add_paper(Paper(key=title_key("Heat"), title="Heat", abstract_sha256=sha256(TEXT), source="atlas"))
    return Evidence(
        mapping=state(store, "heat shock", "weight decay"), paper=key, by="atlas", version="1",
        passages=(Span("abstract", 0, 35), Span("abstract", 36, 69)), text_sha256=sha256(TEXT),
        mechanism_span=Span("abstract", 11, 21), technique_span=Span("abstract", 39, 52),
    )  # fmt: skip


def test_evidence_is_kept_once(store: Store, evidence: Evidence) -> None:
    assert store.add_evidence(evidence) and not store.add_evidence(evidence)
    assert store.evidence(evidence.mapping) == store.evidence(paper=evidence.paper) == store.evidence() == [evidence]
    better = dataclasses.replace(evidence, score=0.5, version="2", hedged=True, stance="against", technique_span=None)
    assert not store.add_evidence(better)
    assert store.evidence() == [better]
    assert store.add_evidence(dataclasses.replace(evidence, by="curator"))
    assert store.counts()["evidence"] == 2


def test_a_reference_becomes_a_quote_when_the_text_arrives(store: Store, evidence: Evidence) -> None:
    store.add_evidence(evidence)
    assert store.quote(evidence) == store.quote(store.evidence()[0])
    assert (store.quote(evidence).state, store.quote(evidence).texts) == ("by_reference", ())
    assert store.counts()["evidence_by_reference"] == 1
    assert store.add_paper(Paper(key="arxiv:1", title="Heat", abstract=TEXT))[1] == "completed"
    quote = store.quote(store.evidence()[0])
    assert quote.state == "quoted"
    assert quote.texts == ("Cells make chaperones under stress.", "We decay weights in the same way.")
    assert (quote.mechanism, quote.technique) == ("chaperones", "decay weights")
    assert store.counts()["evidence_quoted"] == 1 and store.mismatches() == []


def test_text_that_was_not_the_one_read_is_reported_and_not_shown(store: Store, evidence: Evidence) -> None:
    store.add_evidence(evidence)
    store.add_paper(
        Paper(key="arxiv:1", title="Heat", abstract="A revised abstract that is long enough to hold every one of the spans.")
    )
    (found,) = store.mismatches()
    quote = store.quote(found)
    assert (quote.state, quote.texts, quote.mechanism, quote.technique) == ("mismatch", (), None, None)
    assert store.counts()["evidence_mismatch"] == 1


def test_a_name_in_the_title_is_not_shown_as_words_of_the_abstract(store: Store, evidence: Evidence) -> None:
    store.add_evidence(dataclasses.replace(evidence, mechanism_span=Span("title", 0, 4)))
    store.add_paper(Paper(key="arxiv:1", title="Heat", abstract=TEXT))
    quote = store.quote(store.evidence()[0])
    assert (quote.state, quote.mechanism, quote.technique) == ("quoted", None, "decay weights")


def test_a_title_can_be_quoted_without_any_abstract(store: Store, evidence: Evidence) -> None:
    title = dataclasses.replace(evidence, passages=(Span("title", 0, 4),), mechanism_span=None, text_sha256=sha256("Heat"))
    store.add_evidence(title)
    assert store.quote(title).texts == ("Heat",)
    assert store.quote(title).technique is None
    assert store.counts()["evidence_quoted"] == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"passages": ()},
        {"text_sha256": ""},
        {"score": 1.5},
        {"score": math.nan},
        {"passages": (Span("abstract", 5, 5),)},
        {"passages": (Span("abstract", -1, 5),)},
        {"passages": (Span("body", 0, 5),)},  # type: ignore[arg-type]
        {"passages": (Span("abstract", 0, 5), Span("title", 0, 4))},
        {"mechanism_span": Span("abstract", 9, 3)},
        {"by": "\udfff"},
        {"stance": "maybe"},
    ],
)
def test_evidence_that_shows_nothing_is_refused(store: Store, evidence: Evidence, fields: dict[str, object]) -> None:
    with pytest.raises((Refused, Mismatch)):
        store.add_evidence(dataclasses.replace(evidence, **fields))  # type: ignore[arg-type]
    assert store.evidence() == []


@pytest.mark.parametrize("name", ["passages", "mechanism_span"])
def test_a_span_past_the_end_of_its_text_is_refused(store: Store, evidence: Evidence, name: str) -> None:
    store.add_paper(Paper(key="arxiv:1", title="Heat", abstract=TEXT))
    span = Span("abstract", 0, len(TEXT) + 1)
    with pytest.raises(Mismatch, match=str(len(TEXT))):
        store.add_evidence(dataclasses.replace(evidence, **{name: (span,) if name == "passages" else span}))  # type: ignore[arg-type]


def test_a_span_past_the_end_of_a_text_yet_to_come_is_reported(store: Store, evidence: Evidence) -> None:
    store.add_evidence(dataclasses.replace(evidence, passages=(Span("abstract", 0, len(TEXT) + 1),)))
    store.add_paper(Paper(key="arxiv:1", title="Heat", abstract=TEXT))
    assert store.counts()["evidence_mismatch"] == len(store.mismatches()) == 1
    assert store.quote(store.mismatches()[0]).state == "mismatch"


def test_evidence_needs_its_mapping_and_paper(store: Store, evidence: Evidence) -> None:
    with pytest.raises(NotFound, match="mapping"):
        store.add_evidence(dataclasses.replace(evidence, mapping="m0000000000"))
    with pytest.raises(NotFound, match="paper"):
        store.add_evidence(dataclasses.replace(evidence, paper="arxiv:404"))


def test_reading_again_replaces_what_that_reader_said(store: Store, state: State, paper: MakePaper) -> None:
    kept = state(store, "heat shock", "weight decay", paper=paper(1))
    gone = state(store, "heat shock", "dropout", paper=paper(1))
    curated = state(store, "heat shock", "noise", paper=paper(1), by="curator")
    other = state(store, "heat shock", "dropout", paper=paper(2), relation="analogous")
    before = [one for one in store.evidence() if one.mapping != gone]
    again = [one for one in store.evidence(kept)]
    for _ in range(2):
        store.replace_readings(paper(1).key, "abstract", again)
        assert store.evidence() == before
        assert {mapping.key for mapping in store.mappings()} == {kept, curated, other}
    store.replace_readings(paper(1).key, "abstract", [])
    assert {mapping.key for mapping in store.mappings()} == {curated, other}
    with pytest.raises(Refused, match="curator"):
        store.replace_readings(paper(1).key, "curator", again)


def test_a_raced_mapping_outlives_its_last_passage(store: Store, state: State, paper: MakePaper) -> None:
    key = state(store, "heat shock", "weight decay", paper=paper(1))
    store.add_result(Result(race="r", prototype="p", task="t", arm="verdict", seed=0, metric="accuracy", value=1.0, mapping=key))
    store.replace_readings(paper(1).key, "abstract", [])
    assert store.mapping(key).key == key
    assert store.belief_of(key).value == 0.15


def test_a_result_comes_back_and_a_new_run_of_it_takes_its_place(store: Store, state: State) -> None:
    key = state(store, "heat shock", "weight decay")
    result = Result(
        race="r", prototype="p", task="digits", arm="sgd", seed=3, metric="accuracy", value=0.75, budget=100.0, seconds=1.5,
        mapping=key, knobs=(("lr", 0.1),), source_sha256="0" * 64, versions=(("torch", "2"),), note="a note",
    )  # fmt: skip
    assert store.add_result(result) and not store.add_result(result)
    assert store.results() == store.results(race="r", prototype="p", mapping=key) == [result]
    assert not store.add_result(dataclasses.replace(result, value=0.5))
    assert [one.value for one in store.results()] == [0.5]
    assert store.add_result(dataclasses.replace(result, seed=4, mapping=None))
    assert store.results(race="other") == [] and len(store.results(race="r")) == 2
    with pytest.raises(NotFound, match="mapping"):
        store.add_result(dataclasses.replace(result, seed=5, mapping="m0000000000"))


def test_a_failed_run_stays_in_the_table(store: Store) -> None:
    store.add_result(Result(race="r", prototype="p", task="t", arm="sgd", seed=0, metric="loss", value=math.nan, note="diverged"))
    (result,) = store.results()
    assert math.isnan(result.value) and result.note == "diverged"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.data())
def test_a_quote_is_the_text_between_its_ends(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    with Store.open(":memory:") as store:
        ends = store.add_concept(Concept(kind="mechanism", name="a")), store.add_concept(Concept(kind="technique", name="b"))
        mapping = store.add_mapping(Mapping(mechanism=ends[0], relation="analogous", technique=ends[1]))
        store.add_paper(Paper(key="arxiv:1", title="T", abstract=text))
        spans = (Span("abstract", start, end),)
        store.add_evidence(Evidence(mapping=mapping, paper="arxiv:1", passages=spans, text_sha256=sha256(text), by="abstract"))
        assert store.quote(store.evidence()[0]).texts == (text[start:end],)
        assert store.counts()["evidence_quoted"] == 1

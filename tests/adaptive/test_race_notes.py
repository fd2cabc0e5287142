"""What a race says against an analogy is one note in the graph, however it is worded, and counted as no paper."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import pytest

from adaptive import lessons
from adaptive.campaign import Finding, module_of
from adaptive.likeness import Likeness
from adaptive.record import record_findings
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256, title_key
from kg.store import Store
from tests.adaptive.told_races import finding

HARM = {"adamw": -0.08, "off": -0.05}
SAID = "Adaptive learning rate is unlike homeostasis in that it does harm."


@pytest.fixture
def store() -> Iterator[Store]:
    """A graph of the likeness that the prototype carries out, stated by one paper."""
    module = module_of("adaptive_eta")
    with Store.open(":memory:") as opened:
        ends = [
            opened.add_concept(Concept(kind="mechanism", name=str(module.MECHANISM))),
            opened.add_concept(Concept(kind="technique", name=str(module.TECHNIQUE))),
        ]
        mapping = opened.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
        paper = Paper(key="arxiv:2401.00001", title="Rates and cells", abstract="As a cell does, so does the rate.")
        opened.add_paper(paper)
        words = Span("abstract", 0, 10)
        opened.add_evidence(
            Evidence(mapping=mapping, paper=paper.key, passages=(words,), text_sha256=sha256(paper.abstract or ""), by="abstract")
        )
        yield opened


def as_before(store: Store, one: Finding, said: str) -> str:
    """Keeps a note as versions did that keyed it by its words."""
    title = f"Race {one.race} of {module_of(one.prototype).TITLE}, told by exapt ({sha256(said)[:8]})"
    key, _ = store.add_paper(Paper(key=title_key(title), title=title, abstract=said, kind="essay", source="race"))
    (known,) = store.mappings(relation="inspires")
    mapping = store.add_mapping(dataclasses.replace(known, relation="contrasts"))
    passages = (Span("abstract", 0, len(said)),)
    store.add_evidence(
        Evidence(mapping=mapping, paper=key, passages=passages, text_sha256=sha256(said), by="race", score=lessons.SURE)
    )
    return key


def notes(store: Store) -> list[Paper]:
    return list(store.papers(source="race"))


def test_a_note_is_keyed_by_its_race_and_task_and_counts_as_no_paper(store: Store) -> None:
    one, before = finding(HARM), store.counts()
    record_findings(store, [one])
    (note,) = notes(store)
    assert note.key == f"race:{one.race}:{one.task}" and note.abstract == lessons.lesson(one)
    assert store.paper(note.key) == note
    counts = store.counts()
    assert (counts["papers"], counts["race_notes"]) == (before["papers"], 1)
    (contrast,) = store.mappings(relation="contrasts")
    assert store.belief_of(contrast.key).papers == 0


def test_a_sentence_that_is_worded_anew_takes_the_place_of_the_old_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    record_findings(store, [finding(HARM)])
    (contrast,), (likeness,) = store.mappings(relation="contrasts"), store.mappings(relation="inspires")
    before = store.counts(), store.belief_of(contrast.key).value, store.belief_of(likeness.key).value
    first = lessons.lesson(finding(HARM))
    monkeypatch.setattr(lessons, "lesson", lambda _: SAID)
    record_findings(store, [finding(HARM)])
    (evidence,) = store.evidence(contrast.key)
    assert store.quote(evidence).texts == (SAID,) != (first,)
    assert (store.counts(), store.belief_of(contrast.key).value, store.belief_of(likeness.key).value) == before
    assert first not in "".join(str(row) for row in store.export())


def test_a_graph_of_an_older_version_becomes_what_a_new_one_would_be(store: Store) -> None:
    one = finding(HARM)
    for said in ("It does some harm.", "It does harm."):
        as_before(store, one, said)
    (likeness,) = store.mappings(relation="inspires")
    assert store.counts()["papers"] == store.belief_of(likeness.key).papers == 1, "older notes are no papers either"
    record_findings(store, [one])
    with Store.open(":memory:") as new:
        new.restore([row for row in store.export() if row["type"] in ("paper", "concept") and row.get("source") != "race"])
        (paper,) = new.papers()
        for mapping in store.mappings(relation="inspires"):
            new.add_mapping(mapping)
            for evidence in store.evidence(mapping.key, paper.key):
                new.add_evidence(evidence)
        record_findings(new, [one])
        assert list(new.export()) == list(store.export())


def test_a_race_that_teaches_nothing_any_more_leaves_no_note(store: Store) -> None:
    record_findings(store, [finding(HARM)])
    other = dataclasses.replace(finding(HARM), race="r9999")
    as_before(store, other, "It does harm elsewhere.")
    record_findings(store, [finding({"adamw": -0.08, "off": 0.0})])
    (note,) = notes(store)
    assert "r9999" in note.title, "the notes of other races stay"
    record_findings(store, [dataclasses.replace(finding({"adamw": -0.08, "off": 0.0}), race="r9999")])
    assert not notes(store) and not store.mappings(relation="contrasts"), "what nothing states any more goes too"


def test_the_plain_task_of_a_race_leaves_its_note_alone(store: Store) -> None:
    record_findings(store, [finding(HARM)])
    before = list(store.export())
    record_findings(store, [finding({"adamw": 0.0, "off": 0.0}, role="plain", task="digits")])
    assert notes(store) and [row for row in store.export() if row["type"] != "result"] == [
        row for row in before if row["type"] != "result"
    ]


def test_a_race_moves_belief_once(store: Store) -> None:
    (likeness,) = store.mappings(relation="inspires")
    record_findings(store, [finding(HARM), finding({"adamw": 0.0, "off": 0.0}, role="plain", task="digits")])
    found = store.belief_of(likeness.key)
    assert [term.factor for term in found.terms if term.multiplies == "trust"] == [0.85]
    assert (found.for_, found.against, found.papers) == (1, 0, 1)


def test_a_known_method_by_another_name_teaches_nothing(store: Store) -> None:
    record_findings(store, [finding(HARM, likeness=Likeness(method="l2_init", distance=1e-6))])
    (likeness,) = store.mappings()
    assert store.belief_of(likeness.key).value == pytest.approx(0.8)
    assert [math.isnan(one.value) for one in store.results(arm="verdict")] == [True]

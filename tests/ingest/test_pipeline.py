"""Papers go in once, whole, and nothing that is said of them is lost or said twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.extract import abstract as abstract_reader
from ingest.extract import essay as essay_reader
from ingest.pipeline import Summary, ingest, ingest_atlas
from ingest.sources import open_paths
from kg.errors import BadRecord, Refused
from kg.model import Found, Paper, Reading, Span, sha256, title_key
from kg.store import Store

ESSAY = """Parallels Between Cells and Networks

Cells and machine learning models keep working under stress. Proteins fold with help; neural networks train with help.

1. Coping With Stress

  • Heat Shock Response: In cells under heat stress, chaperone proteins are made to refold damaged proteins.
  • Dynamic Regularization: In machine learning, regularization strength is raised when training of a neural network is unstable.

Just as epigenetic memory keeps the state of a cell, a neural network could keep the hyperparameters that worked.

Heat shock response ↔ dynamic regularization
Homeostasis ↔ homeostatic learning rate
"""


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


def note(number: int, body: str = ESSAY) -> Paper:
    title = f"Note {number}"
    return Paper(key=title_key(title), title=title, abstract=body.replace("Parallels", title, 1), kind="essay", source="essay")


def test_an_essay_becomes_mappings_with_quotes(store: Store, tmp_path: Path) -> None:
    (tmp_path / "essay.md").write_text(ESSAY, encoding="utf-8")
    summary = ingest(store, open_paths([tmp_path]))
    assert (summary.new, summary.read, summary.failed) == (1, 1, ())
    assert summary.mappings >= 2 and summary.evidence >= summary.mappings
    mechanism = store.resolve_concept("heat shock response", "mechanism")
    (mapping,) = (m for m in store.mappings(mechanism=mechanism.key) if m.technique == "technique:dynamic-regularization")
    assert mechanism.status == "curated" and mechanism.profile is not None
    assert mechanism.parent is not None and store.concept(mechanism.parent).kind == "family"
    assert mapping.functions and all(store.concept(key).definition for key in mapping.functions)
    for evidence in store.evidence(mapping=mapping.key):
        assert (evidence.by, evidence.version) == ("essay", essay_reader.VERSION)
        quote = store.quote(evidence)
        assert quote.state == "quoted" and all(text in ESSAY for text in quote.texts)
    (paper,) = store.papers()
    assert paper.label == "bio_inspired"


def test_the_same_again_changes_nothing_and_is_not_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = [note(number) for number in range(5)]
    first = ingest(store, papers)
    before = list(store.export())
    monkeypatch.setattr(essay_reader, "read", lambda paper: pytest.fail("it was read before"))
    second = ingest(store, papers)
    assert list(store.export()) == before
    assert first.evidence > 0
    assert second == Summary(known=5, seconds=second.seconds)


def test_a_small_batch_gives_the_same_graph_as_a_large_one(store: Store) -> None:
    papers = [note(number) for number in range(5)]
    ingest(store, papers, batch=2)
    with Store.open(":memory:") as other:
        ingest(other, papers[::-1], batch=500)
        assert list(store.export()) == list(other.export())


def test_reading_again_is_asked_for_or_follows_from_a_new_reader(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(store, [note(1)])
    assert ingest(store, [note(1)], again=True).read == 1
    before = list(store.export())
    monkeypatch.setattr(essay_reader, "VERSION", "next")
    assert ingest(store, [note(1)]).read == 1
    assert {evidence.version for evidence in store.evidence()} == {"next"}
    monkeypatch.undo()
    assert ingest(store, [note(1)]).read == 1
    assert list(store.export()) == before


def test_a_new_reader_reads_again_what_stated_nothing_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = [Paper(key=f"arxiv:{n}", title=f"Bounds, part {n}", abstract="We prove lower bounds.", source="x") for n in range(3)]
    assert ingest(store, papers).read == 3
    assert store.counts()["mappings"] == 0
    assert ingest(store, papers).read == 0
    before = list(store.export())
    monkeypatch.setattr(abstract_reader, "VERSION", "next")
    assert ingest(store, papers).read == 3
    assert ingest(store, papers).read == 0
    assert list(store.export()) == before


def test_another_reader_of_the_same_text_is_a_reader_of_its_own(store: Store) -> None:
    class Other:
        __name__ = "other"
        VERSION = "1"

        def read(self, paper: Paper) -> Reading:
            return Reading(label="other", label_score=0.5)

    ingest(store, [note(1)])
    found = store.counts()["evidence"]
    assert ingest(store, [note(1)], readers=lambda paper: Other()).read == 1
    assert store.counts()["evidence"] == found
    assert ingest(store, [note(1)]).read == ingest(store, [note(1)], readers=lambda paper: Other()).read == 0


def test_what_a_new_reader_no_longer_finds_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(store, [note(1)])
    assert store.counts()["mappings"] > 0
    monkeypatch.setattr(essay_reader, "read", lambda paper: Reading(label="other", label_score=0.9))
    ingest(store, [note(1)], again=True)
    assert (store.counts()["evidence"], store.counts()["mappings"]) == (0, 0)
    assert store.paper(note(1).key).label == "other"


def test_a_paper_that_a_reader_stumbles_on_does_not_stop_the_rest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = essay_reader.read

    def stumbling(paper: Paper) -> Reading:
        if paper.title == "Note 2":
            raise ValueError("odd\ntext")
        if paper.title == "Note 3":
            found = real(paper).found[0]
            return Reading(label="bio_inspired", label_score=1.0, found=(replace(found, passages=(Span("abstract", 0, 10**6),)),))
        return real(paper)

    monkeypatch.setattr(essay_reader, "read", stumbling)
    summary = ingest(store, [note(number) for number in range(5)])
    assert summary.new == 5
    assert [failure.where for failure in summary.failed] == [note(2).key, note(3).key]
    assert all("\n" not in str(failure) and "essay reader" in str(failure) for failure in summary.failed)
    assert "ValueError: odd text" in str(summary.failed[0])
    assert {evidence.paper for evidence in store.evidence()} == {note(number).key for number in (0, 1, 4)}
    monkeypatch.undo()
    assert ingest(store, [note(number) for number in range(5)]).read == 2


def test_what_one_paper_states_in_vain_another_may_state(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = essay_reader.read

    def overshooting(paper: Paper) -> Reading:
        reading = real(paper)
        if paper.title != "Note 1":
            return reading
        wrong = replace(reading.found[0], passages=(Span("abstract", 0, 10**6),))
        return replace(reading, found=(*reading.found, wrong))

    monkeypatch.setattr(essay_reader, "read", overshooting)
    summary = ingest(store, [note(1), note(2)])
    assert [failure.where for failure in summary.failed] == [note(1).key]
    assert (summary.evidence, summary.mappings) == (store.counts()["evidence"], store.counts()["mappings"])
    monkeypatch.undo()
    ingest(store, [note(1)])
    with Store.open(":memory:") as other:
        ingest(other, [note(2), note(1)])
        assert list(store.export()) == list(other.export())


def test_a_reader_that_cannot_start_is_one_complaint_and_the_papers_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(paper: Paper) -> Reading:
        raise ModuleNotFoundError("No module named 'numpy'")

    monkeypatch.setattr(essay_reader, "read", unable)
    with pytest.raises(Refused, match="numpy"):
        ingest(store, [note(1), note(2)])
    assert store.counts()["papers"] == 2
    monkeypatch.undo()
    assert ingest(store, [note(1), note(2)]).read == 2


def test_bad_records_are_handed_on_and_papers_that_the_store_refuses_are_told(store: Store) -> None:
    bad = BadRecord("file", 3, "it is not JSON")
    summary = ingest(store, [bad, replace(note(1), title=" "), note(2)])
    assert summary.failed[0] is bad
    assert len(summary.failed) == 2 and "title" in str(summary.failed[1])
    assert (summary.new, store.counts()["papers"]) == (1, 1)


def test_stopping_keeps_what_was_read_and_running_again_completes_the_rest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = [note(number) for number in range(7)]
    real = essay_reader.read

    def interrupted(paper: Paper) -> Reading:
        if paper.title == "Note 4":
            raise KeyboardInterrupt
        return real(paper)

    monkeypatch.setattr(essay_reader, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest(store, papers, batch=3)
    assert {evidence.paper for evidence in store.evidence()} == {paper.key for paper in papers[:4]}
    monkeypatch.undo()
    assert ingest(store, papers, batch=3).read == 3
    with Store.open(":memory:") as other:
        ingest(other, papers)
        assert list(store.export()) == list(other.export())


def test_stopping_in_the_middle_of_keeping_leaves_no_half_batch(store: Store) -> None:
    def papers() -> Iterator[Paper]:
        yield from (note(number) for number in range(3))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(store, papers(), batch=2, extract=False)
    assert store.counts()["papers"] == 2


def test_a_text_that_comes_later_is_read_then(store: Store) -> None:
    bare = replace(note(1), abstract=None)
    assert ingest(store, [bare]).evidence == 0
    summary = ingest(store, [note(1)])
    assert (summary.completed, summary.read) == (1, 1)
    assert summary.evidence > 0


def test_a_paper_kept_without_reading_is_read_when_asked(store: Store) -> None:
    assert ingest(store, [note(1)], extract=False).read == 0
    assert ingest(store, [note(1)]).read == 1


def test_two_essays_of_one_title_stay_two(store: Store) -> None:
    ingest(store, [note(1), note(1, ESSAY + "\nMore of it.\n")])
    before = list(store.export())
    assert store.counts()["papers"] == 2
    ingest(store, [note(1, ESSAY + "\nMore of it.\n"), note(1)])
    assert list(store.export()) == before


def test_unknown_words_become_proposed_concepts_and_known_ones_do_not_depend_on_the_atlas(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "As grid cells map space, so does our zorbification layer."
    found = Found(
        mechanism="grid cells",
        mechanism_span=Span("abstract", 3, 13),
        technique="zorbification layer",
        technique_span=Span("abstract", 37, 56),
        relation="inspires",
        passages=(Span("abstract", 0, len(text)),),
        mechanism_concept="grid cell",
        technique_concept="zorbification layer",
        score=0.7,
    )
    twice = (found, replace(found, score=0.9))
    monkeypatch.setattr(essay_reader, "read", lambda paper: Reading(label="bio_inspired", label_score=0.9, found=twice))
    ingest(store, [note(1, text)])
    assert store.resolve_concept("zorbification layer").status == "proposed"
    assert store.resolve_concept("grid cell", "mechanism").status == "curated"
    (evidence,) = store.evidence()
    assert (evidence.score, evidence.text_sha256) == (0.9, sha256(text))
    mapping = store.mapping(evidence.mapping)
    ingest_atlas(store)
    ingest(store, [note(1, text)], again=True)
    assert [other.mapping for other in store.evidence(paper=note(1).key)] == [mapping.key]


def test_progress_is_told_to_the_end_and_seconds_come_from_the_clock(store: Store) -> None:
    told: list[tuple[str, int, int | None]] = []
    clock = itertools.count(100.0)

    def progress(done: int, total: int | None, message: str) -> None:
        told.append((message.partition(",")[0], done, total))

    papers: list[Paper | BadRecord] = [note(1), note(2), BadRecord("file", 1, "bad"), note(1)]
    summary = ingest(store, papers, batch=1, progress=progress, clock=lambda: next(clock))
    assert summary.seconds == next(clock) - 101
    taken = [(done, total) for what, done, total in told if what == "taking in"]
    assert taken == [(done, len(papers)) for done in range(1, 5)]
    read = [(done, total) for what, done, total in told if what == "reading"]
    assert read == [(done, summary.read) for done in range(1, summary.read + 1)]
    told.clear()
    assert ingest(store, iter(papers), progress=progress).known == 3
    assert told == [("taking in", 4, None)]

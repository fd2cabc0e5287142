"""Decisions outlast a new reading of the paper, and are handed on as annotated abstracts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from ingest.gold import load_gold
from ingest.pipeline import ingest
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.store import Store
from tests.queries.review.findings import key_of

Run = Callable[..., Result]


def test_decisions_are_written_as_annotated_abstracts(run: Run, papers: Callable[..., Path], tmp_path: Path) -> None:
    path, file = papers(1, 2, 3), tmp_path / "decisions.jsonl"
    run("--store", path, "review", input="f\nchaperones\nweight decay\nr\nq")
    for _ in range(2):
        result = run("--store", path, "review", "--export", file)
        assert result.exit_code == 0 and "2 papers with decisions" in result.stderr
    first = file.read_bytes()
    run("--store", path, "review", "--export", file)
    assert file.read_bytes() == first and not list(tmp_path.glob("*.part"))
    rows = [json.loads(line) for line in first.decode().splitlines()]
    assert [row["id"] for row in rows] == [key_of(1), key_of(3)]
    (mapping,) = rows[0]["mappings"]
    assert (mapping["mechanism"], mapping["technique"], mapping["relation"]) == ("chaperones", "weight decay", "inspires")
    field, start, end = mapping["mechanism_span"]
    assert rows[0][field][start:end] == "chaperones" and mapping["evidence"] in rows[0]["abstract"]
    assert [one["fixed"] for one in rows[0]["rejected"]] == [True]
    assert (rows[1]["label"], rows[1]["mappings"], rows[1]["rejected"][0]["technique"]) == ("other", [], "経験再生")
    gold = load_gold(file)
    assert [document.label for document in gold.documents] == ["bio_inspired", "other"]
    assert gold.documents[0].mappings[0].evidence == (mapping["evidence"],)
    assert run("--store", path, "review", "--export", tmp_path / "no" / "where").exit_code == 1
    assert run("--store", path, "review", "--export", file, "--undo").exit_code == 2


def test_text_that_the_store_does_not_hold_is_not_exported(run: Run, tmp_path: Path) -> None:
    path, file = tmp_path / "graph.db", tmp_path / "decisions.jsonl"
    with Store.open(path) as store:
        key, _ = store.add_paper(Paper(key=key_of(9), title="Known by title", abstract_sha256=sha256("unseen")))
        ends = [store.add_concept(Concept(kind=kind, name="a")) for kind in ("mechanism", "technique")]
        mapping = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
        span = (Span("abstract", 0, 4),)
        store.add_evidence(Evidence(mapping=mapping, paper=key, passages=span, text_sha256=sha256("unseen"), by="atlas"))
        store.decide(mapping, key, accept=True)
    run("--store", path, "review", "--export", file)
    (row,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert "abstract" not in row and "evidence" not in row["mappings"][0]
    assert row["mappings"][0]["passages"] == [["abstract", 0, 4]]


def test_a_rejected_finding_stays_rejected_when_the_paper_is_read_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "graph.db"
    text = "Notes.\n• Genes ↔ Model architecture: written once.\n• Epigenetics ↔ Hyperparameters: how the text is used.\n"
    essay = Paper(key="title:00000000000000ab", title="Cells and nets", abstract=text, kind="essay", source="essay")
    with Store.open(path) as store:
        ingest(store, [essay])
        found = len(store.open_findings())
    assert found >= 2
    run("--store", path, "review", "--most", "1", input="raq")
    with Store.open(path) as store:
        before = {one.subject: one.action for one in store.decisions()}
        ingest(store, [essay], again=True)
        monkeypatch.setattr("ingest.extract.essay.VERSION", "newer")
        assert ingest(store, [essay]).read == 1, "a new version of the reader reads it anew"
        assert {one.version for one in store.evidence() if one.by == "essay"} == {"newer"}
        assert {one.subject: one.action for one in store.decisions()} == before
        rejected = [store.belief_of(key).value for key, action in before.items() if action == "reject"]
        assert rejected == [0.0]
        assert len(store.open_findings(paper=essay.key)) == found - 2

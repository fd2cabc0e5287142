"""``exapt ingest jsonl`` of what ``exapt export jsonl`` wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from kg.model import Paper
from kg.store import Store

Run = Callable[..., Result]


@pytest.fixture
def file(run: Run, graph: Path, tmp_path: Path) -> Path:
    path = tmp_path / "graph.jsonl"
    assert run("--store", graph, "export", "jsonl", "-o", path).exit_code == 0
    return path


def exported(run: Run, store: Path) -> str:
    return run("--store", store, "export", "jsonl", "-o", "-").stdout


@pytest.mark.parametrize("command", ["jsonl", "files"])
def test_a_graph_goes_out_and_comes_in_again(run: Run, graph: Path, file: Path, tmp_path: Path, command: str) -> None:
    copy = tmp_path / "copy.db"
    result = run("--store", copy, "ingest", command, file, "--format", "json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert (summary["new"], summary["mappings"], summary["evidence"], summary["failed"]) == (3, 7, 7, [])
    assert exported(run, copy) == file.read_text(encoding="utf-8")
    again = run("--store", copy, "ingest", command, file)
    assert "papers: 0 new, 0 completed, 3 known, 0 failed; mappings: 0; evidence: 0" in again.stderr
    assert exported(run, copy) == exported(run, graph)


def test_a_graph_comes_in_by_standard_input_and_before_papers(run: Run, file: Path, tmp_path: Path) -> None:
    copy, papers = tmp_path / "copy.db", tmp_path / "papers.jsonl"
    piped = run("--store", copy, "ingest", "jsonl", "-", input=file.read_bytes())
    assert piped.exit_code == 0, piped.stderr
    papers.write_text(json.dumps({"title": "A paper of its own"}), encoding="utf-8")
    both = run("--store", tmp_path / "both.db", "ingest", "jsonl", file, papers, "--format", "json")
    assert json.loads(both.stdout)["new"] == 4
    turned = run("--store", tmp_path / "turned.db", "ingest", "jsonl", papers, file)
    assert turned.exit_code == 0 and "take it in by itself" in turned.stderr


def test_a_broken_export_makes_no_store_and_changes_none(run: Run, graph: Path, file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    broken.write_text("\n".join([*lines[:-1], lines[-1].replace('"score": 0.9', '"score": "\x1b[31m"')]), encoding="utf-8")
    before = exported(run, graph)
    for store in (graph, tmp_path / "new.db"):
        result = run("--store", store, "ingest", "jsonl", broken)
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
        assert f"line {len(lines)}" in result.stderr and "\x1b" not in result.stderr
    assert exported(run, graph) == before
    assert not list(tmp_path.glob("new.db*"))


def test_curators_who_disagree_are_told_what_to_do(run: Run, graph: Path, file: Path) -> None:
    with Store.open(graph) as store:
        store.merge_concepts("mechanism:hibernation", "mechanism:gene")
    theirs = file.with_name("theirs.jsonl")
    run("--store", graph, "export", "jsonl", "-o", theirs)
    with Store.open(graph) as store:
        store.split_concept("mechanism:hibernation")
        store.merge_concepts("mechanism:hibernation", "mechanism:heat-shock-response")
        store.add_paper(Paper(key="doi:10.1/x", title="More"))
    before = exported(run, graph)
    result = run("--store", graph, "ingest", "jsonl", theirs)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "mechanism:hibernation is merged into another concept" in result.stderr and "--store" in result.stderr
    assert exported(run, graph) == before

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result

from kg import plugins

Run = Callable[..., Result]


@pytest.mark.parametrize("form", plugins.names("kg.formats"))
def test_the_graph_is_written_whole_and_always_the_same(run: Run, graph: Path, tmp_path: Path, form: str) -> None:
    first, second = tmp_path / "one.zip", tmp_path / "two.zip"  # what would be a folder is one file so
    for path in (first, second):
        assert run("--store", graph, "export", form, "-o", path).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 100
    assert not list(tmp_path.glob("*.part"))


def test_graphml_is_xml_and_jsonl_is_json(run: Run, graph: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.graphml"
    run("--store", graph, "export", "graphml", "-o", path)
    assert ElementTree.parse(path).getroot().tag.endswith("graphml")
    lines = run("--store", graph, "export", "jsonl", "-o", "-").stdout.splitlines()
    assert {json.loads(line)["type"] for line in lines} >= {"paper", "concept", "mapping", "evidence"}


def test_an_export_that_cannot_be_written_is_one_line(run: Run, graph: Path, tmp_path: Path) -> None:
    result = run("--store", graph, "export", "jsonl", "-o", tmp_path / "no" / "folder")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_a_merge_shows_one_concept_and_a_split_undoes_it(run: Run, graph: Path) -> None:
    before = run("--store", graph, "export", "jsonl", "-o", "-").stdout
    merged = run("--store", graph, "concept", "merge", "hibernation", "heat shock response", "--kind", "mechanism")
    assert merged.exit_code == 0, merged.stderr
    listed = json.loads(run("--store", graph, "concept", "list", "--kind", "mechanism", "--format", "json").stdout)
    assert "hibernation" not in [row["name"] for row in listed]
    (merge,) = json.loads(run("--store", graph, "concept", "merges", "--format", "json").stdout)
    assert merge["source"] == "mechanism:hibernation"
    assert run("--store", graph, "concept", "split", "mechanism:hibernation").exit_code == 0
    assert run("--store", graph, "export", "jsonl", "-o", "-").stdout == before


def test_concepts_are_found_by_words(run: Run, graph: Path) -> None:
    found = json.loads(run("--store", graph, "concept", "list", "heat", "--format", "json").stdout)
    assert [row["name"] for row in found] == ["heat shock response"]
    assert run("--store", graph, "concept", "list", "zzzz").stderr.startswith("no concept")


@pytest.mark.parametrize("arguments", [("merge", "no such thing", "hibernation"), ("split", "mechanism:hibernation")])
def test_what_cannot_be_merged_or_split_is_one_line(run: Run, graph: Path, arguments: tuple[str, ...]) -> None:
    result = run("--store", graph, "concept", *arguments)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_a_prototype_is_made_from_its_mapping_and_stands_alone(run: Run, graph: Path, tmp_path: Path) -> None:
    file = tmp_path / "heat.py"
    made = run("--store", graph, "prototype", "make", "heat shock response -> dynamic regularization", "-o", file)
    assert made.exit_code == 0, made.stderr
    text = file.read_text(encoding="utf-8")
    assert "adaptive" not in [
        line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    ]
    compile(text, str(file), "exec")
    assert "Cells and nets" in text, "the file says where it comes from"
    again = run("--store", graph, "prototype", "make", "heat shock response -> dynamic regularization", "-o", file)
    assert again.exit_code == 1
    assert "--force" in again.stderr


def test_a_mapping_without_a_profile_says_how_to_bind_parts_by_hand(run: Run, graph: Path, tmp_path: Path) -> None:
    file = tmp_path / "replay.py"
    arguments = ("--store", graph, "prototype", "make", "hippocampal replay -> experience replay", "-o", file)
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert "--sense" in refused.stderr
    assert not file.exists()
    by_hand = run(*arguments, "--sense", "loss_spike", "--respond", "titration", "--act", "weight_decay")
    assert by_hand.exit_code == 0, by_hand.stderr
    unknown = run(*arguments, "--force", "--sense", "loss_spik", "--respond", "titration", "--act", "weight_decay")
    assert unknown.exit_code == 1
    assert "did you mean loss_spike?" in unknown.stderr


def test_prototypes_are_listed_and_shown(run: Run) -> None:
    listed = json.loads(run("prototype", "list", "--format", "json").stdout)
    assert {"heat_shock_regularization", "homeostatic_learning_rate"} <= {row["prototype"] for row in listed}
    assert all(row["mechanism"] and row["technique"] for row in listed)
    shown = json.loads(run("prototype", "show", "heat_shock_regularization", "--format", "json").stdout)
    assert {"title", "mechanism", "file"} <= {row["what"] for row in shown}
    unknown = run("prototype", "show", "heat_shok_regularization")
    assert unknown.exit_code == 1
    assert "did you mean heat_shock_regularization?" in unknown.stderr

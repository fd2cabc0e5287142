"""``exapt concept``: what is listed and shown, and every change taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from kg.model import Concept
from kg.store import Store

Run = Callable[..., Result]


@pytest.fixture
def concept(run: Run, graph: Path) -> Callable[..., Result]:
    return lambda *arguments: run("--store", graph, "concept", *arguments)


def listed(concept: Callable[..., Result], *arguments: str) -> list[dict[str, Any]]:
    rows = json.loads(concept("list", *arguments, "--format", "json").stdout)
    assert isinstance(rows, list)
    return rows


def facts(concept: Callable[..., Result], *arguments: str) -> dict[str, Any]:
    return {row["what"]: row["value"] for row in json.loads(concept("show", *arguments, "--format", "json").stdout)}


def exported(run: Run, graph: Path) -> str:
    return run("--store", graph, "export", "jsonl", "-o", "-").stdout


def test_concepts_are_listed_by_kind_and_status(concept: Callable[..., Result], graph: Path) -> None:
    with Store.open(graph) as store:
        store.add_concept(Concept(kind="technique", name="heat annealing"))
    assert [row["name"] for row in listed(concept, "--status", "proposed")] == ["heat annealing"]
    assert [row["name"] for row in listed(concept, "heat", "--status", "curated")] == ["heat shock response"]
    assert {row["kind"] for row in listed(concept, "--kind", "mechanism")} == {"mechanism"}
    assert concept("list", "--status", "proposed", "--kind", "function").stderr == "the graph holds no proposed function yet\n"
    assert "1 shown of more" in concept("list", "--limit", "1").stderr


def test_a_concept_is_shown_with_what_it_stands_for(concept: Callable[..., Result]) -> None:
    concept("merge", "hibernation", "heat shock response", "--curator", "Ada")
    concept("rename", "heat shock response", "thermal", "stress", "response")
    shown = facts(concept, "heat", "shock", "response")
    assert shown["concept"] == "mechanism:thermal-stress-response"
    assert shown["aliases"] == ["heat shock response", "hibernation"]
    assert shown["profile"] == "loss_spike, titration, weight_decay" and shown["mappings"] == 1
    assert shown["shown in place of"] == [
        "mechanism:heat-shock-response (renamed by curator)", "mechanism:hibernation (merged by Ada)"
    ]  # fmt: skip
    assert facts(concept, "gene")["status"] == "curated"


def test_a_rename_keeps_the_old_name_and_is_taken_back(run: Run, concept: Callable[..., Result], graph: Path) -> None:
    before = exported(run, graph)
    done = concept("rename", "gene", "genome", "--kind", "mechanism")
    assert done.exit_code == 0 and "gene is now called genome (mechanism:genome)" in done.stderr
    assert "called genome already" in concept("rename", "gene", "genome").stderr
    (row,) = json.loads(concept("merges", "--format", "json").stdout)
    assert row == {"source": "mechanism:gene", "target": "mechanism:genome", "how": "rename", "by": "curator"}
    (found,) = json.loads(run("--store", graph, "ask", "explain", "gene -> model architecture", "--format", "json").stdout)
    assert found["mechanism"] == "genome" and found["belief"] > 0.5
    assert '"type": "rename"' in exported(run, graph)
    assert concept("split", "gene").exit_code == 0
    assert exported(run, graph) == before
    assert "taken back: split mechanism:gene" in run("--store", graph, "review", "--undo").stderr
    assert "taken back: renamed mechanism:gene as genome" in run("--store", graph, "review", "--undo").stderr
    assert exported(run, graph) == before


def test_case_alone_can_be_renamed(concept: Callable[..., Result]) -> None:
    assert concept("rename", "mechanism:gene", "GENE").exit_code == 0
    assert facts(concept, "gene", "--kind", "mechanism")["name"] == "GENE"
    (row,) = json.loads(concept("merges", "--format", "json").stdout)
    assert (row["source"], row["target"], row["how"]) == ("mechanism:gene", "GENE", "rename")
    assert "stands for itself again, as gene" in concept("split", "mechanism:gene").stderr
    assert concept("merges").stderr == "no concept is merged or renamed\n"


def test_a_merge_twice_is_one_merge(run: Run, concept: Callable[..., Result], graph: Path) -> None:
    before = exported(run, graph)
    assert concept("merge", "hibernation", "gene").exit_code == 0
    once = exported(run, graph)
    again = concept("merge", "hibernation", "gene")
    assert again.exit_code == 0 and "shown as mechanism:gene already" in again.stderr
    assert exported(run, graph) == once != before
    assert concept("split", "Hibernation").exit_code == 0
    assert exported(run, graph) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("merge", "hibernatoin", "gene"), "did you mean hibernation?"),
        (("merge", "gene", "gene"), "cannot be merged into itself"),
        (("split", "hibernatoin"), "did you mean hibernation?"),
        (("split", "gene"), "nothing to split"),
        (("rename", "genne", "genome"), "did you mean gene?"),
        (("rename", "gene", "epigenetics"), "exapt concept merge mechanism:gene mechanism:epigenetics"),
        (("rename", "gene", " "), "the new name is empty"),
        (("rename", "gene", "a\x1b[2Jb"), "control character"),
        (("show", "nothing of the kind"), "exapt concept list"),
    ],
)
def test_what_cannot_be_done_says_why_in_one_line(concept: Callable[..., Result], arguments: tuple[str, ...], told: str) -> None:
    result = concept(*arguments)
    assert result.exit_code == 1 and told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_names_that_steer_a_terminal_are_escaped(concept: Callable[..., Result], graph: Path) -> None:
    with Store.open(graph) as store:
        store.add_concept(Concept(kind="mechanism", name="evil \x1b[2J gland"))
    for result in (concept("list", "evil"), concept("show", "evil [2J gland"), concept("rename", "evil [2J gland", "gland")):
        assert result.exit_code == 0 and "\x1b" not in result.stdout + result.stderr
    assert "\\x1b" in concept("split", "mechanism:evil-2j-gland").stderr
    assert "\x1b" not in concept("show", "evil gland").stderr

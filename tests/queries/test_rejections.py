"""What a curator rejected is no answer to any question, and is said to be rejected wherever it is cited."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from kg.model import mapping_key
from kg.store import Store

Run = Callable[..., Result]
Rows = Callable[..., list[dict[str, Any]]]
REPLAY = mapping_key("mechanism:hippocampal-replay", "inspires", "technique:experience-replay")
HEAT = mapping_key("mechanism:heat-shock-response", "proposes", "technique:dynamic-regularization")


def decide(graph: Path, *keys: str, accept: bool = False) -> None:
    """The curator's word on every paper that states one of ``keys``."""
    with Store.open(graph) as store:
        for key in keys:
            for paper in {one.paper for one in store.evidence(mapping=key)}:
                store.decide(key, paper, accept=accept)


@pytest.fixture
def layers(graph: Path) -> list[str]:
    """Keys of the three mappings that the essay states side by side."""
    with Store.open(graph) as store:
        return [one.key for one in store.mappings(relation="analogous")]


def test_rejected_layers_are_no_stack(rows: Rows, graph: Path, layers: list[str]) -> None:
    assert [row["count"] for row in rows("layers")] == [3]
    decide(graph, *layers)
    assert rows("layers") == []


def test_a_stack_ends_where_a_level_was_rejected(rows: Rows, graph: Path, layers: list[str]) -> None:
    with Store.open(graph) as store:
        chaperones = next(key for key in layers if store.mapping(key).mechanism == "mechanism:chaperone")
    decide(graph, chaperones)
    assert [[level["mechanism"] for level in row["levels"]] for row in rows("layers")] == [["gene", "epigenetics"]]


def test_accepted_layers_are_still_one_stack(rows: Rows, graph: Path, layers: list[str]) -> None:
    decide(graph, *layers, accept=True)
    assert [row["count"] for row in rows("layers")] == [3]


def test_a_mechanism_whose_every_mapping_was_rejected_became_nothing(rows: Rows, run: Run, graph: Path) -> None:
    assert [(row["mechanism"], row["became"]) for row in rows("transfer", "protect_old")] == [
        ("hippocampal replay", "a technique")
    ]
    decide(graph, REPLAY)
    (row,) = rows("transfer", "protect_old")
    assert (row["became"], row["techniques"], row["papers"], row["mappings"]) == ("none yet", [], 0, [])
    assert row["evidence"][0]["state"] == "listed"
    assert "0 of 1 mechanisms became a technique" in run("--store", graph, "ask", "transfer", "protect_old").stderr


def test_it_is_a_gap_then(rows: Rows, graph: Path) -> None:
    decide(graph, REPLAY)
    (row,) = rows("gaps", "--function", "protect_old")
    assert (row["name"], row["why"], row["try"]) == ("hippocampal replay", "a curator rejected what was read of it", [])
    (count,) = [row for row in rows("functions") if row["function"] == "protect old"]
    assert (count["mechanisms"], count["techniques"], count["waiting"]) == (1, 0, 1)
    assert [item["state"] for item in count["evidence"]] == ["listed"]


def test_a_rejected_proposal_waits_no_more_surely_than_what_nobody_proposed(rows: Rows, graph: Path) -> None:
    decide(graph, HEAT)
    found = {row["name"]: row["why"] for row in rows("gaps", "--function", "respond_to_stress")}
    assert found == {
        "heat shock response": "a curator rejected what was read of it",
        "hibernation": "no paper here maps it to a technique",
    }


def test_what_another_paper_states_still_answers(rows: Rows, graph: Path) -> None:
    with Store.open(graph) as store:
        (said,) = store.evidence(mapping=REPLAY)
        other, _ = store.add_paper(store.paper("title:00000000000000aa"))
        passage = store.evidence(mapping=HEAT)[0]
        store.add_evidence(dataclasses.replace(passage, mapping=REPLAY, mechanism_span=None, technique_span=None))
        store.decide(REPLAY, said.paper, accept=False)
    (row,) = rows("transfer", "protect_old")
    assert (row["became"], row["papers"]) == ("a technique", 1)
    assert {item["paper"] for item in row["evidence"]} == {other}


def test_a_rejected_reading_is_cited_as_one(rows: Rows, run: Run, graph: Path) -> None:
    decide(graph, HEAT)
    (row,) = rows("explain", HEAT)
    assert {item["by"]: item["rejected"] for item in row["evidence"]} == {"essay": True, "curator": True}
    assert all(item["text"].startswith("rejected by a curator: “A cell under heat") for item in row["evidence"])
    found = rows("analogies", "heat shock response")[0]["evidence"]
    assert found and all(item["rejected"] for item in found)
    others = run("--store", graph, "ask", "explain", REPLAY, "--format", "json")
    assert [item["rejected"] for item in json.loads(others.stdout)[0]["evidence"]] == [False]


@pytest.mark.parametrize("name", ["function:protect-old", "keep the old task", "protect_old", "Protect Old"])
def test_a_gap_is_looked_for_under_any_name_of_its_function(rows: Rows, graph: Path, name: str) -> None:
    decide(graph, REPLAY)
    assert [row["name"] for row in rows("gaps", "--function", name)] == ["hippocampal replay"]


def test_a_renamed_function_is_still_found_under_its_old_name(rows: Rows, graph: Path) -> None:
    decide(graph, REPLAY)
    with Store.open(graph) as store:
        store.rename_concept("function:protect-old", "hold on to what was learned")
    assert [row["name"] for row in rows("gaps", "--function", "protect_old")] == ["hippocampal replay"]

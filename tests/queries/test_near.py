"""What is near what was asked for, where that is not there; and what two kinds of thing are called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg.model import Concept, Result, Span, sha256
from kg.page.contents import contents
from kg.store import Store
from queries.show import Answer, as_json, as_ndjson, as_table
from tests.queries.conftest import ESSAY, Run, state

Rows = Callable[..., list[dict[str, Any]]]


def test_a_word_inside_of_a_name_finds_it(run: Run, graph: Path) -> None:
    said = run("--store", graph, "ask", "path", "shock", "experience replay").stderr
    assert "did you mean heat shock response" in said


def test_a_technique_where_a_mechanism_is_asked_for_is_told_to_be_one(run: Run, graph: Path) -> None:
    said = run("--store", graph, "ask", "explain", "weight pruning -> synaptic pruning").stderr
    assert said == "exapt: no mechanism is called 'weight pruning'; weight pruning is a technique\n"


def test_contrasts_of_nothing_known_name_what_is_near(run: Run, graph: Path) -> None:
    result = run("--store", graph, "ask", "contrasts", "pruning")
    assert result.exit_code == 0
    assert "no contrast speaks of 'pruning'; nearest names in the graph: " in result.stderr
    assert "synaptic pruning" in result.stderr


def test_a_name_that_two_kinds_share_is_both(graph: Path, rows: Rows) -> None:
    with Store.open(graph) as store:
        ends = [("associative memory", "inspires", "lookup table"), ("recall", "inspires", "associative memory")]
        keys = {_stated(store, *one) for one in ends}
    assert {row["mapping"] for row in rows("timeline", "associative memory")} == keys


def _stated(store: Store, mechanism: str, relation: str, technique: str) -> str:
    return state(
        store, mechanism, relation, technique, "title:00000000000000aa", passages=(Span("abstract", 0, 20),), digest=sha256(ESSAY)
    )


@pytest.fixture
def raced(graph: Path) -> Path:
    with Store.open(graph) as store:
        (mapping, *_) = store.mappings()
        for arm, metric, value in (("candidate", "score", 0.5), ("sgd", "score", 0.4), ("verdict", "verdict", 1.0)):
            store.add_result(
                Result(
                    race="race1", prototype="made", task="digits", arm=arm, metric=metric, seed=0, value=value,
                    mapping=mapping.key, budget=1.0, seconds=1.0,
                )
            )  # fmt: skip
    return graph


def test_a_mapping_that_only_a_race_keeps_has_the_race_for_evidence(raced: Path, rows: Rows) -> None:
    with Store.open(raced) as store:
        kept = store.results(arm="verdict")[0].mapping
        assert kept is not None
        for one in store.evidence(kept):
            store.replace_readings(one.paper, one.by, [])
        assert store.evidence(kept) == []
    (row,) = rows("explain", kept)
    assert [item["race"] for item in row["evidence"]] == ["race1"]


def test_a_leaderboard_without_such_a_race_says_which_there_are(run: Run, raced: Path) -> None:
    assert "there are races on digits" in run("--store", raced, "ask", "leaderboard", "--task", "nosuch").stderr
    assert "there are races of made" in run("--store", raced, "ask", "leaderboard", "--prototype", "nosuch").stderr


@pytest.mark.parametrize("letter", ["\x7f", "\x9b", "\u202e", "\u2066", "\u2028"])
def test_an_answer_never_steers_a_terminal(letter: str) -> None:
    answer = Answer(columns=("name",), rows=[{"name": f"evil{letter}name"}])
    for form in (as_json, as_ndjson, as_table):
        assert letter not in form(answer)
    assert json.loads(as_json(answer)) == [{"name": f"evil{letter}name"}]
    assert json.loads(as_ndjson(answer)) == {"name": f"evil{letter}name"}


def test_outside_ids_lead_to_their_pages(graph: Path) -> None:
    with Store.open(graph) as store:
        store.add_concept(Concept(kind="mechanism", name="sleep", see=("WD:Q35831", "GO:0030431", "MESH:D012890", "XX:1")))
        (sleep,) = (one for one in contents(store, limit=100)["concepts"] if one["name"] == "sleep")
    links = {name: address for name, address in sleep["see"]}
    assert links["WD:Q35831"] == "https://www.wikidata.org/wiki/Q35831"
    assert links["GO:0030431"] and links["MESH:D012890"] and links["XX:1"] is None

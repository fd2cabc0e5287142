from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from kg.model import Concept
from kg.model import Result as RaceResult
from kg.store import Store

Run = Callable[..., Result]
Rows = Callable[..., list[dict[str, Any]]]


def test_a_question_in_plain_words_finds_the_mapping_with_its_quote(rows: Rows) -> None:
    best = rows("analogies", "how do cells survive heat stress")[0]
    assert (best["mechanism"], best["technique"]) == ("heat shock response", "dynamic regularization")
    assert best["shared"] == ["respond to stress"]
    assert best["evidence"][0]["quotes"] == [
        "A cell under heat makes more chaperones, so a net could raise its penalty when the loss jumps."
    ]


def test_a_problem_of_learning_finds_the_biology(rows: Rows) -> None:
    best = rows("analogies", "my", "network", "forgets", "the", "first", "task")[0]
    assert best["mechanism"] == "hippocampal replay"
    assert best["evidence"][0]["text"] == "by reference: Sleep and replay (2019), abstract 10–60"


def test_text_that_does_not_match_is_never_quoted(rows: Rows, run: Run, graph: Path) -> None:
    best = rows("analogies", "synaptic pruning")[0]
    assert best["evidence"][0]["quotes"] == []
    assert "not the text that was read" in best["evidence"][0]["text"]
    assert "arxiv:1234.00002" in run("--store", graph, "ask", "stats").stderr


def test_a_question_without_an_answer_says_so_and_names_near_words(run: Run, graph: Path) -> None:
    result = run("--store", graph, "ask", "analogies", "hibernatoin zzzz", "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == []
    assert "hibernation" in result.stderr


@pytest.mark.parametrize("text", ["\"'*()--:^", "NEAR(a b)", "a AND OR NOT", "?", "é" * 3000, "x\ty\nz", "-- drop table paper"])
def test_any_text_is_a_question(run: Run, graph: Path, text: str) -> None:
    result = run("--store", graph, "ask", "analogies", "--format", "json", "--", text)
    assert result.exit_code == 0, result.stderr
    assert isinstance(json.loads(result.stdout), list)


def test_only_the_relation_asked_for_is_shown(rows: Rows) -> None:
    assert {row["relation"] for row in rows("analogies", "chaperones", "--relation", "analogous")} == {"analogous"}


def test_a_mapping_is_explained_by_key_by_start_of_key_and_by_names(rows: Rows) -> None:
    named = rows("explain", "hippocampal replay -> experience replay")
    key = named[0]["mapping"]
    assert rows("explain", key) == rows("explain", key[:6]) == named
    assert named[0]["roles"] == ["memory trace ~ stored sample"]
    assert named[0]["sum"]
    assert 0 < named[0]["belief"] < 1


@pytest.mark.parametrize(
    "name", ["m0000000000", "hippocampal replay -> gradient descent", "hippocampal repla -> experience replay"]
)
def test_an_unknown_mapping_names_what_is_near(run: Run, graph: Path, name: str) -> None:
    result = run("--store", graph, "ask", "explain", name)
    assert result.exit_code == 1
    assert result.stderr.startswith("exapt: no m")
    assert len(result.stderr.splitlines()) == 1


def test_gaps_are_what_is_proposed_or_unanswered(rows: Rows) -> None:
    found = {row["name"]: row for row in rows("gaps")}
    assert found["heat shock response"]["why"] == "only proposed: dynamic regularization"
    assert found["heat shock response"]["evidence"]
    assert found["hibernation"]["why"] == "no paper here maps it to a technique"
    assert "hippocampal replay" not in found
    assert set(row["name"] for row in rows("gaps", "--function", "respond to stress")) == {"heat shock response", "hibernation"}


def test_gaps_show_what_is_only_contrasted_last(rows: Rows, graph: Path) -> None:
    with Store.open(graph) as store:
        for name in ("fever", "torpor"):
            store.add_concept(Concept(kind="mechanism", name=name, functions=("function:respond-to-stress",), status="curated"))
        store.add_concept(Concept(kind="mechanism", name="amoeba", status="curated", functions=("function:protect-old",)))
    found = [(row["name"], row["why"]) for row in rows("gaps") if row["gap"] == "mechanism"]
    names = [name for name, _ in found]
    assert names[:4] == ["heat shock response", "fever", "hibernation", "torpor"], "of what waits, least answered functions lead"
    assert names[4] == "amoeba"
    assert names[-1] == "protein folding" and found[-1][1] == "only contrasts are stated"
    assert found[1][1] == "no paper here maps it to a technique; of 4 that respond to stress, 4 wait"


def test_gaps_take_turns_between_functions(rows: Rows, graph: Path) -> None:
    with Store.open(graph) as store:
        served = store.add_concept(Concept(kind="function", name="repair", status="curated"))
        for number in range(6):
            stressed = Concept(kind="mechanism", name=f"a{number}", functions=("function:respond-to-stress",), status="curated")
            store.add_concept(stressed)
        for number in range(3):
            store.add_concept(Concept(kind="mechanism", name=f"b{number}", functions=(served,), status="curated"))
    names = [row["name"] for row in rows("gaps")][1:]
    assert names.index("b0") < names.index("a5") and names.index("a0") < names.index("b0")


def test_an_unknown_function_lists_what_exists(run: Run, graph: Path) -> None:
    result = run("--store", graph, "ask", "gaps", "--function", "protct_olld")
    assert result.exit_code == 1
    assert "did you mean protect_old?" in result.stderr


def test_contrasts_show_where_an_analogy_ends(rows: Rows) -> None:
    (row,) = rows("contrasts")
    assert row["technique"] == "gradient descent"
    assert row["evidence"][0]["quotes"] == ["A protein receives no gradient, unlike a weight."]
    assert rows("contrasts", "pruning") == []


def test_a_race_that_was_lost_speaks_against_the_mapping(rows: Rows, graph: Path) -> None:
    with Store.open(graph) as store:
        mapping = store.mappings(relation="proposes")[0].key
        store.add_result(_run("verdict", 0, -1.0, mapping, note="worse than sgd"))
    (row,) = [row for row in rows("contrasts") if row["kind"] == "race lost"]
    assert row["mapping"] == mapping
    assert "worse than sgd" in row["evidence"][0]["text"]


def test_layers_are_pairs_listed_together_in_their_order(rows: Rows) -> None:
    (row,) = rows("layers")
    assert [level["text"] for level in row["levels"]] == [
        "gene/model architecture",
        "epigenetics/hyperparameter",
        "chaperone/optimization technique",
    ]
    assert len(row["evidence"]) == row["count"] == 3
    assert rows("layers", "--levels", "4") == []


def test_stats_count_what_is_there(rows: Rows) -> None:
    counts = {row["what"]: row["count"] for row in rows("stats")}
    assert counts["papers"] == 3


def test_the_leaderboard_shows_what_races_said(rows: Rows, graph: Path) -> None:
    assert rows("leaderboard") == []
    with Store.open(graph) as store:
        mapping = store.mappings(relation="proposes")[0].key
        before = store.belief_of(mapping).value
        for arm, value in (("candidate", 0.9), ("sgd", 0.8), ("adamw", 0.7), ("yoked", 0.95)):
            for seed in (100, 101):
                store.add_result(_run(arm, seed, value + seed / 1000, mapping))
        store.add_result(_run("verdict", 0, 1.0, mapping, note="better than sgd on both seeds"))
        assert store.belief_of(mapping).value > before
    (row,) = rows("leaderboard")
    assert (row["verdict"], row["effect"], row["baseline"], row["seeds"]) == ("better", 0.1, "sgd", 2)
    assert "better than sgd on both seeds" in row["evidence"][0]["text"]
    assert rows("leaderboard", "--task", "slow_regression") == []
    explained = rows("explain", mapping)[0]
    assert explained["races"][0]["verdict"] == "better"
    assert any("race" in line["text"] for line in explained["sum"])


def test_a_lower_score_is_better_where_the_task_says_so(rows: Rows, graph: Path) -> None:
    with Store.open(graph) as store:
        for arm, value in (("candidate", 0.2), ("sgd", 0.5), ("adamw", 0.4)):
            store.add_result(_run(arm, 100, value, None, task="slow_regression"))
        store.add_result(_run("verdict", 0, math.nan, None, task="slow_regression"))
    (row,) = rows("leaderboard")
    assert (row["verdict"], row["effect"], row["baseline"]) == ("not run to the end", 0.2, "adamw")


def _run(arm: str, seed: int, value: float, mapping: str | None, *, task: str = "digits", note: str = "") -> RaceResult:
    metric = "verdict" if arm == "verdict" else "score"
    name = "heat_shock_regularization"
    return RaceResult(
        race="r1", prototype=name, task=task, arm=arm, seed=seed, metric=metric, value=value, mapping=mapping, note=note
    )  # fmt: skip

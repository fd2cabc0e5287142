"""What questions say of races: the standing as it was judged, what speaks against a mapping, and each race once."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg.model import Evidence, Mapping, Paper, Span, sha256
from kg.model import Result as RaceResult
from kg.store import Store

Rows = Callable[..., list[dict[str, Any]]]
NEVER_FIRED = (math.nan, "worse: against sgd it loses; the mechanism never fired, so this says nothing about it")
METAPHOR = (math.nan, "metaphor only: SGD by another name, so this says nothing about the mechanism; in numbers worse")
LOST = (-1.0, "worse than sgd")


def raced(graph: Path, value: float, note: str, *, task: str = "digits") -> str:
    """Keeps a verdict on the mapping of the small graph that is proposed; the mapping's key."""
    with Store.open(graph) as store:
        mapping = store.mappings(relation="proposes")[0].key
        store.add_result(
            RaceResult(
                race="r1", prototype="heat_shock_regularization", task=task, arm="verdict", seed=0, metric="verdict", value=value,
                mapping=mapping, note=note,
            )
        )  # fmt: skip
        return mapping


def noted(graph: Path, race: str = "r1") -> str:
    """Keeps what exapt notes of a race as a contrast between the same two concepts; the contrast's key."""
    said = "It is unlike that: it does harm."
    with Store.open(graph) as store:
        known = store.mappings(relation="proposes")[0]
        note = Paper(key=f"race:{race}:digits", title=f"Race {race} of it", abstract=said, kind="essay", source="race")
        key, _ = store.add_paper(note)
        contrast = store.add_mapping(Mapping(mechanism=known.mechanism, relation="contrasts", technique=known.technique))
        passages = (Span("abstract", 0, len(said)),)
        store.add_evidence(
            Evidence(mapping=contrast, paper=key, passages=passages, text_sha256=sha256(said), by="race", score=0.5)
        )
        return contrast


@pytest.mark.parametrize(("kept", "word"), [(NEVER_FIRED, "worse"), (METAPHOR, "metaphor only")])
def test_a_race_that_says_nothing_of_a_mapping_keeps_its_word_and_moves_nothing(
    rows: Rows, graph: Path, kept: tuple[float, str], word: str
) -> None:
    with Store.open(graph) as store:
        before = store.belief_of(store.mappings(relation="proposes")[0].key)
    mapping = raced(graph, *kept)
    (row,) = rows("leaderboard")
    assert row["verdict"] == word and f": {word}, " in row["evidence"][0]["text"]
    (explained,) = rows("explain", mapping)
    assert explained["belief"] == round(before.value, 3) and explained["in words"] == before.in_words
    assert explained["races"][0]["verdict"] == word and "says nothing about" in explained["races"][0]["text"]
    assert not [row for row in rows("contrasts") if row["kind"] == "race lost"]


def test_of_a_race_only_the_task_that_counts_is_lost(rows: Rows, graph: Path) -> None:
    raced(graph, *NEVER_FIRED, task="digits")
    raced(graph, *LOST, task="label_swap_digits")
    (row,) = [row for row in rows("contrasts") if row["kind"] == "race lost"]
    assert [race["task"] for race in row["evidence"]] == ["label_swap_digits"]


def test_verdicts_are_listed_from_better_to_metaphor_only(rows: Rows, graph: Path) -> None:
    for task, kept in {"a": METAPHOR, "b": (math.nan, "it fell"), "c": LOST, "d": (0.0, ""), "e": (1.0, "")}.items():
        raced(graph, *kept, task=task)
    words = ["better", "no difference shown", "worse", "not run to the end", "metaphor only"]
    assert [row["verdict"] for row in rows("leaderboard")] == words


def test_what_is_noted_of_a_race_is_counted_as_no_paper(rows: Rows, graph: Path) -> None:
    before = {row["what"]: row["count"] for row in rows("stats")}
    contrast = noted(graph)
    after = {row["what"]: row["count"] for row in rows("stats")}
    assert (after["papers"], after["papers with text"]) == (before["papers"], before["papers with text"])
    assert (before["race notes"], after["race notes"]) == (0, 1)
    (row,) = [row for row in rows("contrasts") if row["mapping"] == contrast]
    assert row["papers"] == 0 and "it does harm" in row["evidence"][0]["text"]
    (explained,) = rows("explain", contrast)
    assert explained["in words"] == "weakly supported: 1 race bears it out"


def test_a_race_is_one_voice_where_papers_and_races_disagree(rows: Rows, graph: Path) -> None:
    def against() -> list[tuple[int, str]]:
        with Store.open(graph) as store:
            name = store.concept(store.mappings(relation="proposes")[0].mechanism).name
        return [(row["against"], row["how"]) for row in rows("contradictions") if row["mechanism"] == name]

    noted(graph)
    assert against() == [(1, "proposes / contrasts")]
    raced(graph, *NEVER_FIRED, task="digits")
    assert against() == [(1, "proposes / contrasts")]
    raced(graph, *LOST, task="label_swap_digits")
    assert against() == [(1, "proposes / contrasts / race lost")]

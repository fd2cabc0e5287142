"""The relation of a mapping: words are counted by their place about the two phrases, and weights come from annotated papers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import _relation
from ingest.extract._relation import Statement, features, relation

SAID = "Inspired by the lateral inhibition of the retina, we propose a filter."
STATED = Statement(SAID, "lateral inhibition", "filter", f"Sharp Eyes {SAID} It is fast.")


def test_words_count_by_their_place_about_the_phrases() -> None:
    found = features(STATED)
    assert {"M<by", "M<<by_the", "M>of", "T<propose", "MT:we", "M_of", "P=sharp", "P=fast"} <= found.keys()
    assert "lateral" not in found and "P=lateral" in found


def test_a_phrase_within_the_other_is_not_marked_twice() -> None:
    found = features(STATED._replace(mechanism="inhibition", technique="lateral inhibition"))
    assert "no M" in found and "T>of" in found


def test_words_of_the_paper_weigh_as_much_in_a_long_one() -> None:
    long = features(STATED._replace(paper=" ".join(f"{a}{b}" for a in "abcdefgh" for b in "klmnopqr")))
    assert sum(value**2 for name, value in long.items() if name.startswith("P=")) == pytest.approx(_relation.FAR**2)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Inspired by the hippocampus, we propose replay.", "inspires"),
        ("We show that replay is a model of the hippocampus and consistent with neural data of rats.", "analogous"),
    ],
)
def test_what_is_plainly_said_is_told(said: str, expected: str) -> None:
    assert relation(Statement(said, "hippocampus", "replay", said)) == expected


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=20), st.text(max_size=80))
def test_any_text_has_a_relation(said: str, mechanism: str, technique: str, paper: str) -> None:
    assert relation(Statement(said, mechanism, technique, paper)) in _relation.RELATIONS


def _papers(many: int) -> list[dict[str, object]]:
    kinds = (("inspires", "inspired by"), ("inspires", "mimicking"), ("analogous", "akin to"), ("contrasts", "unlike"))
    return [
        {
            "title": f"Paper {number}",
            "abstract": "",
            "mappings": [
                {
                    "mechanism": "ants", "technique": "search", "relation": kinds[number % 4][0],
                    "evidence": f"A search {kinds[number % 4][1]} ants.",
                }
            ],
        }
        for number in range(many)
    ]  # fmt: skip


def test_it_learns_what_the_annotated_papers_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    assert _relation.checked(_papers(120), folds=5) == (1.0, pytest.approx(1 / 2))
    _relation.fit(_papers(120), tmp_path / "weights.json")
    data = json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(_relation, "_trained", lambda: (data["bias"], data["weights"]))
    assert relation(Statement("A search akin to bees.", "bees", "search", "")) == "analogous"
    assert relation(Statement("A search inspired by bees.", "bees", "search", "")) == "inspires"


def test_held_out_mappings_are_told_better_than_by_always_saying_inspires(shared: Callable[[str], Path]) -> None:
    from ingest.extract._train_after import parted
    from ingest.extract._train_label import documents

    _, held = parted(documents(shared("gold/train.jsonl")))
    both = [(relation(Statement.of(d, m)), m["relation"]) for d in held for m in d["mappings"]]
    right, plain = sum(ours == theirs for ours, theirs in both), sum(theirs == "inspires" for _, theirs in both)
    assert right > plain

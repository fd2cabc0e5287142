"""Scores are those of the reference scorer, and say what a reader needs to know beyond it."""

from __future__ import annotations

import importlib.util
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.score import (
    Document,
    Gold,
    Stated,
    count,
    evaluate,
    explain_errors,
    intervals,
    load_gold,
    load_predicted,
    match,
    token_f1,
    total,
)
from kg.errors import BadRecord, Unreadable

HEAT = Stated(
    mechanism="heat shock response", technique="dynamic regularization", relation="analogous", evidence=("They adapt.",)
)
SLEEP = Stated(
    mechanism="hippocampal replay", technique="experience replay", relation="inspires", evidence=("Replay inspired it.",)
)


def document(*mappings: Stated, name: str = "d1", label: str = "bio_inspired") -> Document:
    return Document(id=name, label=label, mappings=mappings)


def test_token_f1_is_blind_to_case_plurals_and_small_words() -> None:
    assert token_f1("The Chaperones of the cell", "chaperone cell") == 1.0
    assert token_f1("chaperone", "optimizer") == 0.0
    assert token_f1("", "anything") == 0.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_token_f1_is_symmetric_and_between_zero_and_one(first: str, second: str) -> None:
    assert token_f1(first, second) == token_f1(second, first)
    assert 0.0 <= token_f1(first, second) <= 1.0


def test_each_mapping_is_matched_once_best_first() -> None:
    near = Stated(mechanism="heat shock", technique="dynamic regularization")
    assert match([HEAT], [near, HEAT]) == [(0, 1)]


def test_a_concept_matches_where_the_span_does_not() -> None:
    said = Stated(mechanism="they adapt", mechanism_concept="heat shock response", technique="dynamic regularization")
    assert match([HEAT], [said]) == [(0, 0)]


def test_perfect_and_empty_answers() -> None:
    gold = [document(HEAT, SLEEP)]
    perfect = evaluate(gold, gold)
    assert (perfect.mapping.f1, perfect.relation, perfect.evidence, perfect.label) == (1.0, 1.0, 1.0, 1.0)
    nothing = evaluate(gold, [])
    assert (nothing.mapping.f1, nothing.bio_inspired.recall, nothing.hit, nothing.gold) == (0.0, 0.0, 0, 2)


def test_arguable_annotations_need_not_be_found_but_are_right_answers() -> None:
    arguable = Stated(mechanism="FOXP2 expression", technique="word2vec", confidence=1)
    score = evaluate([document(HEAT, arguable)], [document(HEAT, arguable)], min_confidence=2)
    assert (score.gold, score.hit, score.right) == (1, 1, 2)
    assert score.mapping.precision == score.mapping.recall == 1.0
    assert evaluate([document(HEAT, arguable)], [document(HEAT)], min_confidence=2).mapping.recall == 1.0


def test_a_restatement_is_right_only_with_a_sentence_that_states_it() -> None:
    told = Stated(
        mechanism="heat shock response",
        technique="dynamic regularization",
        evidence=("They adapt.",),
        also_stated=("Cells and models both cope.",),
    )
    gold = Gold(documents=(document(told),), form="essays")
    again = Stated(mechanism="heat shock response", technique="dynamic regularization", evidence=("Cells and models both cope.",))
    invented = Stated(mechanism="heat shock response", technique="dynamic regularization", evidence=("Bread needs salt.",))
    assert evaluate(gold, [document(HEAT, again)]).mapping.precision == 1.0
    assert evaluate(gold, [document(invented, HEAT)]).mapping.precision == 0.5
    assert evaluate(gold, [document(HEAT, again)], count_restatements=False).mapping.precision == 0.5


def test_errors_name_the_nearest_answer() -> None:
    wrong = Stated(mechanism="heat shock", technique="batch size", score=0.9)
    missed, false = explain_errors([document(HEAT)], [document(wrong)], limit=2)
    assert (missed.kind, false.kind) == ("missed", "wrong")
    assert missed.nearest == wrong
    assert "heat shock response" in str(missed)
    assert explain_errors([document(HEAT)], [document(HEAT)]) == []


def test_forms_are_recognised(tmp_path: Path) -> None:
    documents = tmp_path / "gold.jsonl"
    documents.write_text(
        '{"id": "a", "label": "other", "mappings": []}\n\n{"id": "b", "label": "bio_inspired"}\n', encoding="utf-8"
    )
    assert [(one.id, one.label) for one in load_gold(documents).documents] == [("a", "other"), ("b", "bio_inspired")]

    essays = tmp_path / "essays.json"
    row = {"file": "e.txt", "mechanism": "sleep", "technique": "replay", "evidence": ["One.", "Two."], "also_stated": ["Three."]}
    essays.write_text(json.dumps([row, {**row, "evidence": "One."}]), encoding="utf-8")
    gold = load_gold(essays)
    assert (gold.form, gold.documents[0].id, gold.documents[0].label) == ("essays", "e.txt", "bio_inspired")
    assert [one.evidence for one in gold.documents[0].mappings] == [("One.", "Two."), ("One.",)]

    page = tmp_path / "page.json"
    page.write_text(json.dumps([{"title": "Sleep: a Review", "label": "other", "mappings": []}]), encoding="utf-8")
    answer = tmp_path / "answer.jsonl"
    answer.write_text('{"id": "x1", "title": "sleep — A review", "label": "other"}\n', encoding="utf-8")
    gold = load_gold(page)
    assert gold.form == "page"
    assert evaluate(gold, load_predicted(answer, form=gold.form)).label == 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "a"}\n{"id": \n', "line 2"),
        ("[1, 2]", "not a JSON object"),
        ('{"id": "a", "mappings": 3}', "mappings"),
        ('{"id": "a", "mappings": [{"mechanism": "x", "confidence": "high"}]}', "confidence"),
    ],
)
def test_broken_gold_is_named_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRecord, match=said):
        load_gold(path)


def test_unreadable_gold_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        load_gold(tmp_path / "none.jsonl")
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unreadable, match="UTF-8"):
        load_gold(binary)
    other = tmp_path / "other.jsonl"
    other.write_text('{"name": 1}\n', encoding="utf-8")
    with pytest.raises(Unreadable, match="neither id"):
        load_gold(other)


def test_equal_to_the_reference_scorer(shared: Callable[[str], Path], tmp_path: Path) -> None:
    scorer = shared("gold/score.py")
    dev = shared("gold/dev.jsonl")
    spec = importlib.util.spec_from_file_location("reference_scorer", scorer)
    assert spec and spec.loader
    reference: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    gold = [json.loads(line) for line in dev.read_text(encoding="utf-8").splitlines()]
    answers = [_disturbed(row, random.Random(row["id"])) for row in gold if row["id"][-1] not in "07"]
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in answers), encoding="utf-8")

    expected = reference.evaluate(gold, answers)
    score = evaluate(load_gold(dev), load_predicted(path))
    for name, rate in (
        ("mapping (precision, recall, F1)", score.mapping),
        ("mechanism alone", score.mechanism),
        ("technique alone", score.technique),
        ("document is bio_inspired", score.bio_inspired),
    ):
        assert (rate.precision, rate.recall, rate.f1) == expected[name], name
    assert score.relation == expected["relation right, of matched"]
    assert score.evidence == expected["evidence right, of matched"]
    assert score.label == expected["label accuracy"]
    assert (score.hit, score.predicted, score.gold) == expected["counts (hit, predicted, gold)"]


def _disturbed(row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The annotation of one document with the kinds of error that a reader makes."""
    mappings = []
    for one in row["mappings"]:
        said = dict(one)
        if chance.random() < 0.3:
            words = said["mechanism"].split()
            said["mechanism"] = " ".join(words[: chance.randint(1, len(words))])
            said["mechanism_concept"] = ""
        if chance.random() < 0.3:
            said["technique"], said["technique_concept"] = "the whole " + said["technique"] + " that was trained", None
        if chance.random() < 0.2:
            said["relation"] = "contrasts"
        if chance.random() < 0.2:
            said["evidence"] = "Nothing of the kind."
        mappings += [said] * chance.choice([0, 1, 1, 1, 2])
    return {"id": row["id"], "label": chance.choice([row["label"], row["label"], "other"]), "mappings": mappings}


def test_the_calibration_error_is_how_far_scores_are_from_the_share_that_is_right() -> None:
    sure = Stated(mechanism="moon", technique="cheese", score=0.9)
    right = replace(HEAT, score=0.5)
    # Of two scored 0.5 one is right; the one scored 0.9 is wrong.
    wrong = replace(sure, score=0.5)
    score = evaluate([document(HEAT)], [document(right, wrong, sure)])
    assert score.calibration == pytest.approx(0.3)
    assert evaluate([document(HEAT)], [document(replace(HEAT, score=1.0))]).calibration == 0.0


def test_intervals_hold_the_score_and_are_a_point_where_all_documents_are_alike() -> None:
    alike = [document(HEAT, name=f"d{n}") for n in range(12)]
    assert intervals(count(alike, alike))["mapping, F1"] == (1.0, 1.0)
    half = [document(HEAT if n % 2 else SLEEP, name=f"d{n}") for n in range(12)]
    counted = count(alike, half)
    low, high = intervals(counted)["mapping, F1"]
    assert 0.0 <= low < total(counted).mapping.f1 < high <= 1.0
    assert intervals(counted) == intervals(counted)

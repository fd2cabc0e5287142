"""What a race says against an analogy, and that luck of tuning is not taken for a lesson."""

from __future__ import annotations

from pathlib import Path

import pytest

from adaptive import lessons, telling
from adaptive.campaign import module_of
from adaptive.record import record_findings
from kg.model import Concept
from kg.store import Store
from tests.adaptive.test_telling import finding

HARM = {"adamw": -0.08, "off": -0.05}
TIMING = {"adamw": -0.02, "off": 0.05, "bare": 0.05, "yoked": 0.0, "shuffled": 0.0, "constant": 0.0}
LUCK = TIMING | {"bare": 0.0}
MATTERS = {"adamw": -0.02, "off": 0.05, "bare": 0.05, "yoked": 0.05, "shuffled": 0.05, "constant": 0.05}


def test_a_mechanism_that_does_harm_and_one_whose_timing_does_not_matter_are_lessons() -> None:
    harm, timing = lessons.lesson(finding(HARM)), lessons.lesson(finding(TIMING))
    assert "it does harm: its base step alone does better" in harm
    assert timing.endswith("did as well as far as can be told.")
    assert "a replay" in timing
    module = module_of("adaptive_eta")
    for said in (harm, timing):
        assert str(module.MECHANISM).casefold() in said.casefold()
        assert str(module.TECHNIQUE).casefold() in said.casefold()


@pytest.mark.parametrize("gains", [LUCK, MATTERS, {"adamw": -0.02, "off": 0.0}])
def test_nothing_else_is(gains: dict[str, float]) -> None:
    assert lessons.lesson(finding(gains)) == ""
    assert lessons.lesson(finding(HARM, fired=0.0)) == ""


@pytest.mark.parametrize("gains", [HARM, TIMING])
def test_a_race_that_was_not_run_to_the_end_teaches_nothing(gains: dict[str, float], tmp_path: Path) -> None:
    failed = finding(gains, failed=3)
    assert failed.verdict.word == "not run to the end"
    assert lessons.lesson(finding(gains)) and not lessons.lesson(failed)
    module = module_of("adaptive_eta")
    with Store.open(tmp_path / "graph.db") as store:
        store.add_concept(Concept(kind="mechanism", name=str(module.MECHANISM)))
        store.add_concept(Concept(kind="technique", name=str(module.TECHNIQUE)))
        record_findings(store, [failed])
        assert not list(store.mappings())


def test_luck_of_tuning_is_told_as_that() -> None:
    told = telling.paragraph([finding(LUCK)])
    assert "luck of tuning, and not the mechanism" in told
    assert "timing" not in told
    assert "luck of tuning" not in telling.paragraph([finding(TIMING)])


def test_a_lesson_is_a_contrast_in_the_graph_quoted_from_the_race(tmp_path: Path) -> None:
    module = module_of("adaptive_eta")
    with Store.open(tmp_path / "graph.db") as store:
        store.add_concept(Concept(kind="mechanism", name=str(module.MECHANISM)))
        store.add_concept(Concept(kind="technique", name=str(module.TECHNIQUE)))
        record_findings(store, [finding(HARM)])
        (contrast,) = store.mappings()
        assert contrast.relation == "contrasts"
        (evidence,) = store.evidence(contrast.key)
        assert evidence.by == "race"
        assert store.quote(evidence).texts == (lessons.lesson(finding(HARM)),)
        before = store.counts()
        record_findings(store, [finding(HARM)])
        assert store.counts() == before, "the same race twice changes nothing"

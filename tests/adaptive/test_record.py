"""What a race showed reaches the graph, once, and bears on the mapping that was raced."""

from __future__ import annotations

import dataclasses
import math

import pytest

from adaptive import campaign, telling
from adaptive.likeness import Likeness
from adaptive.race import CANDIDATE, Race, Verdict
from adaptive.record import mapping_of, record, results, results_of
from kg.model import Concept, Mapping, Result
from kg.store import Store
from kg.verdict import told
from tests.adaptive.told_races import finding

MECHANISM = Concept(kind="mechanism", name="heat shock response", aliases=("chaperone upregulation",), status="curated")
TECHNIQUE = Concept(kind="technique", name="dynamic regularization", status="curated")


def test_every_run_and_one_verdict_a_task(race: Race) -> None:
    rows = list(results(race, mapping="m123"))
    verdicts = [row for row in rows if row.arm == "verdict"]
    assert len(rows) == len(race.courses) * len(race.arms()) * len(race.seeds) + len(race.courses)
    assert [row.task for row in verdicts] == [course.name for course in race.courses]
    assert all(row.mapping == "m123" and row.note for row in verdicts)
    assert {row.mapping for row in rows if row.arm == CANDIDATE} == {"m123"}
    assert {row.mapping for row in rows if row.arm == "sgd"} == {None}


def test_rows_say_what_was_run_and_with_what(race: Race) -> None:
    row = next(row for row in results(race) if row.arm == CANDIDATE and row.task == "slow_regression")
    assert row.metric == "online mean squared error"
    assert (row.race, row.prototype, row.seed) == (race.key, "follower", 100)
    assert {name for name, _ in row.knobs} == {"lr", "gain"}
    assert len(row.source_sha256) == 64 and dict(row.versions)["torch"]
    assert row.budget == 12 * 10 * 3
    assert all(len(other.source_sha256) == 64 for other in results(race) if other.arm != "verdict")


@pytest.mark.parametrize(("word", "value"), [("better", 1.0), ("worse", -1.0), ("no difference shown", 0.0)])
def test_a_verdict_has_a_value(race: Race, word: str, value: float) -> None:
    verdicts = (Verdict(task="slow_regression", word=word, reason="because"),)  # type: ignore[arg-type]
    row = [row for row in results(dataclasses.replace(race, verdicts=verdicts)) if row.arm == "verdict"]
    assert [(r.value, r.note) for r in row] == [(value, "because")]


def test_a_race_not_run_to_the_end_has_none(race: Race) -> None:
    verdicts = (Verdict(task="slow_regression", word="not run to the end", reason="it fell"),)
    row = [row for row in results(dataclasses.replace(race, verdicts=verdicts)) if row.arm == "verdict"]
    assert math.isnan(row[0].value)


def kept(one: campaign.Finding) -> Result:
    return list(results_of(one))[-1]


WORSE, EVEN = {"adamw": -0.05, "off": -0.04}, {"adamw": 0.0, "off": 0.0}


@pytest.mark.parametrize("gains", [WORSE, EVEN])
def test_a_mechanism_that_never_fired_says_nothing_of_its_mapping(gains: dict[str, float]) -> None:
    silent = kept(finding(gains, fired=0.0))
    assert math.isnan(silent.value) and "never fired" in told(silent).note
    assert told(silent).word == finding(gains).verdict.word and not told(silent).counts
    assert told(kept(finding(gains))).counts


def test_no_difference_says_nothing_where_none_is_expected_and_harm_does() -> None:
    even = kept(finding(EVEN, role="plain"))
    assert math.isnan(even.value) and told(even).word == "no difference shown" and "no benefit is expected" in even.note
    assert kept(finding(EVEN)).value == 0.0
    assert kept(finding(WORSE, role="plain")).value == -1.0


@pytest.mark.parametrize("gains", [WORSE, EVEN])
def test_a_known_method_by_another_name_says_nothing_of_the_mechanism(gains: dict[str, float]) -> None:
    same = kept(finding(gains, likeness=Likeness(method="l2_init", distance=1e-6)))
    assert math.isnan(same.value) and told(same).word == "metaphor only"
    assert "by another name" in told(same).note and finding(gains).verdict.reason in told(same).note


def test_the_graph_and_the_table_of_verdicts_use_one_word() -> None:
    findings = campaign.load()
    by_prototype: dict[str, list[campaign.Finding]] = {}
    for one in findings:
        by_prototype.setdefault(one.prototype, []).append(one)
    for one in findings:
        word = telling.standing(by_prototype[one.prototype]) if one.role == "own" else one.verdict.word
        assert told(kept(one)).word == word
    assert {told(kept(one)).word for one in findings} >= {"metaphor only", "worse"}


def test_a_verdict_as_older_versions_kept_it_is_read_as_before(race: Race) -> None:
    row = next(row for row in results(race) if row.arm == "verdict")
    old = dataclasses.replace(row, value=math.nan, note="the candidate failed on 3 of 20 seeds: why")
    assert told(old) == ("not run to the end", old.note, False)
    assert told(dataclasses.replace(old, value=-1.0)) == ("worse", old.note, True)


def test_a_race_of_a_prototype_that_ships_knows_where_no_benefit_is_expected(race: Race) -> None:
    own, plain = campaign.tasks_of(campaign.module_of("chemotaxis"))
    verdicts = tuple(Verdict(task=task, word="no difference shown", reason="because") for task in (own, plain))
    shipped = dataclasses.replace(race, prototype="chemotaxis", verdicts=verdicts)
    values = {row.task: row.value for row in results(shipped) if row.arm == "verdict"}
    assert values[own] == 0.0 and math.isnan(values[plain])
    fired = dataclasses.replace(shipped, verdicts=(dataclasses.replace(verdicts[0], fired=0.0),))
    assert math.isnan(next(row for row in results(fired) if row.arm == "verdict").value)


def test_a_race_is_kept_once_and_finds_its_mapping(race: Race) -> None:
    with Store.open(":memory:") as store:
        mechanism, technique = store.add_concept(MECHANISM), store.add_concept(TECHNIQUE)
        store.add_mapping(Mapping(mechanism=mechanism, relation="contrasts", technique=technique))
        key = store.add_mapping(Mapping(mechanism=mechanism, relation="inspires", technique=technique))
        assert record(store, race) == key
        first = store.results(race=race.key)
        assert record(store, race) == key
        assert store.results(race=race.key) == first
        assert len(first) == len(list(results(race)))
        assert len(store.results(mapping=key)) == len(race.courses) * (len(race.seeds) + 1)


def test_a_race_without_a_mapping_is_kept_all_the_same(race: Race) -> None:
    with Store.open(":memory:") as store:
        assert mapping_of(store, race) is None
        assert record(store, race) is None
        assert store.results(race=race.key)


def test_an_alias_finds_the_mapping_too(race: Race) -> None:
    with Store.open(":memory:") as store:
        mapping = Mapping(mechanism=store.add_concept(MECHANISM), relation="proposes", technique=store.add_concept(TECHNIQUE))
        key = store.add_mapping(mapping)
        assert mapping_of(store, dataclasses.replace(race, mechanism="Chaperone Upregulation")) == key
        assert mapping_of(store, dataclasses.replace(race, mechanism="photosynthesis of stones")) is None

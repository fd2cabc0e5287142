"""All prototypes raced, as data: what is kept of a race is enough to judge it again."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy
import pytest

from adaptive import campaign, field, stats
from adaptive.campaign import Finding
from adaptive.race import CANDIDATE, Race
from adaptive.record import record_findings, results_of
from adaptive.tasks import draw
from kg.errors import Unreadable
from kg.model import Concept, Mapping
from kg.plugins import load
from kg.store import Store

NAME = "heat_shock_regularization"


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Race, tuple[Finding, ...]]:
    (pair,) = campaign.run([NAME], tier="quick", steps=40, seeds=6, trials=2, n_jobs=2, folder=tmp_path_factory.mktemp("races"))
    return pair


def test_a_prototype_races_where_it_should_help_and_where_it_should_not(raced: tuple[Race, tuple[Finding, ...]]) -> None:
    race, found = raced
    assert [(one.task, one.role) for one in found] == [("noisy_label_digits", "own"), ("digits", "plain")]
    for one in found:
        assert one.race == race.key
        arms = [arm for arm, _ in one.values]
        assert arms[0] == CANDIDATE
        assert {"sgd", "adamw", "off"} <= set(arms)
        assert all(len(values) == len(one.seeds) == 6 for _, values in one.values)
        assert one.mean(CANDIDATE) == pytest.approx(
            numpy.mean([r.value for r in race.evaluations(one.task, CANDIDATE)]), rel=1e-6
        )
        assert {arm for arm, _ in one.curves} == {CANDIDATE, one.verdict.baseline, "off"}
        counted = [run for arm in race.arms(one.task) for run in race.evaluations(one.task, arm)]
        assert one.seconds == pytest.approx(sum(run.seconds for run in counted))
    assert found[0].likeness is not None
    assert found[1].likeness is None


def test_shams_run_where_there_is_a_gain_to_explain_and_only_there(raced: tuple[Race, tuple[Finding, ...]]) -> None:
    for one in raced[1]:
        sign = 1.0 if one.direction == "higher" else -1.0
        gains = sign * (one.mean(CANDIDATE) - one.mean("off")) > 0
        assert bool(one.of("yoked")) == gains
        assert (one.against("yoked") is not None) == gains


def test_findings_written_and_read_are_the_same_and_can_be_judged_again(
    raced: tuple[Race, tuple[Finding, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "deep" / "findings.jsonl"
    campaign.save(raced[1], path)
    found = campaign.load(path)
    assert [one.prototype for one in found] == [NAME, NAME]
    for one in found:
        for known in one.comparisons:
            again = stats.compare(
                one.of(CANDIDATE), one.of(known.arm), task=one.task, arm=known.arm, direction=one.direction,
                generator=draw(one.task, f"bootstrap {known.arm}", 0),
            )  # fmt: skip
            assert (again.difference, again.low, again.high) == pytest.approx((known.difference, known.low, known.high), abs=1e-6)
            assert again.p == pytest.approx(known.p, abs=0.05), "ties may fall otherwise in seven digits"


def test_what_was_raced_with_other_code_is_known(
    raced: tuple[Race, tuple[Finding, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, plain = raced[1]
    assert not campaign.is_of_other_code(own)
    assert campaign.is_of_other_code(dataclasses.replace(own, prototype="gone"))
    assert not campaign.is_of_other_code(dataclasses.replace(own, code=""))
    now = campaign._hashes()
    for changed, other in (
        (f"adaptive/prototypes/{NAME}.py", [True, True]),
        ("adaptive/baselines/adamw.py", [True, True]),
        ("adaptive/stats.py", [True, True]),
        ("adaptive/tasks/noisy_label_digits.py", [True, False]),
        ("adaptive/prototypes/chemotaxis.py", [False, False]),
    ):
        assert changed in now
        monkeypatch.setattr(campaign, "_hashes", lambda changed=changed: {**now, changed: "another"})
        assert [campaign.is_of_other_code(own), campaign.is_of_other_code(plain)] == other, changed


def test_a_file_that_holds_no_findings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with pytest.raises(Unreadable):
        campaign.load(path)
    path.write_text('{"prototype": "x"}\n', encoding="utf-8")
    with pytest.raises(Unreadable, match="does not hold findings"):
        campaign.load(path)


def test_findings_become_evidence_on_the_mapping_that_they_bear_on(
    raced: tuple[Race, tuple[Finding, ...]], tmp_path: Path
) -> None:
    module = load("adaptive.prototypes", NAME, kind="prototype")
    with Store.open(tmp_path / "graph.db") as store:
        assert record_findings(store, raced[1]) == (0, 2)
    with Store.open(tmp_path / "other.db") as store:
        ends = [
            store.add_concept(Concept(kind="mechanism", name=module.MECHANISM)),
            store.add_concept(Concept(kind="technique", name=module.TECHNIQUE)),
        ]
        mapping = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
        assert record_findings(store, raced[1]) == (2, 0)
        before = list(store.results())
        assert record_findings(store, raced[1]) == (2, 0)
        assert list(store.results()) == before, "the same findings twice change nothing"
        verdicts = [one for one in before if one.arm == "verdict"]
    assert [one.mapping for one in verdicts] == [mapping, mapping]
    assert sum(one.arm == CANDIDATE for one in before) == 12


def test_a_run_that_failed_stays_in_the_data(raced: tuple[Race, tuple[Finding, ...]], tmp_path: Path) -> None:
    first = raced[1][0]
    failed = dataclasses.replace(first, values=((CANDIDATE, (math.nan, *first.of(CANDIDATE)[1:])), *first.values[1:]))
    campaign.save([failed], tmp_path / "f.jsonl")
    (again,) = campaign.load(tmp_path / "f.jsonl")
    assert math.isnan(again.of(CANDIDATE)[0])
    assert math.isfinite(again.mean(CANDIDATE))
    assert math.isnan(next(results_of(again)).value)


def test_every_prototype_has_two_tasks_that_it_can_run_on() -> None:
    for name in field.plugins.names(field.PROTOTYPES):
        module = field.candidate(name)
        own, plain = campaign.tasks_of(module)
        assert own != plain
        assert set(field.tasks_of((own, plain), module, name)) == {own, plain}


def test_what_ships_is_whole_and_every_verdict_follows_from_its_numbers() -> None:
    found = campaign.load()
    assert found
    prototypes = {one.prototype for one in found}
    assert prototypes <= set(field.plugins.names(field.PROTOTYPES))
    assert len(found) == 2 * len(prototypes), "each on its own task and on a plain one"
    for one in found:
        assert one.tier == "standard"
        assert len(one.seeds) == 20
        verdict = one.verdict
        if verdict.word in ("better", "worse"):
            main = one.against(verdict.baseline)
            assert main is not None
            assert (main.difference > 0) == (verdict.word == "better")
            assert main.low > 0 or main.high < 0
        for known in one.comparisons:
            mine, theirs = numpy.array(one.of(CANDIDATE)), numpy.array(one.of(known.arm))
            both = numpy.isfinite(mine) & numpy.isfinite(theirs)
            if both.any():
                sign = 1.0 if one.direction == "higher" else -1.0
                assert known.difference == pytest.approx(sign * float((mine - theirs)[both].mean()), abs=1e-5, rel=1e-4)

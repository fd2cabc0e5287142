"""A race is fair, says what happened, and survives being killed."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy
import pytest
import torch

from adaptive import field, stats, sweep, tuning
from adaptive import race as races_of
from adaptive.contest import Contest
from adaptive.journal import Journal, pack, unpack
from adaptive.knobs import Knob
from adaptive.race import CANDIDATE, Race, Run, Trial
from adaptive.standings import COLUMNS, standings, table
from adaptive.tasks import FIRST_EVALUATION_SEED
from kg import plugins
from kg.errors import ExaptError, NotFound, Refused, Unreadable
from tests.adaptive.brief_races import small, variant

# Fairness.


def test_every_arm_lived_the_same_lives(race: Race) -> None:
    for course in race.courses:
        for seed in race.seeds:
            runs = [run for run in race.runs if (run.task, run.seed, run.phase) == (course.name, seed, "evaluation")]
            assert {run.arm for run in runs} == set(race.arms())
            assert len({(run.init_sha256, run.stream_sha256) for run in runs}) == 1


def test_every_tuned_arm_had_the_same_number_of_trials(race: Race) -> None:
    for course in race.courses:
        tunings = [t for t in race.tunings if t.task == course.name]
        assert {t.arm for t in tunings} == {CANDIDATE, "sgd", "adamw", "off"}
        assert len({len(t.trials) for t in tunings}) == 1


def test_tuning_and_evaluation_share_no_seed(race: Race) -> None:
    assert max(race.tuning_seeds) < FIRST_EVALUATION_SEED <= min(race.seeds)


def test_the_first_trial_is_the_defaults_and_the_best_trial_wins(race: Race) -> None:
    for course in race.courses:
        for found in (t for t in race.tunings if t.task == course.name):
            best = (max if course.direction == "higher" else min)(t.value for t in found.trials if math.isfinite(t.value))
            assert next(t for t in found.trials if t.knobs == found.knobs).value == best
        candidate = race.tuning(course.name, CANDIDATE)
        assert candidate is not None
        assert dict(candidate.trials[0].knobs) == {"lr": 0.05, "gain": 0.5}


def test_untuned_controls_live_with_the_candidates_knobs(race: Race) -> None:
    for course in race.courses:
        tuned = race.tuning(course.name, CANDIDATE)
        assert tuned is not None
        for arm in ("yoked", "constant", "shuffled"):
            assert {run.knobs for run in race.evaluations(course.name, arm)} == {tuned.knobs}


def test_yoked_replays_the_response_of_the_next_seed(race: Race) -> None:
    for course in race.courses:
        candidate, yoked = race.evaluations(course.name, CANDIDATE), race.evaluations(course.name, "yoked")
        donors = [*candidate[1:], candidate[0]]
        for run, donor in zip(yoked, donors, strict=True):
            assert run.response == pytest.approx(donor.response)


def test_shuffled_and_constant_keep_the_mean_response(race: Race) -> None:
    donors, shuffles, constants = (race.evaluations(race.courses[0].name, arm) for arm in (CANDIDATE, "shuffled", "constant"))
    for donor, shuffled, constant in zip(donors[1:], shuffles, constants, strict=False):
        assert sorted(shuffled.response) == pytest.approx(sorted(donor.response))
        assert constant.response == pytest.approx([float(numpy.mean(donor.response))] * len(donor.response))


def test_off_does_not_respond(race: Race) -> None:
    assert all(set(run.response) == {0.0} for run in race.evaluations(race.courses[0].name, "off"))


def test_arms_on_different_lives_void_the_race() -> None:
    run = Run(task="t", arm="a", phase="evaluation", seed=100, knobs=(), value=1.0, init_sha256="x", stream_sha256="y")
    sweep.same_for_all([(run, numpy.empty(0)), (dataclasses.replace(run, arm="b"), numpy.empty(0))])
    for change in ({"init_sha256": "z"}, {"stream_sha256": "z"}):
        other = dataclasses.replace(run, arm="b", **change)
        with pytest.raises(ExaptError, match="a and b did not get the same"):
            sweep.same_for_all([(run, numpy.empty(0)), (other, numpy.empty(0))])


def test_a_forward_pass_costs_one_and_a_backward_pass_two(race: Race) -> None:
    assert {run.budget for run in race.runs if run.task == "small_data_digits"} == {12 * 20 * 3.0}


# What a race says.


def test_one_verdict_a_task_with_a_reason(race: Race) -> None:
    assert [verdict.task for verdict in race.verdicts] == [course.name for course in race.courses]
    for verdict in race.verdicts:
        assert verdict.baseline in ("sgd", "adamw")
        assert verdict.reason and math.isfinite(verdict.floor)


def test_p_is_corrected_for_all_comparisons_of_the_race(race: Race) -> None:
    assert len(race.comparisons) == len(race.courses) * (len(race.arms()) - 1)
    assert tuple(c.p_holm for c in race.comparisons) == stats.holm([c.p for c in race.comparisons])


def test_a_placebo_wins_nothing(follower: str, tmp_path: Path) -> None:
    placebo = variant(follower, tmp_path / "placebo.py", ("min(self.sensed, 3.0)", "0.0"))
    race = small(placebo, tmp_path / "races", seeds=6, steps=40)
    off = next(c for c in race.comparisons if c.arm == "off")
    assert (off.difference, off.p, off.chance) == (0.0, 1.0, 0.5)
    assert race.verdicts[0].word != "better"


def test_the_table_has_a_row_an_arm(race: Race) -> None:
    rows = table(race, "small_data_digits")
    assert [row["arm"] for row in rows] == ["follower", "sgd", "adamw", "off", "bare", "yoked", "constant", "shuffled"]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert all(s.low <= s.mean <= s.high for s in standings(race, "small_data_digits"))


def test_a_race_comes_back_as_it_was_written(race: Race, races: Path) -> None:
    assert races_of.as_json(races_of.load(races / race.key)) == races_of.as_json(race)
    assert isinstance(races_of.load(races / race.key / "race.json"), Race)


def test_numbers_that_json_lacks_survive() -> None:
    run = Run(task="t", arm="a", phase="evaluation", seed=1, knobs=(("lr", math.inf),), value=math.nan, note="x")
    back = races_of.from_json(Run, json.loads(json.dumps(races_of.as_json(run), allow_nan=False)))
    assert math.isnan(back.value) and back.knobs == (("lr", math.inf),)


def test_what_is_not_a_race_is_said_to_be_none(tmp_path: Path) -> None:
    for text in ("", "[1, 2]", "{}", '{"key": 3}'):
        (tmp_path / "race.json").write_text(text)
        with pytest.raises(Unreadable):
            races_of.load(tmp_path)
    with pytest.raises(Unreadable):
        races_of.load(tmp_path / "nothing")


# Failures stay.


def test_a_candidate_that_raises_is_not_run_to_the_end(follower: str, tmp_path: Path) -> None:
    limit = "self.steps += 1\n        assert self.steps < 5, 'too much'\n"
    broken = variant(follower, tmp_path / "broken.py", ("self.steps += 1\n", limit))
    race = small(broken, tmp_path / "races")
    assert race.verdicts[0].word == "not run to the end"
    runs = race.evaluations("small_data_digits", CANDIDATE)
    assert all(math.isnan(run.value) and run.note == "AssertionError: too much" for run in runs)
    assert table(race, "small_data_digits")[0]["failed"] == "3 of 3"
    assert all(math.isfinite(run.value) for run in race.evaluations("small_data_digits", "sgd"))


def test_a_candidate_that_diverges_is_not_run_to_the_end(follower: str, tmp_path: Path) -> None:
    wild = variant(follower, tmp_path / "wild.py", ("Knob(0.05, 0.005, 0.5", "Knob(1e30, 1e30, 1e31"))
    race = small(wild, tmp_path / "races")
    assert race.verdicts[0].word == "not run to the end"
    assert "the loss is" in race.evaluations("small_data_digits", CANDIDATE)[0].note


@pytest.mark.parametrize(("lost", "word"), [(1, "no difference shown"), (0, "worse"), (15, "better")])
def test_a_baseline_that_failed_once_is_not_the_best_but_still_stands_in_the_way(follower: str, lost: int, word: str) -> None:
    task, module, baselines = "small_data_digits", field.candidate(follower), ("sgd", "adamw")
    arms = field.arms_of(follower, module, baselines, ())
    tasks = field.tasks_of((task,), module, follower)
    contest = Contest(follower, module, tasks, arms, {task: baselines}, seeds=20, trials=1, tier="quick")
    generator = numpy.random.default_rng(0)
    luck = 0.7 + 0.05 * generator.normal(size=20)
    lives = {arm: luck + by + 0.005 * generator.normal(size=20) for arm, by in ((CANDIDATE, 0.05), ("sgd", 0.0), ("adamw", 0.08))}
    lives["adamw"][:lost] = math.nan
    done = [
        (Run(task=task, arm=arm, phase="evaluation", seed=seed, knobs=(), value=float(value)), numpy.empty(0))
        for arm, values in lives.items()
        for seed, value in zip(contest.seeds, values, strict=True)
    ]
    best = contest.best_baseline(task, done)
    assert best == ("sgd" if lost else "adamw")
    again = [
        dataclasses.replace(run, phase="noise", value=run.value + 1e-4 * (run.seed % 3)) for run, _ in done if run.arm == best
    ]
    _, (verdict,) = contest.judge([*(run for run, _ in done), *again], {task: best}, {task: 0.5})
    assert verdict.word == word, verdict.reason
    assert ("adamw, which failed on 1 of 20 seeds, does better on the others" in verdict.reason) == (lost == 1)


# Refusals.


def test_a_prototype_that_needs_labels_cannot_race_on_regression(follower: str, tmp_path: Path) -> None:
    needy = variant(follower, tmp_path / "needy.py", ("KNOBS = {", 'NEEDS = ("labels",)\nKNOBS = {'))
    with pytest.raises(Refused, match=r"needs labels, which task slow_regression does not reveal; it can race on "):
        small(needy, tmp_path / "races", tasks=("slow_regression",))
    assert not (tmp_path / "races").exists()


def test_unknown_names_list_what_exists(follower: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="slow_regression"):
        small(follower, tmp_path, tasks=("no_such_task",))
    with pytest.raises(NotFound):
        small("no_such_prototype", tmp_path)
    with pytest.raises(NotFound):
        small(str(tmp_path / "absent.py"), tmp_path)
    with pytest.raises(NotFound, match="adamw"):
        small(follower, tmp_path, baselines=("nothing",))


def test_numbers_that_make_no_race_are_refused(follower: str, tmp_path: Path) -> None:
    for options in ({"seeds": 1}, {"trials": 0}, {"steps": 0}, {"tier": "slow"}):
        with pytest.raises(Refused):
            small(follower, tmp_path, **options)


def test_a_file_that_is_no_prototype_is_unreadable(tmp_path: Path) -> None:
    for text in ("x = 1\n", "this is not Python\n", "raise ValueError('no')\n"):
        (tmp_path / "bad.py").write_text(text)
        with pytest.raises(Unreadable):
            small(str(tmp_path / "bad.py"), tmp_path)


# The journal and the search.


def test_a_trajectory_is_kept_exactly() -> None:
    for values in (numpy.array([0.1, -2.0, 1e-300]), numpy.arange(6.0).reshape(3, 2), numpy.empty(0)):
        assert numpy.array_equal(unpack(pack(values)), values)


def test_a_line_that_is_no_run_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text('{"key": "a"}\nrubbish\n[]\n{"key": ', encoding="utf-8")
    journal = Journal(tmp_path)
    run = Run(task="t", arm="a", phase="evaluation", seed=1, knobs=(("lr", 0.1),), value=1.0)
    journal.add("k", (run, numpy.array([1.0])))
    again = Journal(tmp_path)
    assert "k" in again and "a" not in again
    assert again["k"][0] == run


SPACE = {"lr": Knob(0.01, 1e-3, 1.0, log=True), "momentum": Knob(0.9, 0.0, 0.95, most=1.0)}


def test_a_first_look_is_spread_over_the_ranges() -> None:
    looks = tuning.first_look(SPACE, trials=33, task="digits")
    assert looks == tuning.first_look(SPACE, trials=33, task="digits")
    assert dict(looks[0]) == {"lr": 0.01, "momentum": 0.9}
    rates = sorted(dict(look)["lr"] for look in looks[1:])
    assert all(1e-3 <= rate <= 1.0 for rate in rates)
    # Log-uniform: a third of the points in each decade.
    assert all(8 <= sum(10**d <= rate < 10 ** (d + 1) for rate in rates) <= 13 for d in (-3, -2, -1))


def test_a_range_is_widened_where_its_best_value_lies_at_the_edge() -> None:
    trials = tuple(Trial(knobs=(("lr", lr), ("momentum", 0.94)), value=lr) for lr in (0.01, 0.1, 0.9))
    best = tuning.best_of(trials, direction="higher")
    assert tuning.at_edge(SPACE, best.knobs, trials) == ("lr",)
    assert tuning.at_edge(SPACE, tuning.best_of(trials[:2], direction="higher").knobs, trials[:2]) == ()
    further = tuning.second_look(SPACE, best.knobs, ("lr",), trials=6, task="digits", after=2)
    assert all(dict(look)["lr"] > 0.9 and dict(look)["momentum"] <= 1.0 for look in further)
    assert max(dict(look)["lr"] for look in further) > 1.0
    for rate, flagged in ((5.0, ("lr",)), (1.1, ())):
        setting = (("lr", rate), ("momentum", 0.5))
        assert tuning.still_at_edge(SPACE, setting, first=best.knobs, edges=("lr",)) == flagged


def test_a_setting_that_failed_is_never_the_best() -> None:
    good, bad = Trial(knobs=(("lr", 1.0),), value=-1e9), Trial(knobs=(("lr", 2.0),), value=math.nan, failures=1)
    assert tuning.best_of([bad, good], direction="higher") is good
    assert tuning.best_of([bad, good], direction="lower") is good


def test_baselines_and_controls_are_as_their_folders_promise() -> None:
    for name in plugins.names("adaptive.baselines"):
        baseline = plugins.load("adaptive.baselines", name)
        weights = [torch.nn.Parameter(torch.ones(2))]
        assert "lr" in baseline.KNOBS and baseline.DESCRIPTION
        built = baseline.build(weights, **{knob: value.default for knob, value in baseline.KNOBS.items()})
        assert isinstance(built, torch.optim.Optimizer)
    for name in plugins.names("adaptive.controls"):
        control = plugins.load("adaptive.controls", name)
        options = control.options(numpy.array([1.0, 3.0]), numpy.random.default_rng(0))
        assert control.DESCRIPTION and set(options) <= {"mechanism", "replay", "constant"} and len(options) == 1

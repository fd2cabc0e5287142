"""Time to target: from curves whose answer is known, through a real race, to the page."""

from __future__ import annotations

import dataclasses
import math

import pytest

from adaptive import report
from adaptive.race import CANDIDATE, Race
from adaptive.time_to_target import target

TASK = "small_data_digits"


@pytest.fixture
def known(race: Race) -> Race:
    """``race`` with curves of ten checkpoints: adamw ends best, at 0.8, sgd at 0.7, the candidate is there at three tenths."""
    curves = {
        "adamw": tuple(0.08 * step for step in range(1, 11)),
        "sgd": tuple(0.07 * step for step in range(1, 11)),
        CANDIDATE: (0.1, 0.5, *(0.85,) * 8),
    }
    runs = [
        dataclasses.replace(run, curve=curves[run.arm], value=curves[run.arm][-1])
        for run in race.runs
        if run.task == TASK and run.phase == "evaluation" and run.arm in curves
    ]
    return dataclasses.replace(race, runs=tuple(runs))


def test_the_target_is_the_best_ordinary_optimizers_median_and_the_first_checkpoint_counts(known: Race) -> None:
    goal = target(known, TASK)
    assert goal is not None
    assert (goal.arm, goal.value, goal.every) == ("adamw", pytest.approx(0.8), pytest.approx(0.1))
    times = {time.arm: time for time in goal.times}
    assert times[CANDIDATE].median == pytest.approx(0.3) and times[CANDIDATE].reached == 1.0
    assert (times[CANDIDATE].low, times[CANDIDATE].high) == (pytest.approx(0.3), pytest.approx(0.3))
    assert times["adamw"].median == pytest.approx(1.0)
    assert times["sgd"].reached == 0.0 and math.isinf(times["sgd"].median) and math.isinf(times["sgd"].low)


def test_the_last_look_at_the_end_of_a_life_is_no_checkpoint_more(race: Race) -> None:
    runs = [
        dataclasses.replace(run, curve=(*(0.04 * step for step in range(1, 21)), 0.8), value=0.8)
        for run in race.runs
        if run.task == TASK and run.phase == "evaluation" and run.arm in (CANDIDATE, "adamw")
    ]
    goal = target(dataclasses.replace(race, runs=tuple(runs)), TASK)
    assert goal is not None and goal.every == pytest.approx(0.05)
    assert {time.median for time in goal.times} == {1.0}


def test_the_candidate_cannot_move_its_own_target(known: Race) -> None:
    better = [dataclasses.replace(run, value=0.99) if run.arm == CANDIDATE else run for run in known.runs]
    goal = target(dataclasses.replace(known, runs=tuple(better)), TASK)
    assert goal is not None and goal.value == pytest.approx(0.8)


def test_runs_that_failed_never_arrive(known: Race) -> None:
    mine = [run for run in known.runs if run.arm == CANDIDATE]
    failed = {run.seed for run in mine[: len(mine) // 2 + 1]}
    runs = [
        dataclasses.replace(run, curve=(), value=math.nan) if run.arm == CANDIDATE and run.seed in failed else run
        for run in known.runs
    ]
    goal = target(dataclasses.replace(known, runs=tuple(runs)), TASK)
    assert goal is not None
    mine_now = next(time for time in goal.times if time.arm == CANDIDATE)
    assert mine_now.reached == pytest.approx(1 - len(failed) / len(mine)) and math.isinf(mine_now.median)


def test_where_lower_is_better_the_target_is_reached_from_above(known: Race) -> None:
    courses = tuple(dataclasses.replace(course, direction="lower") for course in known.courses)
    falling = [dataclasses.replace(run, curve=tuple(1 - score for score in run.curve), value=1 - run.value) for run in known.runs]
    goal = target(dataclasses.replace(known, courses=courses, runs=tuple(falling)), TASK)
    assert goal is not None and goal.arm == "adamw" and goal.value == pytest.approx(0.2)
    assert next(time for time in goal.times if time.arm == CANDIDATE).median == pytest.approx(0.3)


def test_a_stream_and_a_race_without_ordinary_optimizers_have_none(known: Race) -> None:
    named = tuple(dataclasses.replace(course, name="label_swap_digits") for course in known.courses)
    moved = tuple(dataclasses.replace(run, task="label_swap_digits") for run in known.runs)
    assert target(dataclasses.replace(known, courses=named, runs=moved), "label_swap_digits") is None
    alone = tuple(run for run in known.runs if run.arm == CANDIDATE)
    assert target(dataclasses.replace(known, runs=alone), TASK) is None


def test_the_page_tells_it(known: Race, race: Race) -> None:
    page = report.html(known)
    assert "Time to target" in page and "more than all" in page and "the median" in page
    assert "Time to target" in report.html(race)

"""What the report draws of a mechanism: sensed, response, and the quantity acted on, in the units of the base step."""

from __future__ import annotations

import dataclasses

import numpy
import pytest

from adaptive import parts, report, trajectories
from adaptive.prototypes import heat_shock_regularization, neuromodulated_rate
from adaptive.race import CANDIDATE, Race

TASK = "small_data_digits"


def with_response(race: Race, prototype: str, knobs: dict[str, float]) -> Race:
    runs = [
        dataclasses.replace(run, response=(0.0, 0.5, 1.0), sensed=(1.0, 2.0, 3.0), knobs=tuple(knobs.items()))
        for run in race.runs
        if run.task == TASK and run.arm == CANDIDATE and run.phase == "evaluation"
    ]
    return dataclasses.replace(race, prototype=prototype, runs=tuple(runs))


def test_a_learning_rate_under_control_is_told_as_a_learning_rate(race: Race) -> None:
    assert neuromodulated_rate.SPEC.act == "learning_rate"
    known = with_response(race, "neuromodulated_rate", {"lr": 0.1, "act_gain": 0.7})
    sensed, response, acted = trajectories.trajectories(known, TASK)
    assert (sensed.name, response.name, acted.name) == ("sensed", "response", "learning rate")
    assert acted.values[0].tolist() == pytest.approx([0.1, 0.1 * numpy.exp(0.35), 0.1 * numpy.exp(0.7)])
    assert parts.part("act", "learning_rate").EQUATION in acted.caption


def test_a_weight_decay_under_control_adds_to_the_base_steps(race: Race) -> None:
    assert heat_shock_regularization.SPEC.act == "weight_decay"
    known = with_response(race, "heat_shock_regularization", {"lr": 0.1, "weight_decay": 0.01, "act_gain": 0.2})
    acted = trajectories.trajectories(known, TASK)[-1]
    assert acted.name == "weight decay"
    assert acted.values[0].tolist() == pytest.approx([0.01, 0.11, 0.21])


def test_where_the_change_needs_more_than_the_response_its_strength_is_told(race: Race) -> None:
    known = with_response(race, "partial_forgetting", {"lr": 0.1, "act_gain": 0.2})
    acted = trajectories.trajectories(known, TASK)[-1]
    assert acted.name == "gain × response" and acted.values[0].tolist() == pytest.approx([0.0, 0.1, 0.2])


def test_a_file_of_the_users_own_and_code_of_its_own_tell_what_they_told(race: Race) -> None:
    for name in ("mine.py", "homeostatic_learning_rate"):
        known = with_response(race, name, {"lr": 0.1})
        assert [one.name for one in trajectories.trajectories(known, TASK)] == ["sensed", "response"]
    silent = dataclasses.replace(known, runs=tuple(dataclasses.replace(r, response=(), sensed=()) for r in known.runs))
    assert trajectories.trajectories(silent, TASK) == ()


def test_runs_that_failed_early_are_not_drawn() -> None:
    assert trajectories.aligned([(1.0, 2.0, 3.0), (1.0,), ()]).tolist() == [[1.0, 2.0, 3.0]]
    assert trajectories.aligned([]).size == 0


def test_the_page_draws_what_was_acted_on(race: Race) -> None:
    known = with_response(race, "heat_shock_regularization", {"lr": 0.1, "weight_decay": 0.01, "act_gain": 0.2})
    page = report.html(known)
    assert "weight decay of the candidate" in page and "sensed of the candidate" in page
    assert "weight decay of the candidate" not in report.html(race), "a file of the user's own"

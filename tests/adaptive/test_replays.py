"""Controls that would live the candidate's own life are lived to make sure of it, and then no more."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy
import pytest

from adaptive import replays
from adaptive.race import CANDIDATE, Race
from adaptive.standings import standings
from tests.adaptive.brief_races import small, variant

REPLAYS = ("yoked", "constant", "shuffled")
ALWAYS = ("min(self.sensed, 3.0)", "0.25")
NOT_AS_TOLD = ("self.replay[self.steps] if", "2 * self.replay[self.steps] if")


def lived(race: Race, folder: Path, arm: str) -> int:
    lines = (folder / race.key / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    runs = [json.loads(line)["run"] for line in lines]
    return sum((run["arm"], run["phase"]) == (arm, "evaluation") for run in runs)


def values(race: Race, arm: str) -> list[float]:
    return [run.value for run in race.evaluations("small_data_digits", arm)]


def test_a_response_that_never_varies_is_replayed_twice_and_then_taken_over(follower: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    alike = variant(follower, tmp_path / "alike.py", ALWAYS)
    race = small(alike, tmp_path, seeds=5, progress=lambda done, expected, message: told.append((done, expected)))
    candidate = race.evaluations("small_data_digits", CANDIDATE)
    for arm in REPLAYS:
        assert lived(race, tmp_path, arm) == 2
        again = race.evaluations("small_data_digits", arm)
        assert [(run.seed, run.value, run.curve, run.budget) for run in again] == [
            (run.seed, run.value, run.curve, run.budget) for run in candidate
        ]
        assert [run.seconds > 0 for run in again] == [True, True, False, False, False]
    assert lived(race, tmp_path, "bare") == 5 and values(race, "bare") != values(race, CANDIDATE)
    assert told[-1][0] == told[-1][1]
    assert all(row.seconds > 0 for row in standings(race, "small_data_digits") if row.arm in REPLAYS)


def test_a_response_that_varies_is_replayed_on_every_seed(follower: str, tmp_path: Path) -> None:
    race = small(follower, tmp_path, seeds=5)
    assert [lived(race, tmp_path, arm) for arm in REPLAYS] == [5, 5, 5]


def test_who_does_not_replay_as_told_is_not_taken_at_its_word(follower: str, tmp_path: Path) -> None:
    race = small(variant(follower, tmp_path / "other.py", ALWAYS, NOT_AS_TOLD), tmp_path, seeds=5)
    assert [lived(race, tmp_path, arm) for arm in REPLAYS] == [5, 2, 5]
    assert all(math.isfinite(value) for value in values(race, "yoked"))
    assert values(race, "yoked") != values(race, CANDIDATE) == values(race, "constant")


@pytest.mark.parametrize(
    ("options", "own"),
    [
        ({"replay": [0.5, 0.5]}, True),
        ({"constant": 0.5}, True),
        ({"replay": [0.5, 0.25]}, False),
        ({"replay": [0.5]}, False),
        ({"constant": 0.25}, False),
        ({"mechanism": "off"}, False),
        ({}, False),
    ],
)
def test_what_is_told_is_compared_with_what_was(options: dict[str, object], own: bool) -> None:
    assert replays.is_own(options, numpy.array([0.5, 0.5])) is own
    assert not replays.is_own(options, numpy.empty(0))


def test_a_response_of_every_tensor_is_compared_tensor_by_tensor() -> None:
    responses = numpy.array([[0.5, 1.0], [0.5, 1.0]])
    assert replays.is_own({"replay": responses.tolist()}, responses)
    assert not replays.is_own({"constant": 0.75}, responses)

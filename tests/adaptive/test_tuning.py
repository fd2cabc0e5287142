"""The ladder of tuning: who goes on, and that nobody's best setting falls off it."""

from __future__ import annotations

import math

import pytest

from adaptive import tuning
from adaptive.race import Trial


def settings(count: int) -> tuple[tuple[tuple[str, float], ...], ...]:
    return tuple((("lr", float(number)),) for number in range(count))


def test_two_seeds_are_one_rung_and_five_are_four() -> None:
    assert tuning.rungs((0, 1)) == ((0, 1),)
    assert tuning.rungs((0, 1, 2, 3, 4)) == ((0,), (1,), (2,), (3, 4))


@pytest.mark.parametrize(("trials", "keep", "lives"), [(16, 1, 16 + 8 + 4 + 2 * 2), (8, 0, 8 + 4 + 2 + 2), (3, 1, 3 + 2 + 2 + 4)])
def test_how_many_lives_the_ladder_takes(trials: int, keep: int, lives: int) -> None:
    assert tuning.lives(trials, (0, 1, 2, 3, 4), keep=keep) == lives
    assert tuning.lives(trials, (0, 1), keep=keep) == 2 * trials


def test_the_better_half_goes_on_and_the_defaults_stay_whatever_they_did() -> None:
    tried, values = settings(6), [[0.1], [0.9], [math.nan], [0.5], [0.7], [0.3]]
    assert tuning.better_half(tried, values, direction="higher", keep=1) == (tried[0], tried[1], tried[4])
    assert tuning.better_half(tried, values, direction="lower", keep=0) == (tried[0], tried[3], tried[5])


@pytest.mark.parametrize("count", [2, 3, 4, 16])
def test_the_best_setting_reaches_the_end_beside_the_defaults(count: int) -> None:
    going = settings(count)
    best = going[-1]
    for _ in range(3):
        values = [[1.0 if knobs == best else 0.5 - 0.01 * knobs[0][1]] for knobs in going]
        going = tuning.better_half(going, values, direction="higher", keep=1)
    assert going == (settings(count)[0], best)


def test_the_best_trial_is_one_of_those_that_lived_longest() -> None:
    short, long = Trial(knobs=(("lr", 1.0),), value=0.99, lives=1), Trial(knobs=(("lr", 2.0),), value=0.8, lives=5)
    failed = Trial(knobs=(("lr", 3.0),), value=math.nan, failures=1, lives=5)
    assert tuning.best_of((short, long, failed), direction="higher") == long
    assert tuning.best_of((short, failed), direction="higher") == short

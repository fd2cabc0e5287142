"""The ladder of tuning: who goes on, and that nobody's best setting falls off it."""

from __future__ import annotations

import math

import pytest

from adaptive import tuning
from adaptive.knobs import Knob
from adaptive.race import Knobs, Trial


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


SPACE = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "momentum": Knob(0.9, 0.0, 0.95, most=1.0),
    "gain": Knob(0.5, -1.5, 1.5, least=-10.0, most=10.0),
    "share": Knob(0.5, 0.01, 1.0, log=True, most=1.0),
}


def at(**values: float) -> Knobs:
    """A setting in the middle of every range, but for ``values``."""
    return tuple(({"lr": 0.03, "momentum": 0.5, "gain": 0.0, "share": 0.1} | values).items())


@pytest.mark.parametrize(
    ("name", "value", "flagged"),
    [
        ("lr", 0.9, True), ("lr", 0.0011, True), ("lr", 0.4, False),
        ("momentum", 0.93, True), ("momentum", 0.0, False), ("momentum", 0.8, False),
        ("gain", 1.4, True), ("gain", -1.4, True), ("gain", 1.1, False),
        ("share", 0.99, False), ("share", 0.011, True),
    ],
)  # fmt: skip
def test_a_best_value_near_the_end_of_a_range_is_flagged_unless_nothing_lies_beyond(
    name: str, value: float, flagged: bool
) -> None:
    best = at(**{name: value})
    assert tuning.still_at_edge(SPACE, best, first=best) == ((name,) if flagged else ())


def test_a_second_look_that_ends_at_the_end_of_a_range_is_flagged_though_the_first_did_not() -> None:
    first = at(lr=SPACE["lr"].at(0.85))
    assert tuning.still_at_edge(SPACE, first, first=first) == ()
    assert tuning.still_at_edge(SPACE, at(lr=1.0), first=first) == ("lr",)


def test_a_range_that_was_widened_is_flagged_by_its_new_end() -> None:
    first = at(lr=SPACE["lr"].at(0.95))
    inside, beyond = at(lr=SPACE["lr"].at(1.05)), at(lr=SPACE["lr"].at(1.15))
    assert tuning.still_at_edge(SPACE, inside, first=first, edges=("lr",)) == ()
    assert tuning.still_at_edge(SPACE, beyond, first=first, edges=("lr",)) == ("lr",)
    low = at(lr=SPACE["lr"].at(0.05))
    assert tuning.still_at_edge(SPACE, at(lr=SPACE["lr"].at(-0.15)), first=low, edges=("lr",)) == ("lr",)
    assert tuning.still_at_edge(SPACE, low, first=low, edges=("lr",)) == ()
    whole = at(share=0.98)
    assert tuning.still_at_edge(SPACE, at(share=1.0), first=whole, edges=("share",)) == (), "a share of 1 is all there is"


def test_a_neutral_default_outside_its_range_is_the_end_of_what_there_is() -> None:
    space = {"decay": Knob(0.0, 1e-6, 1e-2, log=True)}
    none = (("decay", 0.0),)
    assert tuning.still_at_edge(space, none, first=none, edges=("decay",)) == ()
    assert tuning.still_at_edge(space, (("decay", 1e-4),), first=none, edges=("decay",)) == ()

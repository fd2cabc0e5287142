"""Known answers, laws, and how often luck is mistaken for a gain."""

import itertools
import math

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptive import stats
from adaptive.race import VALUE_OF, Comparison, Verdict

NUMBERS = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


def generator(seed: int = 0) -> numpy.random.Generator:
    return numpy.random.default_rng(seed)


def compared(
    mine: numpy.ndarray, theirs: numpy.ndarray, *, direction: str = "higher", arm: str = "sgd", resamples: int = 2000
) -> Comparison:
    return stats.compare(mine, theirs, task="t", arm=arm, direction=direction, generator=generator(), resamples=resamples)


def judged(candidate: numpy.ndarray, arms: dict[str, numpy.ndarray], floor: float, *, resamples: int = 2000) -> Verdict:
    """The verdict on a task on which higher is better and the baseline is called sgd."""
    plain = [compared(candidate, values, arm=arm, resamples=resamples) for arm, values in arms.items()]
    comparisons = {c.arm: c for c in stats.adjusted(plain)}
    failures = int((~numpy.isfinite(candidate)).sum())
    return stats.judge(
        "t",
        comparisons=comparisons,
        baseline="sgd",
        controls=("off", "yoked"),
        floor=floor,
        failures=failures,
        seeds=len(candidate),
    )


def test_iqm_is_the_mean_of_the_middle_half() -> None:
    assert float(stats.iqm([1.0, 2.0, 3.0, 1000.0])) == 2.5
    assert stats.iqm(numpy.arange(16.0).reshape(2, 8)).tolist() == [3.5, 11.5]


def test_holm_by_hand() -> None:
    assert stats.holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx((0.04, 0.09, 0.09, 0.5))
    assert stats.holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_raises_and_keeps_the_order(values: list[float]) -> None:
    adjusted = stats.holm(values)
    assert all(p <= a <= 1 for p, a in zip(values, adjusted, strict=True))
    assert adjusted == tuple(sorted(adjusted)) or sorted(range(len(values)), key=lambda i: values[i]) == sorted(
        range(len(values)), key=lambda i: (adjusted[i], values[i])
    )


def test_sign_flip_of_few_pairs_is_exact() -> None:
    # All 32 patterns of five equal differences: only all plus and all minus reach the observed mean.
    assert stats.sign_flip([1.0] * 5, generator()) == pytest.approx(2 / 32)


def test_sign_flip_agrees_with_every_pattern_counted() -> None:
    numbers = generator(3).normal(0.4, 1.0, 10)
    patterns = [abs(numpy.dot(signs, numbers)) for signs in itertools.product((1, -1), repeat=10)]
    expected = numpy.mean([value >= abs(numbers.sum()) - 1e-9 for value in patterns])
    assert stats.sign_flip(numbers, generator()) == pytest.approx(expected)


def test_sampled_sign_flip_is_near_the_exact_one_and_never_zero() -> None:
    assert stats.sign_flip([1.0] * 40, generator()) == pytest.approx(1 / 10_001)
    assert stats.sign_flip([1.0, -1.0] * 20, generator()) == 1.0


@given(NUMBERS, st.floats(-5, 5))
@settings(max_examples=40, deadline=None)
def test_shifting_both_arms_alike_changes_nothing(values: list[float], shift: float) -> None:
    mine = numpy.asarray(values)
    theirs = mine[::-1].copy()
    a, b = compared(mine, theirs, resamples=200), compared(mine + shift, theirs + shift, resamples=200)
    assert a.difference == pytest.approx(b.difference, abs=1e-9)
    assert a.low == pytest.approx(b.low, abs=1e-6)
    assert a.high == pytest.approx(b.high, abs=1e-6)


@given(NUMBERS)
@settings(max_examples=40, deadline=None)
def test_lower_is_better_turns_every_sign(values: list[float]) -> None:
    mine, theirs = numpy.asarray(values), numpy.asarray(values[::-1]) + 1.0
    up, down = compared(mine, theirs, resamples=200), compared(-mine, -theirs, direction="lower", resamples=200)
    assert (up.difference, up.low, up.high, up.p, up.chance) == (down.difference, down.low, down.high, down.p, down.chance)


@given(NUMBERS)
@settings(max_examples=30, deadline=None)
def test_an_arm_against_itself_shows_nothing(values: list[float]) -> None:
    same = compared(numpy.asarray(values), numpy.asarray(values), resamples=100)
    assert (same.difference, same.low, same.high, same.p, same.chance) == (0, 0, 0, 1, 0.5)


def test_failed_seeds_are_left_out_of_the_pairs() -> None:
    mine, theirs = numpy.array([1.0, math.nan, 3.0, 5.0]), numpy.array([0.0, 0.0, math.nan, 3.0])
    both = compared(mine, theirs)
    assert (both.seeds, both.difference) == (2, 1.5)


def test_no_pair_at_all_is_no_error() -> None:
    nothing = compared(numpy.array([math.nan]), numpy.array([1.0]))
    assert nothing.seeds == 0 and nothing.p == 1.0 and math.isnan(nothing.difference)


def test_the_same_numbers_give_the_same_answer() -> None:
    mine, theirs = generator(1).normal(size=20), generator(2).normal(size=20)
    assert compared(mine, theirs) == compared(mine, theirs)


def test_noise_floor_is_the_deviation_of_a_mean_difference() -> None:
    first, second = generator(1).normal(size=400), generator(2).normal(size=400)
    assert stats.noise_floor(first, second) == pytest.approx(math.sqrt(2 / 400), rel=0.1)
    assert math.isnan(stats.noise_floor([1.0], [2.0]))


def field(
    seed: int, *, seeds: int = 20, gain: float = 0.0, own: float = 1.0
) -> tuple[numpy.ndarray, dict[str, numpy.ndarray], float]:
    """A synthetic race: arms share what a seed is like and add noise of their own; the candidate gains ``gain``."""
    draws = generator(seed)
    shared = draws.normal(0, 3, seeds)
    arms = {name: shared + draws.normal(0, own, seeds) for name in ("sgd", "off", "yoked")}
    floor = stats.noise_floor(arms["sgd"], shared + draws.normal(0, own, seeds))
    return shared + gain + draws.normal(0, own, seeds), arms, floor


def test_a_planted_winner_is_found() -> None:
    found = [judged(*field(seed, gain=2.0)).word for seed in range(30)]
    assert found.count("better") >= 28
    assert "worse" not in found


def test_a_planted_loser_is_found() -> None:
    found = [judged(*field(seed, gain=-2.0)).word for seed in range(30)]
    assert found.count("worse") >= 28


def test_a_placebo_seldom_looks_better_or_worse() -> None:
    words = [judged(*field(seed), resamples=500).word for seed in range(400)]
    assert words.count("better") <= 0.05 / 2 * 400
    assert words.count("worse") <= 0.05 * 400


def test_one_comparison_alone_keeps_its_level() -> None:
    rejected = 0
    for seed in range(400):
        candidate, arms, _ = field(seed)
        rejected += stats.sign_flip(candidate - arms["sgd"], generator(seed), resamples=500) < 0.05
    # Nominal 20 of 400; 33 is three standard deviations above it.
    assert rejected <= 33


def test_a_gain_over_baselines_that_a_control_shares_is_none() -> None:
    candidate, arms, floor = field(1, gain=3.0)
    arms["yoked"] = candidate + generator(9).normal(0, 1.0, len(candidate))
    verdict = judged(candidate, arms, floor)
    assert verdict.word == "no difference shown"
    assert "yoked" in verdict.reason


def test_a_sure_gain_below_the_noise_floor_is_none() -> None:
    candidate, arms, _ = field(1, gain=1.0, own=0.01)
    assert judged(candidate, arms, 0.01).word == "better"
    verdict = judged(candidate, arms, 0.8)
    assert verdict.word == "no difference shown"
    assert "noise floor" in verdict.reason


def test_a_candidate_that_failed_is_said_to_have_failed() -> None:
    candidate, arms, floor = field(1, gain=3.0)
    candidate[4] = math.nan
    verdict = judged(candidate, arms, floor)
    assert verdict.word == "not run to the end"
    assert "1 of 20" in verdict.reason


def test_too_few_seeds_decide_nothing() -> None:
    candidate, arms, floor = field(1, seeds=4, gain=50.0)
    verdict = judged(candidate, arms, floor)
    assert verdict.word == "no difference shown"
    assert "only 4" in verdict.reason


def test_every_word_has_a_value() -> None:
    assert (VALUE_OF["better"], VALUE_OF["worse"], VALUE_OF["no difference shown"]) == (1.0, -1.0, 0.0)
    assert math.isnan(VALUE_OF["not run to the end"])

"""Known answers, laws, and how often luck is mistaken for a gain."""

import itertools
import math
import tracemalloc
from collections.abc import Sequence

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptive import stats
from adaptive.race import VALUE_OF, Comparison, Verdict
from kg import plugins

NUMBERS = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


def generator(seed: int = 0) -> numpy.random.Generator:
    return numpy.random.default_rng(seed)


def compared(
    mine: numpy.ndarray, theirs: numpy.ndarray, *, direction: str = "higher", arm: str = "sgd", resamples: int = 2000
) -> Comparison:
    return stats.compare(mine, theirs, task="t", arm=arm, direction=direction, generator=generator(), resamples=resamples)


def judged(
    candidate: numpy.ndarray,
    arms: dict[str, numpy.ndarray],
    floor: float,
    *,
    resamples: int = 2000,
    controls: Sequence[str] = ("off", "yoked"),
    spent: float = math.nan,
    baselines: Sequence[str] = (),
) -> Verdict:
    """The verdict on a task on which higher is better and the baseline is called sgd."""
    plain = [compared(candidate, values, arm=arm, resamples=resamples) for arm, values in arms.items()]
    comparisons = {c.arm: c for c in stats.adjusted(plain)}
    failures = int((~numpy.isfinite(candidate)).sum())
    return stats.judge(
        "t",
        comparisons=comparisons,
        baseline="sgd",
        controls=controls,
        floor=floor,
        failures=failures,
        seeds=len(candidate),
        baselines=baselines,
        spent=spent,
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


@pytest.mark.parametrize("count", [1, 2, 7, 14, 17])
def test_halves_that_meet_count_what_listing_every_pattern_counts(count: int) -> None:
    # Whole numbers tie often, and every tie is at least as far.
    for numbers in (generator(count).normal(0.2, 1.0, count), generator(count).integers(-2, 3, count).astype(float)):
        signs = 1 - 2 * ((numpy.arange(2**count)[:, None] >> numpy.arange(count)) & 1)
        expected = (numpy.abs(signs @ numbers) >= abs(numbers.sum()) - 1e-9).mean()
        assert stats.sign_flip(numbers, generator()) == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize("seeds", [20, 30])
def test_a_sure_gain_is_shown_however_many_comparisons_there_are(seeds: int) -> None:
    p = stats.sign_flip(generator(1).normal(5.0, 1.0, seeds), generator())
    assert p == 2 / 2**seeds, "every pair says the same"
    assert stats.holm([p] * 5000)[0] < stats.LEVEL


def test_a_family_of_comparisons_has_the_patterns_that_its_correction_needs() -> None:
    gains = numpy.ones(60)
    for family in (1, 463, 2000):
        p = stats.sign_flip(gains, generator(), family=family)
        assert stats.holm([p] * family)[0] <= stats.LEVEL / stats.PATTERNS


def test_drawn_patterns_take_little_memory() -> None:
    gains = generator().normal(0.3, 1.0, 200)
    tracemalloc.start()
    many = stats.sign_flip(gains, generator(), family=300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64e6, "300,000 patterns of 200 numbers would be 480 MB"
    assert many == pytest.approx(stats.sign_flip(gains, generator(1)), abs=0.01)


def test_sums_that_differ_in_their_last_bit_alone_are_ties() -> None:
    assert stats.sign_flip([0.1, 0.2, -0.3, 0.1, 0.2, -0.3, 0.7], generator()) == pytest.approx(
        stats.sign_flip([1.0, 2.0, -3.0, 1.0, 2.0, -3.0, 7.0], generator())
    )
    assert stats.sign_flip([1e300, 1e300, 1e300], generator()) == 0.25
    assert stats.sign_flip([0.0] * 8, generator()) == 1.0


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


def test_differences_that_cancel_leave_no_bound_beyond_zero() -> None:
    """A difference of a tenth up in one place and down in another: rounding must not make an interval that excludes 0."""
    theirs = numpy.full(20, 0.7)
    mine = theirs.copy()
    mine[:2] += numpy.array([0.1, -0.1])
    for seed in range(5):
        found = stats.compare(mine, theirs, task="t", arm="a", direction="higher", generator=numpy.random.default_rng(seed))
        assert found.low <= 0.0 <= found.high
        assert all(bound == 0.0 or abs(bound) > 1e-6 for bound in (found.low, found.high))
    mine[:2] = 0.7 + 1e-17, 0.7 - 1e-16
    found = stats.compare(mine, theirs, task="t", arm="a", direction="lower", generator=numpy.random.default_rng(0))
    assert (found.low, found.high) == (0.0, 0.0)


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


EVERY = ("off", "bare", "yoked", "constant", "shuffled")


def test_a_gain_that_any_control_shares_is_none_and_every_control_is_required() -> None:
    required = [name for name in plugins.names("adaptive.controls") if plugins.load("adaptive.controls", name).REQUIRED]
    assert sorted(required) == sorted(EVERY)
    candidate, arms, floor = field(1, gain=3.0)
    arms |= {name: arms["sgd"] + generator(7).normal(0, 0.1, len(candidate)) for name in EVERY}
    assert judged(candidate, arms, floor, controls=EVERY).word == "better"
    for name in EVERY:
        alike = candidate + generator(9).normal(0, 1.0, len(candidate))
        verdict = judged(candidate, arms | {name: alike}, floor, controls=EVERY)
        assert verdict.word == "no difference shown" and f"control {name!r}" in verdict.reason


def test_replays_that_are_the_candidate_itself_on_every_seed_are_waived_and_no_others() -> None:
    candidate, arms, floor = field(1, gain=3.0)
    arms |= {name: arms["sgd"] for name in EVERY}
    verdict = judged(candidate, arms | dict.fromkeys(stats.REPLAYS, candidate), floor, controls=EVERY)
    assert verdict.word == "better" and "yoked and constant and shuffled are the candidate itself" in verdict.reason
    nearly = candidate.copy()
    nearly[3] = numpy.nextafter(nearly[3], 0.0)
    failed = candidate.copy()
    failed[3] = math.nan
    for replay in (nearly, failed):
        assert judged(candidate, arms | {"constant": replay}, floor, controls=EVERY).word == "no difference shown"
    assert judged(candidate, arms | {"bare": candidate}, floor, controls=EVERY).word == "no difference shown"


def test_the_average_of_a_response_that_never_varies_is_that_response() -> None:
    constant = plugins.load("adaptive.controls", "constant")
    for response in (0.1, 0.3, -0.7):
        for steps in (3, 999, 1200):
            assert constant.options(numpy.full(steps, response), generator()) == {"constant": response}


@pytest.mark.parametrize(("spent", "word"), [(math.nan, "better"), (0.4, "better"), (1.1, "better"), (1.2, "no"), (8.0, "no")])
def test_what_more_passes_gain_is_not_called_better(spent: float, word: str) -> None:
    verdict = judged(*field(1, gain=3.0), spent=spent)
    assert verdict.word == {"better": "better", "no": "no difference shown"}[word]
    assert ("times the passes of sgd" in verdict.reason) == (word == "no")
    assert verdict.spent == spent or math.isnan(spent)
    assert judged(*field(1, gain=-3.0), spent=spent).word == "worse", "a loss is a loss at any price"


def test_the_passes_are_told_in_words() -> None:
    assert judged(*field(1, gain=3.0), spent=8.0).reason.endswith("; but it spent 8.0 times the passes of sgd")
    assert (stats.times(1.1234), stats.times(1.9999), stats.times(8.04)) == ("1.12", "2.0", "8.0")


def test_nothing_is_better_that_loses_to_a_baseline_which_failed_once() -> None:
    candidate, arms, floor = field(1, gain=3.0)
    ahead, behind, alike = (candidate + by + generator(9).normal(0, 0.1, len(candidate)) for by in (1.0, -1.0, 0.0))
    for values in (ahead, behind, alike):
        values[4] = math.nan
    both = ("sgd", "adamw")
    verdict = judged(candidate, arms | {"adamw": ahead}, floor, baselines=both)
    assert verdict.word == "no difference shown"
    assert (
        "but adamw, which failed on 1 of 20 seeds, does better on the others: against it the candidate's gain is -1"
        in verdict.reason
    )
    for values in (behind, alike):
        assert judged(candidate, arms | {"adamw": values}, floor, baselines=both).word == "better"
    ahead[:15] = math.nan
    assert judged(candidate, arms | {"adamw": ahead}, floor, baselines=both).word == "better", "five pairs show nothing"


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

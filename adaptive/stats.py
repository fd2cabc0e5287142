"""Whether a difference is more than luck: paired resampling, corrected for how often one asks.

All differences are oriented: above 0 means that the candidate is better. Every function takes its own generator, so the same
numbers give the same answer. *Reference:* interquartile mean and probability of improvement, arXiv 2108.13264; Holm (1979).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy
from numpy.typing import ArrayLike, NDArray

from adaptive.race import Comparison, Verdict, Word

Numbers = NDArray[numpy.float64]
LEVEL = 0.05
RESAMPLES = 10_000
FLOORS = 2.0
"""A difference must be this many times what two runs of the same arm differ by."""
PATTERNS = 50
"""Sampled sign patterns, at the least, beyond those of which the level leaves one to each of a family of comparisons."""
EXACT = 32
"""Up to so many pairs every sign pattern is counted, in a hundredth of a second."""
CHUNK = 10_000
"""Sign patterns held in memory at a time."""
ROUNDING = 1e-12
"""A bound that is nearer to 0 than this share of the largest score is 0."""
PASSES = 1.1
"""A candidate that spent more than so many times the passes of its baseline was not raced at equal budgets."""
REPLAYS = ("yoked", "constant", "shuffled")
"""Controls that replay a response of the candidate's."""
FEWEST = 6
"""Fewer pairs than these decide nothing: the sign-flip test cannot reach 0.05."""


def iqm(values: ArrayLike) -> Numbers:
    """Interquartile mean over the last axis: the mean of the middle half, deaf to a lucky or unlucky seed."""
    ordered = numpy.sort(numpy.asarray(values, dtype=numpy.float64), axis=-1)
    cut = ordered.shape[-1] // 4
    middle: Numbers = ordered[..., cut : ordered.shape[-1] - cut].mean(axis=-1)
    return middle


def interval(resampled: Numbers) -> tuple[float, float]:
    """The middle 95 % of ``resampled``."""
    low, high = numpy.quantile(resampled, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def mean_interval(values: ArrayLike, generator: numpy.random.Generator, *, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Bootstrap interval of the mean of ``values`` (seeds,)."""
    numbers = numpy.asarray(values, dtype=numpy.float64)
    picks = generator.integers(len(numbers), size=(resamples, len(numbers)))
    return interval(numbers[picks].mean(axis=1))


def sign_flip(differences: ArrayLike, generator: numpy.random.Generator, *, resamples: int = RESAMPLES, family: int = 1) -> float:
    """Two-sided p: the share of sign patterns whose mean is at least as far from 0 as the observed one, which counts itself.

    Of at most ``EXACT`` pairs every pattern is counted. Of more, patterns are drawn: ``resamples``, or ``PATTERNS`` for each of
    the ``family`` of comparisons that will share the level, so that correcting for them leaves the smallest p far below it.
    """
    numbers = numpy.asarray(differences, dtype=numpy.float64)
    largest = numpy.abs(numbers).max(initial=0.0)
    if largest == 0.0:
        return 1.0
    numbers = numbers / largest
    # Sums that are equal but for the order of adding differ in their last bits.
    observed = float(abs(numbers.sum()) - 1e-12 * numpy.abs(numbers).sum())
    if len(numbers) <= EXACT:
        return _share_as_far(numbers, observed)
    resamples = max(resamples, math.ceil(PATTERNS * family / LEVEL))
    as_far = 0
    for start in range(0, resamples, CHUNK):
        signs = generator.integers(0, 2, size=(min(CHUNK, resamples - start), len(numbers)), dtype=numpy.int8) * 2 - 1
        as_far += int((numpy.abs(signs @ numbers) >= observed).sum())
    return (as_far + 1) / (resamples + 1)


def _share_as_far(numbers: Numbers, observed: float) -> float:
    """The share of all sign patterns whose sum is at least ``observed`` away from 0.

    Each half of the numbers has few sums. For a sum of the first half those of the sorted second half that lead to a total
    within the bounds lie side by side, so that they are counted without being listed.
    """
    middle = len(numbers) // 2
    # Turning all signs round changes no distance from 0: one number keeps its sign.
    first = numpy.sort(_sums(numbers[:middle])) + numbers[-1]
    second = numpy.sort(_sums(numbers[middle:-1]))
    below = numpy.searchsorted(second, observed - first, side="left")
    beyond = numpy.searchsorted(second, -observed - first, side="right")
    within = int(numpy.maximum(below - beyond, 0).sum())
    return 1.0 - within / (len(first) * len(second))


def _sums(numbers: Numbers) -> Numbers:
    """The sums of ``numbers`` under every pattern of signs."""
    sums: Numbers = numpy.zeros(1)
    for number in numbers:
        sums = numpy.concatenate((sums - number, sums + number))
    return sums


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjustment: what each p is worth after asking ``len(p_values)`` questions."""
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return tuple(adjusted)


def noise_floor(first: ArrayLike, second: ArrayLike) -> float:
    """Standard deviation of the mean paired difference between two sets of runs of one and the same arm (A/A)."""
    differences = numpy.asarray(first, dtype=numpy.float64) - numpy.asarray(second, dtype=numpy.float64)
    differences = differences[numpy.isfinite(differences)]
    return float(differences.std(ddof=1) / math.sqrt(len(differences))) if len(differences) > 1 else math.nan


def compare(
    candidate: ArrayLike,
    other: ArrayLike,
    *,
    task: str,
    arm: str,
    direction: str,
    generator: numpy.random.Generator,
    resamples: int = RESAMPLES,
    family: int = 1,
) -> Comparison:
    """Sets ``candidate`` against ``other``, (seeds,) each, entry by entry; a seed that either did not finish is left out.

    ``family`` is how many comparisons will share the level, see :func:`sign_flip`.
    """
    sign = 1.0 if direction == "higher" else -1.0
    mine, theirs = (sign * numpy.asarray(values, dtype=numpy.float64) for values in (candidate, other))
    both = numpy.isfinite(mine) & numpy.isfinite(theirs)
    mine, theirs = mine[both], theirs[both]
    if not len(mine):
        numbers = ("difference", "low", "high", "iqm", "iqm_low", "iqm_high", "chance", "chance_low", "chance_high")
        return Comparison(task=task, arm=arm, seeds=0, p=1.0, p_holm=1.0, **dict.fromkeys(numbers, math.nan))
    picks = generator.integers(len(mine), size=(resamples, len(mine)))
    differences = mine - theirs
    wins = (differences > 0) + 0.5 * (differences == 0)
    low, high = interval(differences[picks].mean(axis=1))
    # Differences that cancel leave a residue of rounding, which would count as a bound beyond 0.
    rounding = ROUNDING * float(numpy.abs([mine, theirs]).max())
    low, high = (0.0 if abs(bound) < rounding else bound for bound in (low, high))
    iqm_low, iqm_high = interval(iqm(mine[picks]) - iqm(theirs[picks]))
    chance_low, chance_high = interval(wins[picks].mean(axis=1))
    p = sign_flip(differences, generator, resamples=resamples, family=family)
    return Comparison(
        task=task, arm=arm, seeds=len(mine), difference=float(differences.mean()), low=low, high=high,
        iqm=float(iqm(mine) - iqm(theirs)), iqm_low=iqm_low, iqm_high=iqm_high, p=p, p_holm=p,
        chance=float(wins.mean()), chance_low=chance_low, chance_high=chance_high,
    )  # fmt: skip


def adjusted(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The comparisons of a whole race, each with its p adjusted for all of them."""
    values = holm([comparison.p for comparison in comparisons])
    return tuple(dataclasses.replace(c, p_holm=value) for c, value in zip(comparisons, values, strict=True))


def gap(comparison: Comparison) -> str:
    """The difference of ``comparison`` with its interval and p, in words."""
    c = comparison
    return f"{c.difference:+.3g} (95 % interval {c.low:+.3g} to {c.high:+.3g}, p {c.p_holm:.2g} after Holm's correction)"


def overspent(spent: float) -> bool:
    """Whether passes ``spent``, as a multiple of the baseline's, are more than an equal budget; no where that is not known."""
    return spent > PASSES


def times(spent: float) -> str:
    """How many times the passes of the baseline were spent, in digits: "8.0", "1.67"."""
    return f"{spent:.1f}" if spent >= 1.95 else f"{spent:.2f}"


def identical(comparison: Comparison) -> bool:
    """Whether the candidate and the arm scored the same on every seed, to the last bit."""
    c = comparison
    return c.seeds > 0 and c.difference == c.low == c.high == 0.0 and c.chance == c.chance_low == c.chance_high == 0.5


def replayed(comparison: Comparison, seeds: int) -> bool:
    """Whether the arm is a replay of the candidate's response and its very life on all of ``seeds`` seeds: it responds alike."""
    return comparison.arm in REPLAYS and identical(comparison) and comparison.seeds == seeds


def loses(comparison: Comparison, floor: float) -> bool:
    """Whether the arm was shown to do better than the candidate."""
    return not doubt(comparison, floor) and comparison.difference < 0


def doubt(comparison: Comparison, floor: float) -> str:
    """Why the difference of ``comparison`` does not count, in words; nothing where it counts, one way or the other."""
    if comparison.seeds < FEWEST:
        return f"only {comparison.seeds} pairs of runs reached the end"
    if comparison.low <= 0 <= comparison.high:
        return "the interval includes 0"
    if comparison.p_holm >= LEVEL:
        return f"p is not below {LEVEL:g}"
    if not math.isfinite(floor):
        return "the noise floor could not be measured"
    if abs(comparison.difference) < FLOORS * floor:
        return f"that is less than {FLOORS:g} times the noise floor of {floor:.2g}"
    return ""


def judge(
    task: str,
    *,
    comparisons: Mapping[str, Comparison],
    baseline: str,
    controls: Sequence[str],
    floor: float,
    failures: int,
    seeds: int,
    baselines: Sequence[str] = (),
    fired: float = math.nan,
    spent: float = math.nan,
) -> Verdict:
    """The verdict of one task.

    Better takes a shown gain over ``baseline``, the best tuned one, and over each of ``controls``: a mechanism that gains
    nothing by being on, or by responding when it does, has not helped. Where a replay of its response is the candidate's own
    life on every seed, it responds alike all the time: there is no timing that could be taken from it, and the reason says so.
    Nor is a candidate better that was shown to lose against any of ``baselines``: one that failed on a seed is not the best,
    but what it does on the others counts. Worse takes a shown loss against ``baseline``.
    ``fired`` is the share of steps at which the mechanism responded: one that never did shows nothing about itself.
    ``spent`` is how many times the passes of ``baseline`` the candidate made: what more passes gain is not called better.
    """
    verdict = _word(
        task, comparisons=comparisons, baseline=baseline, controls=controls, floor=floor, failures=failures, seeds=seeds,
        baselines=baselines,
    )  # fmt: skip
    reasons = [verdict.reason]
    if overspent(spent) and verdict.word == "better":
        reasons.append(f"but it spent {times(spent)} times the passes of {baseline}")
    if fired == 0.0:
        reasons.append("the mechanism never fired, so this says nothing about it")
    word: Word = "no difference shown" if verdict.word == "better" and len(reasons) > 1 else verdict.word
    return dataclasses.replace(verdict, word=word, reason="; ".join(reasons), fired=fired, spent=spent)


def _word(
    task: str,
    *,
    comparisons: Mapping[str, Comparison],
    baseline: str,
    controls: Sequence[str],
    floor: float,
    failures: int,
    seeds: int,
    baselines: Sequence[str],
) -> Verdict:
    """The verdict on the numbers alone."""
    if failures:
        reason = f"the candidate failed on {failures} of {seeds} seeds"
        return Verdict(task=task, word="not run to the end", reason=reason, baseline=baseline, floor=floor)
    if baseline not in comparisons:
        return Verdict(task=task, word="no difference shown", reason="no baseline reached the end", floor=floor)
    main = comparisons[baseline]
    against = f"against the best tuned baseline, {baseline}, the candidate's gain is {gap(main)}"
    if why := doubt(main, floor):
        return Verdict(task=task, word="no difference shown", reason=f"{against}: {why}", baseline=baseline, floor=floor)
    if main.difference < 0:
        return Verdict(task=task, word="worse", reason=against, baseline=baseline, floor=floor)
    for rival in (comparisons[name] for name in baselines if name in comparisons):
        if loses(rival, floor):
            ahead = f"{rival.arm}, which failed on {seeds - rival.seeds} of {seeds} seeds, does better on the others"
            reason = f"{against}, but {ahead}: against it the candidate's gain is {gap(rival)}"
            return Verdict(task=task, word="no difference shown", reason=reason, baseline=baseline, floor=floor)
    alike = [name for name in controls if (c := comparisons.get(name)) and replayed(c, seeds)]
    asked = [name for name in controls if name not in alike]
    for name in asked:
        control = comparisons.get(name)
        why = doubt(control, floor) if control else "it was not run"
        if control and not why and control.difference < 0:
            why = "the control does better"
        if why:
            over = f", and against the control {name!r} it is {gap(control)}: {why}" if control else f"; control {name!r}: {why}"
            return Verdict(task=task, word="no difference shown", reason=against + over, baseline=baseline, floor=floor)
    also = f", and it holds against the controls {' and '.join(asked)}" if asked else ""
    also += (
        f"; it responds alike all the time, so {' and '.join(alike)} {'are' if len(alike) > 1 else 'is'} the candidate itself"
        if alike
        else ""
    )
    return Verdict(task=task, word="better", reason=against + also, baseline=baseline, floor=floor)

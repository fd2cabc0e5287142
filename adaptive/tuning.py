"""How an arm's knobs are chosen: the same number of trials for every arm, spread evenly over its ranges, and one second look.

Trial 0 is the arm's defaults; the others are points of a scrambled Halton sequence, log-uniform where the knob says so. Where
the best value of any arm lies at the edge of its range, the range is widened there, once, and *every* arm gets the same number
of further trials: near its best setting, and beyond the edge for a knob that met one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy

from adaptive.knobs import Knob
from adaptive.race import Knobs, Trial
from adaptive.tasks import seed_of

EDGE = 0.1
"""Outer share of a range, as its logarithm runs, that counts as the edge."""
NEAR = 0.3
"""Width of the second look, as a share of the range."""
BEYOND = 0.25
"""How much wider a range becomes at an edge, as a share of its logarithm."""


Space = Mapping[str, Knob]


def first_look(space: Space, *, trials: int, task: str) -> tuple[Knobs, ...]:
    """``trials`` settings: the defaults, and points spread over ``space``."""
    defaults = tuple((name, float(knob.default)) for name, knob in space.items())
    return (defaults, *(_at(space, point) for point in _points(space, task, trials - 1)))


def second_look(space: Space, best: Knobs, edges: Sequence[str], *, trials: int, task: str, after: int) -> tuple[Knobs, ...]:
    """``trials`` settings near ``best``, and beyond the edge for each knob of ``edges``; ``after`` points were used before."""
    settings, values = [], dict(best)
    for point in _points(space, task, trials, skip=after):
        chosen = {}
        for (name, knob), share in zip(space.items(), point, strict=True):
            here = place(knob, values[name])
            if name in edges:
                moved = here + share * BEYOND if here > 0.5 else here - share * BEYOND
            else:
                moved = min(1.0, max(0.0, here + (share - 0.5) * NEAR))
            chosen[name] = value_at(knob, moved)
        settings.append(tuple(chosen.items()))
    return tuple(settings)


def extra_trials(trials: int) -> int:
    """How many more trials a widened range costs every arm."""
    return math.ceil(trials / 2)


def rungs(seeds: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The tuning ``seeds`` in the order in which settings live on them: all settings on the first rung, the better half on each
    further one. Two seeds are one rung: halving on a single life would go by luck. Successive halving, arXiv 1502.07943."""
    if len(seeds) <= 2:
        return (tuple(seeds),)
    return (*((seed,) for seed in seeds[:3]), tuple(seeds[3:])) if len(seeds) > 3 else tuple((seed,) for seed in seeds)


def lives(trials: int, seeds: Sequence[int], *, keep: int = 0) -> int:
    """How many lives ``trials`` settings take."""
    count, left = 0, trials
    for rung in rungs(seeds):
        count += left * len(rung)
        left = _half(left, keep)
    return count


def _half(count: int, keep: int) -> int:
    """How many of ``count`` settings go on: half of them, and always one beside those that stay whatever they did."""
    return min(count, max(math.ceil(count / 2), keep + 1))


def better_half(tried: Sequence[Knobs], values: Sequence[Sequence[float]], *, direction: str, keep: int) -> tuple[Knobs, ...]:
    """The half of the settings with the best means over their lives so far, in the order they had.

    Args:
        tried: the settings. values: of each, one number a life; a setting with a failed life is the first to go.
        keep: as many settings at the start stay whatever they did, and take places of that half.
    """
    sign = 1.0 if direction == "higher" else -1.0
    means = [sign * sum(lives) / len(lives) if all(map(math.isfinite, lives)) else -math.inf for lives in values]
    ranked = sorted(range(len(tried)), key=lambda number: (-means[number], number))
    kept = list(range(min(keep, len(tried))))
    others = [number for number in ranked if number not in kept]
    stay = {*kept, *others[: _half(len(tried), keep) - len(kept)]}
    return tuple(knobs for number, knobs in enumerate(tried) if number in stay)


def best_of(trials: Sequence[Trial], *, direction: str) -> Trial:
    """The trial with the best mean, of those with the most lives; one with a failed seed only where all have one."""
    sign = 1.0 if direction == "higher" else -1.0
    whole = [trial for trial in trials if math.isfinite(trial.value)] or list(trials)
    most = max(trial.lives for trial in whole)
    return max(
        (trial for trial in whole if trial.lives == most),
        key=lambda trial: sign * trial.value if math.isfinite(trial.value) else -math.inf,
    )


def at_edge(space: Space, best: Knobs, trials: Sequence[Trial]) -> tuple[str, ...]:
    """Knobs of log-uniform range whose best value is the outermost one tried and lies in the outer tenth of the range."""
    met = []
    for name, value in best:
        knob = space[name]
        tried = [dict(trial.knobs)[name] for trial in trials]
        outermost = (value == min(tried) and place(knob, value) < EDGE) or (value == max(tried) and place(knob, value) > 1 - EDGE)
        if knob.log and outermost:
            met.append(name)
    return tuple(met)


def still_at_edge(space: Space, best: Knobs, *, first: Knobs, edges: Sequence[str] = ()) -> tuple[str, ...]:
    """Knobs whose ``best`` value, after the last look, lies in the outer tenth of what was searched: more might lie beyond.

    An end beyond which the knob accepts nothing, such as a momentum of 0 or a share of 1, is no edge of the search.

    Args:
        first: the best setting of the first look. edges: the knobs whose ranges the second look widened from there.
    """
    found, began = [], dict(first)
    for name, value in best:
        knob, low, high = space[name], 0.0, 1.0
        if name in edges:
            met = min(1.0, max(0.0, place(knob, began[name])))
            low, high = (low, met + BEYOND) if met > 0.5 else (met - BEYOND, high)
        share = (place(knob, value) - low) / (high - low)
        least, most = value_at(knob, low), value_at(knob, high)
        if (share < EDGE and min(least, value) > knob.least) or (share > 1 - EDGE and max(most, value) < knob.most):
            found.append(name)
    return tuple(found)


def place(knob: Knob, value: float) -> float:
    """Where ``value`` lies in the range: 0 at its low end, 1 at its high end, outside where it lies outside."""
    if knob.high <= knob.low:
        return 0.5
    if knob.log:
        return (math.log(max(value, 1e-300)) - math.log(knob.low)) / (math.log(knob.high) - math.log(knob.low))
    return (value - knob.low) / (knob.high - knob.low)


def value_at(knob: Knob, share: float) -> float:
    """The inverse of :func:`place`, held within what the knob accepts."""
    return float(min(max(knob.at(share), knob.least), knob.most))


def _at(space: Space, point: numpy.ndarray) -> Knobs:
    return tuple((name, value_at(knob, float(share))) for (name, knob), share in zip(space.items(), point, strict=True))


def _points(space: Space, task: str, count: int, *, skip: int = 0) -> numpy.ndarray:
    """Points ``skip`` to ``skip + count`` of the sequence: (count, knobs), each in 0..1. Arms with as many knobs share them."""
    from scipy.stats import qmc

    if count <= 0:
        return numpy.empty((0, len(space)))
    points: numpy.ndarray = qmc.Halton(len(space), scramble=True, seed=seed_of(task, "trials", 0) % 2**32).random(skip + count)
    return points[skip:]

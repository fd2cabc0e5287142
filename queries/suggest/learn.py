"""What does each kind of reason count? Learned from the order in which papers stated their pairs, year after year.

For each year, all is ranked from what was known at the end of the year before; the pairs that the year brought should rank high.
Weights are those that make these pairs likeliest, each in a draw of one from all that could have been stated (a softmax over the
candidates), held near :data:`queries.suggest.rank.ROUND` by a ridge: a graph of few years cannot say much. None goes below 0.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kg.model import Concept
from queries.suggest.duplicates import Duplicates
from queries.suggest.known import Fact, known
from queries.suggest.rank import ROUND, Weights, parts
from queries.suggest.time_split import aside_of, new_pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 60
"""So many pairs of one year are learned from; drawn, where there are more."""
SHARP = 2.0
"""The softmax is over scores times this."""
RIDGE = 20.0
STEPS = 50


class Example(NamedTuple):
    """One end of a pair that papers of ``year`` stated first: what spoke for each candidate, ``(candidates, 5)``."""

    year: int
    parts: NDArray[np.float64]
    right: int
    """The row of the one that came."""


def examples(concepts: Sequence[Concept], facts: Sequence[Fact], *, until: int | None = None) -> list[Example]:
    """From both ends of every pair that was first stated in a year up to ``until``, of concepts known before that year."""
    import numpy as np

    years = sorted({fact.first for fact in facts if fact.first is not None and (until is None or fact.first <= until)})
    chance, found = random.Random(0), list[Example]()
    for year in years[1:]:
        graph = known(concepts, facts, until=year - 1)
        known_of = functools.cache(Duplicates(graph).known_partners)
        later, pairs = new_pairs(graph, [fact for fact in facts if fact.first == year], year - 1, known_of)
        for pair in sorted(chance.sample(pairs, MOST)) if len(pairs) > MOST else pairs:
            for one, other in (pair, pair[::-1]):
                left_out = (known_of(one) | aside_of(one, later)) - {other}
                kept = {key: part for key, part in parts(graph, one).items() if key not in left_out}
                found.append(Example(year, np.array(list(kept.values())), list(kept).index(other)))
    return found


def fit(found: Iterable[Example]) -> Weights:
    """The weights that ``found`` teaches; :data:`queries.suggest.rank.ROUND` itself where there is none."""
    import numpy as np

    taught, prior = list(found), np.array(ROUND)

    def look(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """What is to be made small, its slope and its curvature."""
        off = weights - prior
        loss, slope, curve = RIDGE * float(off @ off), 2 * RIDGE * off, 2 * RIDGE * np.eye(len(prior))
        for one in taught:
            score = SHARP * (one.parts @ weights)
            likely = np.exp(score - score.max())
            likely /= likely.sum()
            mean = likely @ one.parts
            loss -= float(np.log(likely[one.right] + 1e-300))
            slope = slope + SHARP * (mean - one.parts[one.right])
            curve = curve + SHARP**2 * ((one.parts * likely[:, None]).T @ one.parts - np.outer(mean, mean))
        return loss, slope, curve

    weights = prior
    loss, slope, curve = look(weights)
    for _ in range(STEPS):  # Newton's, the step halved until it helps
        free = (weights > 0) | (slope < 0)
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        for halved in range(20):
            tried = np.maximum(weights - step / 2**halved, 0)
            then = look(tried)
            if then[0] < loss - 1e-9:
                break
        else:
            break
        weights, (loss, slope, curve) = tried, then
    return Weights._make(map(float, weights))

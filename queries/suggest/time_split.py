"""Would it have foretold what came? Ranked from the papers up to a year, measured on the mappings first stated after it.

A test pair is a mechanism and a technique that were both in mappings by the cut year, but not with each other, nor in other words
(:mod:`queries.suggest.duplicates`). It is asked for from both ends: which technique for the mechanism, which mechanism for the
technique. Other pairs that are or become known do not stand in the way of its rank. As exact pairs are few, the looser
question is measured too: which family of techniques for the mechanism, of those from which it had none.
"""

from __future__ import annotations

import functools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from kg.model import Concept
from queries.suggest.duplicates import Duplicates
from queries.suggest.known import Fact, Known, known
from queries.suggest.rank import LEARNED, Weights, candidates

CUTS = (2008, 2010, 2012, 2014, 2016, 2018)
TEN = 10
Scores = dict[str, float]
Pair = tuple[str, str]
"""(mechanism, technique)"""
Method = Callable[[Known, str], Scores]


class Measured(NamedTuple):
    """How one method does on the test pairs of one cut year."""

    until: int
    what: str
    method: str
    pairs: int
    hits: float
    """Share of test pairs that rank among the first ten."""
    reciprocal_rank: float
    auc: float
    """Chance that a test pair ranks above a pair that nobody has stated."""


class Place(NamedTuple):
    """Where a test pair ranks among ``of`` candidates, itself included; 1 is best."""

    rank: float
    of: int


def measure(concepts: Sequence[Concept], facts: Sequence[Fact], until: int, weights: Weights = LEARNED) -> list[Measured]:
    """All methods on all test pairs of the cut year ``until``: exact pairs first, then families of techniques.

    For an honest measure, ``weights`` must not come of later years either.
    """
    graph = known(concepts, facts, until=until)
    known_of = functools.cache(Duplicates(graph).known_partners)
    later, pairs = new_pairs(graph, facts, until, known_of)
    ends = [(one, other) for pair in pairs for one, other in (pair, pair[::-1])]
    named = {one: aside_of(one, later) for one, _ in ends}
    families = sorted(_later_families(graph, concepts, facts, until))
    came = {mechanism: {family for one, family in families if one == mechanism} for mechanism, _ in families}
    methods: dict[str, Method] = {"exapt": functools.partial(_ours, weights), **BASELINES}
    measured = []
    for name, method in methods.items():
        score = functools.cache(functools.partial(method, graph))
        places = [_place(score(one), other, known_of(one) | named[one]) for one, other in ends]
        measured.append(_summary(until, "technique or mechanism", name, places, len(pairs)))
    for name, method in methods.items():
        grouped = functools.cache(functools.partial(_by_family, graph, name, method))
        places = [_place(grouped(one), family, _families_of(graph, one) | came[one]) for one, family in families]
        measured.append(_summary(until, "family of techniques", name, places, len(families)))
    return sorted(measured, key=lambda one: one.what != "technique or mechanism")


def new_pairs(
    graph: Known, facts: Iterable[Fact], until: int, known_of: Callable[[str], set[str]]
) -> tuple[set[Pair], list[Pair]]:
    """All pairs of concepts known at ``until`` that were first stated later, and of these the new ones, in order."""
    later = _later(graph, facts, until)
    return later, sorted(pair for pair in later if pair[1] not in known_of(pair[0]))


def aside_of(one: str, pairs: Iterable[Pair]) -> set[str]:
    """The partners of ``one`` in ``pairs``: none stands in the way of another's rank."""
    return {b if a == one else a for a, b in pairs if one in (a, b)}


def _later(graph: Known, facts: Iterable[Fact], until: int) -> set[Pair]:
    """(mechanism, technique) first stated after the cut, both known by then."""
    after = {(fact.mechanism, fact.technique) for fact in _after(facts, until)}
    return {pair for pair in after - graph.pairs if all(key in graph.kinds for key in pair)}


def _after(facts: Iterable[Fact], until: int) -> list[Fact]:
    return [fact for fact in facts if fact.first is not None and fact.first > until and fact.relation != "contrasts"]


def _later_families(graph: Known, concepts: Iterable[Concept], facts: Iterable[Fact], until: int) -> set[tuple[str, str]]:
    """(mechanism, family of techniques) first stated after the cut; the technique itself may be new."""
    families = {concept.key: concept.parent or "" for concept in concepts}
    known_families = {graph.families[key] for key in graph.of_kind("technique")} - {""}
    pairs = {(fact.mechanism, families.get(fact.technique, "")) for fact in _after(facts, until)}
    return {
        (mechanism, family)
        for mechanism, family in pairs
        if mechanism in graph.kinds and family in known_families and family not in _families_of(graph, mechanism)
    }


def _families_of(graph: Known, mechanism: str) -> set[str]:
    return {graph.families[technique] for technique in graph.partners[mechanism] if technique in graph.families}


def _place(scores: Scores, wanted: str, aside: Iterable[str]) -> Place:
    """Rank of ``wanted`` among all that is not ``aside``; equals are put in an order that no method knows."""
    others = sorted(set(scores) - set(aside) - {wanted})
    chance = random.Random(wanted)
    drawn = chance.random()
    above = sum(scores[one] > scores[wanted] or (scores[one] == scores[wanted] and chance.random() < drawn) for one in others)
    return Place(1 + above, 1 + len(others))


def _summary(until: int, what: str, method: str, places: Sequence[Place], pairs: int) -> Measured:
    if not places:
        return Measured(until, what, method, 0, math.nan, math.nan, math.nan)
    number = len(places)
    if method == "random":  # what chance gives on average, rather than one draw of it
        hits = sum(min(1.0, TEN / place.of) for place in places) / number
        reciprocal = sum(sum(1 / rank for rank in range(1, place.of + 1)) / place.of for place in places) / number
        return Measured(until, what, method, pairs, hits, reciprocal, 0.5)
    hits = sum(place.rank <= TEN for place in places) / number
    reciprocal = sum(1 / place.rank for place in places) / number
    below = [(place.of - place.rank) / (place.of - 1) for place in places if place.of > 1]
    return Measured(until, what, method, pairs, hits, reciprocal, sum(below) / len(below) if below else math.nan)


def _ours(weights: Weights, graph: Known, key: str) -> Scores:
    return {one.key: one.score for one in candidates(graph, key, weights)}


def _degree(graph: Known, key: str) -> Scores:
    """What is mapped most often, whatever is asked."""
    kind = graph.kinds[key]
    return {other: float(len(graph.partners[other])) for other, its in graph.kinds.items() if its != kind}


def _common_neighbours(graph: Known, key: str) -> Scores:
    """Paths over a shared partner (mechanism, technique, mechanism, technique); the more often mapped where these are equal."""
    paths: Counter[str] = Counter()
    for partner in graph.partners[key]:
        for middle in graph.partners[partner]:
            paths.update(graph.partners[middle].keys())
    degree = _degree(graph, key)
    return {other: paths[other] + value / 1000 for other, value in degree.items()}


def _by_family(graph: Known, name: str, method: Method, mechanism: str) -> Scores:
    """Scores of families of techniques: of its best technique for a ranking by reasons, of all together for one by counts."""
    found: Scores = {}
    for technique, score in method(graph, mechanism).items():
        family = graph.families[technique]
        if family:
            found[family] = max(found.get(family, -math.inf), score) if name == "exapt" else found.get(family, 0.0) + score
    return found


BASELINES: dict[str, Method] = {
    "degree": _degree,
    "common neighbours": _common_neighbours,
    "random": _degree,
}

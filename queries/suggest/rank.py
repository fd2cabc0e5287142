"""How promising is a pair that no paper states? A sum of five kinds of reason, the same from either side.

For a mechanism m and a technique t:

- **neighbours**: what is like m became t, and m became what is like t. Each such mapping counts as much as the two are alike:
  the square of the cosine of their names' words, plus the square of that of their functions, plus a third for one family, plus
  the cosine of what they are mapped with. A logarithm of the sum.
- **functions**: the cosine of what m's mappings and t's mappings say is done, less where only one mapping says so.
- **words**: the cosine of the words of their names.
- **families**: how many more mappings lead from m's family to t's than the sizes of the two would let expect; the logarithm of
  that ratio, with half a mapping added to both counts.
- **often**: how often m and t are mapped at all, since what was used often is used again; a mapping of long ago counts half of
  a new one. A logarithm again.

The weights were learned (:mod:`queries.suggest.learn`) from the order in which papers stated their pairs, and rounded. To measure
what that is worth, ``exapt eval suggest`` uses none of these but learns others from the years before each cut.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import NamedTuple

from queries.suggest.known import Known, Vector


class Weights(NamedTuple):
    """What each kind of reason counts; or, each counted once, what speaks for a pair."""

    neighbours: float
    functions: float
    words: float
    families: float
    often: float


ROUND = Weights(1.0, 1.0, 1.0, 0.5, 0.3)
"""Set by hand; where there is little to learn from, what is learned stays near these."""
LEARNED = Weights(0.9, 0.9, 1.2, 0.5, 0.7)
"""Rounded, between what all years of the atlas teach and what they teach together with 86,237 conference abstracts."""
SAME_FAMILY = 1 / 3
"""How alike two concepts of one family are when nothing else is known."""
OTHER = {"mechanism": "technique", "technique": "mechanism"}
COMMON = 1000
"""A word, function, family or partner that more concepts of one kind share tells nothing; only a very large graph has such."""
PARTNERS = 40
"""So many mappings of one concept are looked at in order of their keys; only a very large graph has more."""


class Candidate(NamedTuple):
    """A concept of the other kind, and what speaks for it, each part weighted: they add up to ``score``."""

    key: str
    score: float
    neighbours: float
    functions: float
    words: float
    families: float
    often: float


def alike(graph: Known, key: str) -> dict[str, float]:
    """Concepts of the same kind with a word, a function, the family or a partner in common, and how alike they are."""
    kind = graph.kinds[key]
    found: dict[str, float] = defaultdict(float)
    for vector, vectors in ((graph.words[key], graph.words), (graph.functions[key], graph.functions)):
        for other, cosine in cosines(graph, vector, vectors, kind).items():
            found[other] += cosine * cosine
    for other in sharing(graph, kind, graph.families[key]):
        found[other] += SAME_FAMILY
    mine = graph.partners[key]
    for partner in mine:
        for other in partner_of(graph, partner):
            found[other] += 1 / math.sqrt(len(mine) * len(graph.partners[other]))
    found.pop(key, None)
    return found


def partner_of(graph: Known, key: str) -> list[str]:
    """Concepts of the other kind that are mapped with ``key``; none where very many are."""
    partners = graph.partners[key]
    return [other for other in partners if other in graph.kinds] if len(partners) <= COMMON else []


def cosines(graph: Known, vector: Vector, vectors: dict[str, Vector], kind: str) -> dict[str, float]:
    """Cosine of ``vector`` with that of every concept of ``kind`` that shares anything with it."""
    found: dict[str, float] = defaultdict(float)
    for name, value in vector.items():
        for other in sharing(graph, kind, name):
            found[other] += value * vectors[other][name]
    return found


def sharing(graph: Known, kind: str, held: str) -> list[str]:
    """Concepts of ``kind`` with this word, function or family; none where nearly all have it."""
    found = graph.holding.get((kind, held), [])
    return found if len(found) <= COMMON else []


def parts(graph: Known, key: str) -> dict[str, Weights]:
    """For every concept of the other kind what speaks for it as a partner of ``key``; known partners among them."""
    kind = OTHER[graph.kinds[key]]
    beside: dict[str, float] = defaultdict(float)
    for other, likeness in alike(graph, key).items():
        for partner in graph.partners[other]:
            beside[partner] += likeness
    for partner in list(graph.partners[key])[:PARTNERS]:
        if partner in graph.kinds:
            for other, likeness in alike(graph, partner).items():
                beside[other] += likeness
    functions = cosines(graph, graph.functions[key], graph.functions, kind)
    words = cosines(graph, graph.words[key], graph.words, kind)
    family, mapped = graph.families[key], math.log1p(graph.often.get(key, 0.0))
    every = graph.of_kind(kind)
    lifts = {other: _lift(graph, family, other) for other in {graph.families[one] for one in every}}
    return {
        other: Weights(
            neighbours=math.log1p(beside.get(other, 0.0)),
            functions=functions.get(other, 0.0),
            words=words.get(other, 0.0),
            families=lifts[graph.families[other]],
            often=mapped + math.log1p(graph.often.get(other, 0.0)),
        )
        for other in every
    }


def candidates(graph: Known, key: str, weights: Weights = LEARNED) -> list[Candidate]:
    """Every concept of the other kind, ranked as a partner of ``key``; known partners among them."""
    found = []
    for other, plain in parts(graph, key).items():
        weighed = tuple(weight * part for weight, part in zip(weights, plain, strict=True))
        # Rounded, so that the last bits of a sum never decide an order.
        found.append(Candidate(other, round(sum(weighed), 6), *weighed))
    found.sort(key=lambda one: (-one.score, one.key))
    return found


def _lift(graph: Known, family: str, other: str) -> float:
    """Logarithm of how many more mappings lead from one family to the other than chance would; 0 where either is unknown."""
    if not family or not other:
        return 0.0
    expected = graph.in_family[family] * graph.in_family[other] / max(1, graph.in_family.total() // 2)
    return math.log((graph.family_pairs[family, other] + 0.5) / (expected + 0.5))

"""What the graph knows at a moment: which mechanism became which technique, of what family, by which functions and words.

It can be the whole graph, or what its papers up to a year had stated. Then only mappings first stated by that year count, with
the functions that papers of these years name, and only the names and families of concepts: aliases, and the functions that a
concept carries by itself, may stem from later papers.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from kg.model import Concept
from queries.words import content_words, stem

if TYPE_CHECKING:
    from kg.view import View


class Fact(NamedTuple):
    """A mapping, and the years in which the first and the last paper state it; ``None`` where no paper is dated."""

    mapping: str
    mechanism: str
    technique: str
    relation: str
    functions: tuple[str, ...]
    first: int | None = None
    last: int | None = None


def facts(view: View, *, dated: bool = False) -> list[Fact]:
    """All mappings with their first years; the last ones only where asked, since that reads every paper that states one."""
    found = [Fact(one.key, one.mechanism, one.technique, one.relation, one.functions) for one in view.mappings()]
    if not dated:
        begun = {one.mapping: int(one.published[:4]) for one in view.appearances() if one.published[:4].isdecimal()}
        return [fact._replace(first=begun.get(fact.mapping)) for fact in found]
    statements = view.statements(fact.mapping for fact in found)
    year_of = {paper: view.paper(paper).year for paper in dict.fromkeys(paper for _, paper in statements)}
    years: dict[str, list[int]] = defaultdict(list)
    for mapping, paper in statements:
        if (year := year_of[paper]) is not None:
            years[mapping].append(year)
    return [fact._replace(first=min(years[fact.mapping]), last=max(years[fact.mapping])) for fact in found if years[fact.mapping]]


def words_of(name: str) -> frozenset[str]:
    """Stems of the words of a name: "spiking neural networks" and "spiking neural network" are one."""
    return frozenset(stem(word) for word in content_words(name.replace("-", " "))) or frozenset(name.casefold().split())


Vector = dict[str, float]
FADES = 5.0
"""Years after which what fades of a mapping's weight has sunk to 1/e."""


DOUBT = 2.0
"""About the weight of one mention of a function: what one mapping alone says that a concept does counts less."""


@dataclass(slots=True)
class Known:
    """The graph for ranking. Every key is a concept's; ``partners`` leads from either side to the other and the mappings."""

    kinds: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    """Words of the name, then of each alias."""
    families: dict[str, str] = field(default_factory=dict)
    partners: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(dict))
    pairs: set[tuple[str, str]] = field(default_factory=set)
    """(mechanism, technique) that any paper speaks of, contrasts among them."""
    words: dict[str, Vector] = field(default_factory=dict)
    """Of length 1 each; what is rare weighs more."""
    functions: dict[str, Vector] = field(default_factory=dict)
    """What is rare weighs more. Of length 1 nearly, if many mappings say so; shorter, if one or two do (:data:`DOUBT`)."""
    family_pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many pairs lead from one family to another, under both orders."""
    in_family: Counter[str] = field(default_factory=Counter)
    """How many of these pairs each family takes part in."""
    often: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """How often a concept is mapped; what was first stated long ago, or nobody knows when, counts half (:data:`FADES`)."""
    holding: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """(kind, word of the name, function or family) to the concepts that have it."""
    called: dict[tuple[str, frozenset[str]], list[str]] = field(default_factory=lambda: defaultdict(list))
    """(kind, all words of the name or of an alias) to the concepts that are called so."""

    def of_kind(self, kind: str) -> list[str]:
        return [key for key, its in self.kinds.items() if its == kind]


def known(concepts: Iterable[Concept], stated: Iterable[Fact], *, until: int | None = None) -> Known:
    """What the graph knows, or what it knew at the end of the year ``until``."""
    every = {concept.key: concept for concept in concepts if concept.kind in ("mechanism", "technique")}
    graph = Known()
    served: dict[str, Counter[str]] = defaultdict(Counter)
    number = 0
    stated = list(stated)
    now = until if until is not None else max((fact.first for fact in stated if fact.first is not None), default=0)
    for fact in stated:
        if until is not None and (fact.first is None or fact.first > until):
            continue
        graph.pairs.add((fact.mechanism, fact.technique))
        if fact.relation == "contrasts":
            continue
        number += 1
        weight = 0.5 + (math.exp((fact.first - now) / FADES) / 2 if fact.first is not None else 0.0)
        for one, other in ((fact.mechanism, fact.technique), (fact.technique, fact.mechanism)):
            graph.partners[one].setdefault(other, []).append(fact.mapping)
            graph.often[one] += weight
            if until is None or (fact.last is not None and fact.last <= until):
                counted = served[one]
                for function in fact.functions:
                    counted[function] += 1
    spoken_of = {key for pair in graph.pairs for key in pair}
    for key, concept in sorted(every.items()):
        own = concept.functions if until is None else ()
        if key not in spoken_of and not own:
            continue  # nothing is known of it
        served[key].update(set(own) - served[key].keys())
        aliases = concept.aliases if until is None else ()
        graph.kinds[key], graph.families[key] = concept.kind, concept.parent or ""
        graph.names[key] = tuple(words_of(name) for name in (concept.name, *aliases))
    _weigh(graph, served, number)
    return graph


def _weigh(graph: Known, served: dict[str, Counter[str]], number: int) -> None:
    """Words and functions as vectors of length 1, the index over them, and the counts between families."""
    common = Counter(word for key in graph.kinds for word in graph.names[key][0])
    usual = Counter(function for key in graph.kinds for function in served[key])
    for key, kind in graph.kinds.items():
        graph.words[key] = _to_one({word: math.log(len(graph.kinds) / common[word]) for word in graph.names[key][0]})
        times = {function: math.log1p(count) for function, count in served[key].items()}
        graph.functions[key] = _to_one({f: count * math.log(1 + number / usual[f]) for f, count in times.items()}, DOUBT)
        for held in (*graph.words[key], *graph.functions[key], *filter(None, [graph.families[key]])):
            graph.holding[kind, held].append(key)
        for words in dict.fromkeys(graph.names[key]):
            graph.called[kind, words].append(key)
        for other in graph.partners[key]:
            if graph.families[key] and graph.families.get(other):
                graph.family_pairs[graph.families[key], graph.families[other]] += 1
                graph.in_family[graph.families[key]] += 1


def _to_one(vector: Vector, doubt: float = 0.0) -> Vector:
    """``vector`` with length 1, or less the less it outweighs ``doubt``."""
    length = math.sqrt(sum(value * value for value in vector.values()) + doubt * doubt)
    return {name: value / length for name, value in sorted(vector.items())} if length else {}

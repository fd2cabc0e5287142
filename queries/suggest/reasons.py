"""Why a pair is suggested, in words, and the mappings from which it is inferred: each row leans on what papers state."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from kg.view import View
from queries.cite import readable
from queries.suggest.known import Known
from queries.suggest.rank import Candidate, alike
from queries.words import content_words, stem

MOST = 3
"""Likenesses that a row tells; the strongest."""
TOLD = 0.005
"""What counts less would read 0.00."""


class Reasons(NamedTuple):
    """What speaks for a pair, the strongest first, then what speaks against it, and keys of the mappings behind it.

    The numbers at the beginning of the lines add up to the score of the pair, but for their rounding.
    """

    why: tuple[str, ...]
    mappings: tuple[str, ...]


class _Likeness(NamedTuple):
    strength: float
    asked: str
    like: str
    partner: str
    mappings: tuple[str, ...]


def reasons(view: View, graph: Known, mechanism: str, technique: str, candidate: Candidate) -> Reasons:
    """The reasons for ``mechanism`` → ``technique``, of which ``candidate`` holds the weights."""
    why: list[tuple[float, str]] = []
    behind: list[str] = []
    near = _likenesses(graph, mechanism, technique)
    if near:
        told = "; ".join(_told(view, graph, one) for one in near)
        why.append((candidate.neighbours, told))
        behind += [key for one in near for key in one.mappings[:1]]
    if shared := sorted(graph.functions[mechanism].keys() & graph.functions[technique].keys()):
        served = [readable(view.concept(key).name) for key in shared]
        why.append((candidate.functions, f"both serve: {', '.join(served)}"))
    if words := graph.words[mechanism].keys() & graph.words[technique].keys():
        why.append((candidate.words, f"their names share: {_spoken(view.concept(mechanism).name, words)}"))
    family, other = graph.families[mechanism], graph.families[technique]
    if candidate.families:
        number = graph.family_pairs[family, other]
        counted = "1 mapping leads" if number == 1 else f"{number or 'no'} mappings lead"
        fewer = "" if candidate.families > 0 else ", fewer than the sizes of the two would let expect"
        why.append((candidate.families, f"{counted} from {view.concept(family).name} to {view.concept(other).name}{fewer}"))
        behind += _between(graph, family, other) if candidate.families > 0 else []
    if candidate.often:
        mapped = " and ".join(f"{view.concept(key).name} {_times(graph, key)}" for key in (mechanism, technique))
        why.append((candidate.often, f"how often each was used: {mapped}"))
    for key in (mechanism, technique):  # what says that each side does what both do
        behind += [mappings[0] for _, mappings in sorted(graph.partners[key].items())][:1]
    counting = sorted((reason for reason in why if abs(reason[0]) >= TOLD), key=lambda reason: -reason[0])
    return Reasons(tuple(f"{worth:.2f} {words}" for worth, words in counting), tuple(dict.fromkeys(behind)))


def _times(graph: Known, key: str) -> str:
    """How many mappings other than contrasts the concept has."""
    number = sum(map(len, graph.partners[key].values()))
    return "in 1 mapping" if number == 1 else f"in {number or 'no'} mappings"


def _likenesses(graph: Known, mechanism: str, technique: str) -> list[_Likeness]:
    """Known mappings of the technique from what is like the mechanism, and of the mechanism to what is like the technique."""
    found = []
    for asked, across in ((mechanism, technique), (technique, mechanism)):
        near = alike(graph, asked)
        for partner, mappings in graph.partners[across].items():
            if near.get(partner):
                found.append(_Likeness(near[partner], asked, partner, across, tuple(mappings)))
    found.sort(key=lambda one: (-one.strength, one.like, one.partner))
    return found[:MOST]


def _told(view: View, graph: Known, one: _Likeness) -> str:
    like, partner, asked = (view.concept(key).name for key in (one.like, one.partner, one.asked))
    verb = "became" if graph.kinds[one.asked] == "mechanism" else "came of"
    common = []
    if words := graph.words[one.asked].keys() & graph.words[one.like].keys():
        common.append(f"words {_spoken(asked, words)}")
    if graph.functions[one.asked].keys() & graph.functions[one.like].keys():
        common.append("function")
    if graph.families[one.asked] and graph.families[one.asked] == graph.families[one.like]:
        common.append("family")
    if both := sorted(graph.partners[one.asked].keys() & graph.partners[one.like].keys()):
        common.append(f"both {'became' if verb == 'became' else 'come of'} {view.concept(both[0]).name}")
    return f"{like} {verb} {partner}, and is like {asked} ({', '.join(common)})"


def _spoken(name: str, stems: Collection[str]) -> str:
    """The words of ``name`` that have these stems, as they stand in it."""
    return ", ".join(word for word in content_words(name.replace("-", " ")) if stem(word) in stems) or name


def _between(graph: Known, family: str, other: str) -> list[str]:
    """One mapping from a mechanism of the one family to a technique of the other."""
    for mechanism in graph.holding.get(("mechanism", family), ()):
        for technique, mappings in sorted(graph.partners[mechanism].items()):
            if graph.families.get(technique) == other:
                return mappings[:1]
    return []

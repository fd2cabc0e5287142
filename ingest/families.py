"""Which family a new name belongs to: the one whose members are named most alike, and whose own words it uses."""

from __future__ import annotations

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ingest.likeness import GENERIC
from ingest.wordforms import letters, normal, stem, stems
from kg.errors import Unreadable
from kg.model import Concept, Kind, concept_key

LEAST = 0.22
"""Least likeness to a family at which a name is put into it; below, it stays without."""

_LETTERS = 0.5
"""What a run of letters counts beside a whole word."""
_KEYWORDS = 1.5
"""What the words written down for a family count beside its members' names."""

Vector = dict[str, float]


class Family(NamedTuple):
    """A family, the domain of its members, and how near the name is to it (about 0 to 2)."""

    key: str | None
    domain: str | None
    score: float


class Families:
    """The families of ``concepts`` of one kind, by the names of their members."""

    def __init__(self, kind: Kind, concepts: Iterable[Concept]) -> None:
        self._kind = kind
        self._family: list[str] = []
        self._domain: dict[str, Counter[str]] = defaultdict(Counter)
        bags: list[Counter[str]] = []
        for concept in concepts:
            if concept.kind != kind or concept.parent is None:
                continue
            names = dict.fromkeys(map(normal, (concept.name, *concept.aliases)))
            bags.append(Counter(feature for name in names for feature in _features(name)))
            self._family.append(concept.parent)
            if concept.domain:
                self._domain[concept.parent][concept.domain] += 1
        for family in dict.fromkeys(self._family):
            bags.append(Counter(_features(normal(family.partition(":")[2].replace("-", " ")))))
            self._family.append(family)
        seen = Counter(feature for bag in bags for feature in bag)
        self._unknown = math.log(1 + len(bags))
        self._worth = {feature: math.log((1 + len(bags)) / count) for feature, count in seen.items()}
        self._members: dict[str, list[tuple[int, float]]] = defaultdict(list)
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for number, bag in enumerate(bags):
            for feature, value in self._unit(bag).items():
                self._members[feature].append((number, value))
                sums[self._family[number]][feature] += value  # type: ignore[assignment]
        self._length = {family: math.sqrt(sum(v * v for v in total.values())) or 1.0 for family, total in sums.items()}

    def nearest(self, text: str) -> Family:
        """The family that a normal ``text`` names a member of, or none where nothing speaks for one."""
        vector = self._unit(Counter(_features(text)))
        likeness: dict[int, float] = defaultdict(float)
        for feature, value in vector.items():
            for number, other in self._members.get(feature, ()):
                likeness[number] += value * other
        best: dict[str, float] = defaultdict(float)
        total: dict[str, float] = defaultdict(float)
        for number, near in likeness.items():
            family = self._family[number]
            best[family] = max(best[family], near)
            total[family] += near
        score = {family: best[family] + total[family] / self._length[family] for family in best}
        for family, share in self._spoken_for(text).items():
            score[family] = score.get(family, 0.0) + _KEYWORDS * share
        if not score:
            return Family(None, None, 0.0)
        # Ties go to the first name in the alphabet, so that the order of the concepts does not matter.
        key = min(score, key=lambda family: (-round(score[family], 9), family))
        if score[key] < LEAST:
            return Family(None, None, score[key])
        domains = self._domain[key]
        return Family(key, min(domains, key=lambda d: (-domains[d], d)) if domains else None, score[key])

    def _spoken_for(self, text: str) -> dict[str, float]:
        """For each known family the share of ``text``, by worth, that the words written down for it cover."""
        words = stems(text)
        whole = sum(self._worth.get(word, self._unknown) for word in words) or 1.0
        share: dict[str, float] = defaultdict(float)
        for word in words:
            for family, part in keywords(self._kind).get(word, ()):
                if family in self._length:
                    share[family] += part * self._worth.get(word, self._unknown) / whole
        return share

    def _unit(self, bag: Counter[str]) -> Vector:
        generic = GENERIC.get(self._kind, frozenset())
        vector = {
            feature: (1 + math.log(count))
            * self._worth.get(feature, self._unknown)
            * (_LETTERS if feature.startswith("~") else 0.3 if feature in generic else 1.0)
            for feature, count in bag.items()
        }
        length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        return {feature: value / length for feature, value in vector.items()}


def _features(text: str) -> list[str]:
    return [*stems(text), *("~" + run for run in letters(text))]


@cache
def keywords(kind: Kind) -> dict[str, tuple[tuple[str, float], ...]]:
    """Word stem → families that it speaks for, each with how much: less, the more families share it."""
    try:
        table = tomllib.loads(files("ingest").joinpath("lexicon", "families.toml").read_text(encoding="utf-8"))
        spoken: dict[str, set[str]] = defaultdict(set)
        for family, words in table.get(kind, {}).items():
            for word in (*words.split(), *family.split()):
                for part in normal(word).split():
                    spoken[stem(part)].add(concept_key("family", family))
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        raise Unreadable("families.toml", str(error)) from error
    return {word: tuple((family, len(found) ** -0.5) for family in sorted(found)) for word, found in spoken.items()}

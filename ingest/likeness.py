"""How surely two different names mean one concept: a few comparisons of their words, weighed by what readers held to be one.

A logistic sum of sixteen comparisons. The weights are fitted on names of one concept and of its nearest rivals, from papers that
were held out (see :mod:`ingest._train_likeness`); they are few enough to be read here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.wordforms import ARTICLES, SMALL, head, letters, stem, stems
from kg.model import Kind

# Words that a name of the kind may have or lack and still mean the same.
_ANY = "mechanism process system method technique approach algorithm model framework strategy novel new proposed principle"
_GENERIC_WORDS: dict[Kind, str] = {
    "mechanism": f"{_ANY} human biological animal natural theory biology nature living organism property brain neural cognition "
    "behavior function structure concept idea phenomenon ability capability way study research real mammalian mammal vertebrate",
    "technique": f"{_ANY} based scheme neural network learning machine deep artificial architecture computational inspired "
    "robot agent module layer system task problem design paradigm application performance",
}
GENERIC: dict[Kind, frozenset[str]] = {kind: frozenset(map(stem, words.split())) for kind, words in _GENERIC_WORDS.items()}
_NONE: frozenset[str] = frozenset()
GENERIC_WORTH = 0.15
"""What a word that any name may carry counts, where a word of one name in a thousand counts about seven."""

FEATURES = (
    "one", "overlap", "covered", "covers", "head", "head elsewhere", "letters", "order", "lacking", "surplus", "rare", "alias",
    "same words", "whole name", "whole name and head", "rare name",
)  # fmt: skip
WEIGHTS: dict[Kind, tuple[float, ...]] = {
    "mechanism": (-10.30, 2.01, 0.77, 4.44, -0.68, -0.31, 2.53, 0.86, -0.11, 0.10, 3.37, -0.17, 0.74, -2.18, 0.16, 2.08),
    "technique": (-8.56, 1.97, -0.13, 2.62, -0.22, -0.03, 2.81, 0.41, -1.43, -1.03, 2.88, 0.36, -0.28, -1.31, 0.08, 2.07),
    "function": (-30.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00),
}


@dataclass(frozen=True, slots=True)
class Form:
    """One name in the form in which it is compared."""

    text: str
    stems: frozenset[str]
    head: str
    letters: frozenset[str]
    alias: bool = False

    @classmethod
    def of(cls, normal_text: str, *, alias: bool = False) -> Form:
        return cls(normal_text, stems(normal_text), head(normal_text), letters(normal_text), alias)

    def says_something(self, kind: Kind) -> bool:
        """Whether any of its words is not one that every name of the kind may carry: "the brain" and "model" say nothing."""
        return not self.stems <= GENERIC.get(kind, _NONE)


class Worth:
    """What each word stem counts when names are compared: rare ones much, generic ones little."""

    def __init__(self, kind: Kind, forms: Iterable[Form]) -> None:
        self._generic = GENERIC.get(kind, _NONE)
        seen: Counter[str] = Counter()
        total = 1
        for form in forms:
            total += 1
            seen.update(form.stems)
        self._rare = math.log(1 + total)
        self._worth = {word: math.log(1 + total / count) for word, count in seen.items()}

    def of(self, words: Iterable[str]) -> float:
        return sum(GENERIC_WORTH if word in self._generic else self._worth.get(word, self._rare) for word in words)

    @property
    def rare(self) -> float:
        return self._rare


def features(kind: Kind, mention: Form, name: Form, worth: Worth) -> tuple[float, ...]:
    """The comparisons of :data:`FEATURES`, each about 0 to 1."""
    generic = GENERIC.get(kind, _NONE)
    shared = mention.stems & name.stems
    both, ours, theirs = worth.of(shared), worth.of(mention.stems), worth.of(name.stems)
    near = 2 * len(mention.letters & name.letters) / ((len(mention.letters) + len(name.letters)) or 1)
    same = mention.head == name.head
    elsewhere = not same and (
        (mention.head in generic and name.head in mention.stems) or (name.head in generic and mention.head in name.stems)
    )
    lacking, surplus = len(name.stems - shared - generic), len(mention.stems - shared - generic)
    whole = not lacking
    return (
        1.0,
        2 * both / ((ours + theirs) or 1),
        both / (ours or 1),
        both / (theirs or 1),
        float(same),
        float(elsewhere),
        near,
        float(_in_order(mention.text, name.text)),
        min(3, lacking) / 3,
        min(3, surplus) / 3,
        max((worth.of((word,)) for word in shared), default=0.0) / worth.rare,
        float(name.alias),
        float(whole and not surplus),
        float(whole),
        float(whole and same),
        float(whole) * theirs / (3 * worth.rare),
    )


def likeness(kind: Kind, mention: Form, name: Form, worth: Worth) -> float:
    """Probability that both name one concept, between 0 and 1."""
    total = sum(w * x for w, x in zip(WEIGHTS[kind], features(kind, mention, name, worth), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _in_order(mention: str, name: str) -> bool:
    """Whether all telling words of one are in the other in the same order."""
    ours = [stem(w) for w in mention.split() if w not in SMALL and w not in ARTICLES]
    theirs = [stem(w) for w in name.split() if w not in SMALL and w not in ARTICLES]
    short, long = sorted((ours, theirs), key=len)
    rest = iter(long)
    return bool(short) and all(word in rest for word in short)

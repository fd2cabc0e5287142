"""Words of a paper → the concept that they name.

A name or alias that is equal but for case, number, articles, quotes and hyphens names its concept (score 1). Else the concept
must say the same in other words: the same head word and nearly the same word stems. Two concepts wrongly merged are worse than
one kept twice, so anything less becomes a new, *proposed* concept under the family whose words are nearest.

Only curated concepts are matched against. What a mention grounds to therefore does not depend on which papers came before it,
and reading the same papers twice, in any order, gives the same graph; a proposed concept is found again because equal
mentions propose equal names.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from kg.errors import Unreadable
from kg.model import Concept, Kind, Profile, concept_key

ACCEPT = 0.86
"""Least weighted overlap of word stems at which a mention is taken for a known concept."""

LEXICON: tuple[tuple[Kind, str], ...] = (("mechanism", "mechanisms.toml"), ("technique", "techniques.toml"))

_ARTICLES = frozenset("the a an our their its his her this that these those such some certain any various".split())
_SMALL = frozenset(
    "of in on for to and or by with from as at via into is are be being than between across through how that".split()
)
# Words that a name of the kind may have or lack and still mean the same.
_ANY = "mechanism process system method technique approach algorithm model framework strategy novel new proposed principle"
_GENERIC_WORDS: dict[Kind, str] = {
    "mechanism": f"{_ANY} human biological animal natural theory biology nature living organism property",
    "technique": f"{_ANY} based scheme",
}
_ENDINGS = ("ization", "isation", "ically", "ation", "ings", "ing", "ical", "ies", "ive", "ed", "es", "al", "ic", "y", "s", "e")
_AFTER_HEAD = frozenset("of in on for to by with from as at via into that which during between across through under".split())
_BRACKETED = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_EDGES = "\"'“”‘’«».,;:!?()[]{}"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


class Grounding(NamedTuple):
    """The concept that a mention names, and how sure that is (0 to 1; a proposed concept has the score of its best rival)."""

    key: str
    name: str
    score: float
    concept: Concept


def singular(word: str) -> str:
    """``word`` in the singular, near enough to compare by: "chaperones" → "chaperone", "bodies" → "body", "epigenetics" stays."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "ics", "as", "ous", "'s", "’s")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word if word in {"species", "series"} else word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """``text`` as concepts are named: lower case, singular, without articles in front, quotes, brackets, stops or hyphens."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = [singular(w.removesuffix("'s").removesuffix("’s")) for w in _WORD.findall(_BRACKETED.sub(" ", folded))]
    if not words:
        words = _WORD.findall(folded)
    while len(words) > 1 and words[0] in _ARTICLES:
        words.pop(0)
    return " ".join(words)


def readable(text: str) -> str:
    """``text`` as the name of a new concept: like :func:`normal`, but hyphens stay and only the head word is made singular."""
    words = [w.strip(_EDGES) for w in _BRACKETED.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split()]
    words = [w for w in words if w]
    while len(words) > 1 and words[0] in _ARTICLES:
        words.pop(0)
    if words:
        cut = next((i for i, w in enumerate(words) if i and w in _AFTER_HEAD), len(words)) - 1
        words[cut] = singular(words[cut])
    return " ".join(words)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The part of ``word`` that its relatives share: "regularization", "regularizer" and "regularize" have one stem."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _bag(text: str) -> frozenset[str]:
    return frozenset(stem(w) for w in text.split() if w not in _SMALL and w not in _ARTICLES)


def _head(text: str) -> str:
    """The word that says what kind of thing ``text`` names: the last one before "of", "for" and the like."""
    words = text.split()
    cut = next((i for i, w in enumerate(words) if i and w in _AFTER_HEAD), len(words))
    return stem(words[cut - 1]) if words else ""


_GENERIC = {kind: frozenset(map(stem, words.split())) for kind, words in _GENERIC_WORDS.items()}
_NONE: frozenset[str] = frozenset()


class Grounder:
    """Finds the concept that a mention names, among ``concepts`` (families among them give proposed concepts a parent)."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._exact: dict[tuple[Kind, str], Concept] = {}
        self._forms: dict[Kind, list[tuple[frozenset[str], str, Concept]]] = defaultdict(list)
        self._by_stem: dict[tuple[Kind, str], list[int]] = defaultdict(list)
        self._parents = _Families()
        curated = [c for c in concepts if c.status == "curated" and c.kind in ("mechanism", "technique", "function")]
        seen: Counter[str] = Counter()
        # Names before aliases: an alias never hides a concept of that very name.
        for concept in curated:
            self._exact.setdefault((concept.kind, normal(concept.name)), concept)
        for concept in curated:
            for form in dict.fromkeys((normal(concept.name), *map(normal, concept.aliases))):
                self._exact.setdefault((concept.kind, form), concept)
                bag = _bag(form)
                if not bag or self._exact[concept.kind, form] is not concept:
                    continue
                for word in bag:
                    self._by_stem[concept.kind, word].append(len(self._forms[concept.kind]))
                self._forms[concept.kind].append((bag, _head(form), concept))
                seen.update(bag)
            self._parents.add(concept)
        total = sum(map(len, self._forms.values())) + 1
        self._weight = {word: math.log(1 + total / count) for word, count in seen.items()}
        self._rare = math.log(1 + total)

    def ground(self, kind: Kind, mention: str, concept_name: str = "") -> Grounding:
        """The concept of ``kind`` that ``mention`` (words of the text) or ``concept_name`` (the reader's name for it) names."""
        forms = [form for form in dict.fromkeys((normal(concept_name), normal(mention))) if form]
        for form in forms:
            if found := self._exact.get((kind, form)):
                return Grounding(found.key, found.name, 1.0, found)
        best, score = max((self._nearest(kind, form) for form in forms), key=lambda pair: pair[1], default=(None, 0.0))
        if best is not None and score >= ACCEPT:
            return Grounding(best.key, best.name, round(score, 3), best)
        new = self._propose(kind, forms, mention, concept_name)
        return Grounding(new.key, new.name, round(score, 3), new)

    def _nearest(self, kind: Kind, form: str) -> tuple[Concept | None, float]:
        bag, head, generic = _bag(form), _head(form), _GENERIC.get(kind, _NONE)
        shared: Counter[int] = Counter()
        for word in bag:
            if word not in generic:
                shared.update(self._by_stem.get((kind, word), ()))
        best: tuple[Concept | None, float] = (None, 0.0)
        for number in shared:
            other, other_head, concept = self._forms[kind][number]
            score = self._overlap(bag, other, generic)
            if not _same_head(head, other_head, bag, other, generic):
                score *= 0.5
            # Ties go to the first name in the alphabet, so that the order of the concepts does not matter.
            if score > best[1] or (score == best[1] and best[0] is not None and concept.name < best[0].name):
                best = (concept, score)
        return best

    def _overlap(self, a: frozenset[str], b: frozenset[str], generic: frozenset[str]) -> float:
        """Weighted F1 of two bags of stems: rare words count more, words that any name may carry count little."""

        def worth(bag: frozenset[str]) -> float:
            return sum(0.15 if word in generic else self._weight.get(word, self._rare) for word in bag)

        both = worth(a & b)
        return 2 * both / (worth(a) + worth(b)) if both else 0.0

    def _propose(self, kind: Kind, forms: list[str], mention: str, concept_name: str) -> Concept:
        name = readable(concept_name) or readable(mention) or "unnamed"
        alias = " ".join(mention.split())
        aliases = (alias,) if alias and readable(alias) != name else ()
        parent, domain = self._parents.nearest(kind, " ".join(forms))
        return Concept(kind=kind, name=name, aliases=aliases, parent=parent, domain=domain, status="proposed")


def _same_head(head: str, other_head: str, bag: frozenset[str], other: frozenset[str], generic: frozenset[str]) -> bool:
    """Whether two names speak of the same kind of thing; a head that any name may carry ("system") gives way to the rest."""
    if head == other_head:
        return True
    return (head in generic and other_head in bag) or (other_head in generic and head in other)


class _Families:
    """Which family a new name belongs to, by the words that the names of each family's members use."""

    def __init__(self) -> None:
        self._members: Counter[tuple[Kind, str]] = Counter()
        self._words: dict[tuple[Kind, str], Counter[str]] = defaultdict(Counter)
        self._domain: dict[tuple[Kind, str], Counter[str]] = defaultdict(Counter)

    def add(self, concept: Concept) -> None:
        if concept.parent is None:
            return
        family = (concept.kind, concept.parent)
        for word in frozenset().union(*map(_bag, (normal(n) for n in (concept.name, *concept.aliases)))):
            self._words[concept.kind, word][concept.parent] += 1
        if not self._members[family]:
            # The family's own words speak for it as much as several members do.
            for word in _bag(normal(concept.parent.split(":", 1)[-1].replace("-", " "))):
                self._words[concept.kind, word][concept.parent] += 3
        self._members[family] += 1
        if concept.domain:
            self._domain[family][concept.domain] += 1

    def nearest(self, kind: Kind, text: str) -> tuple[str | None, str | None]:
        score: dict[str, float] = defaultdict(float)
        for word in _bag(text) - _GENERIC.get(kind, _NONE):
            spread = self._words.get((kind, word))
            if spread:
                total = sum(spread.values())
                for family, count in spread.items():
                    score[family] += count / (total + 2)
        if not score:
            return None, None
        parent = min(score, key=lambda family: (-score[family], family))
        if score[parent] < 0.3:
            return None, None
        domains = self._domain[kind, parent]
        return parent, (min(domains, key=lambda d: (-domains[d], d)) if domains else None)


@cache
def lexicon_concepts() -> tuple[Concept, ...]:
    """The concepts of the hand-written lexicon, mechanisms first."""
    found: list[Concept] = []
    for kind, name in LEXICON:
        source = files("ingest").joinpath("lexicon", name)
        try:
            table = tomllib.loads(source.read_text(encoding="utf-8"))
            found.extend(_concept(kind, title, entry) for title, entry in table.items())
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise Unreadable(name, str(error)) from error
    return tuple(found)


def _concept(kind: Kind, name: str, entry: Mapping[str, Any]) -> Concept:
    profile = entry.get("profile")
    return Concept(
        kind=kind,
        name=name,
        aliases=tuple(entry.get("aliases", ())),
        see=tuple(sorted(entry.get("see", ()))),
        parent=concept_key("family", entry["family"]),
        functions=tuple(concept_key("function", function) for function in entry["functions"]),
        definition=entry["definition"],
        status="curated",
        profile=None if profile is None else _profile(**profile),
    )


def _profile(*, sense: str, respond: str, act: str, knobs: Mapping[str, float] | None = None, reference: str = "") -> Profile:
    return Profile(sense=sense, respond=respond, act=act, knobs=tuple(sorted((knobs or {}).items())), reference=reference)

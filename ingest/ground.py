"""Words of a paper → the concept that they name.

A name or alias that is equal but for case, number, articles, quotes, hyphens and American or British spelling names its concept
(score 1), and so does a short form that the text explains or that only one concept's name shortens to. Else the concept must
be named nearly the same (:mod:`ingest.likeness`). Two concepts wrongly merged are worse than one kept twice, so anything less
becomes a new, *proposed* concept in the family whose members are named most alike (:mod:`ingest.families`). Words that say
nothing of their own ("the brain", "model") are never taken for another concept than the one of that very name.

Only curated concepts are matched against. What a mention grounds to therefore does not depend on which papers came before it,
and reading the same papers twice, in any order, gives the same graph; a proposed concept is found again because equal
mentions propose equal names.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, TypeVar

from ingest.acronyms import expanded, initials, is_acronym
from ingest.families import Families
from ingest.likeness import GENERIC, Form, Worth, likeness
from ingest.wordforms import normal, readable, singular, stem, stems
from kg.errors import Unreadable
from kg.model import Concept, Kind, Profile, concept_key

__all__ = ["ACCEPT", "Grounder", "Grounding", "lexicon_concepts", "normal", "readable", "singular", "stem"]

ACCEPT: dict[Kind, float] = {"mechanism": 0.55, "technique": 0.6}
"""Least probability of being one at which a mention is taken for a known concept of another name."""

LEXICON: tuple[tuple[Kind, str], ...] = (
    ("mechanism", "mechanisms.toml"),
    ("mechanism", "regulation.toml"),
    ("technique", "techniques.toml"),
)

T = TypeVar("T")

_KINDS: tuple[Kind, ...] = ("mechanism", "technique", "function")
_SHORT_FORM = 0.9
"""Score of a short form that the text does not explain and one concept's name shortens to."""
_REWORDED = 0.9
"""Score of a name made of the same word stems in another order or form: of 32 such on held-out papers 29 were right."""
_RIVALS = 12
"""Names that share the most words with a mention, of which the nearest is looked for."""


class Grounding(NamedTuple):
    """The concept that a mention names, and how sure that is (0 to 1; a proposed concept has the score of its best rival)."""

    key: str
    name: str
    score: float
    concept: Concept


class Grounder:
    """Finds the concept that a mention names, among ``concepts`` (families among them give proposed concepts a parent)."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        curated = [c for c in concepts if c.status == "curated"]
        self._names = {kind: Names(kind, [c for c in curated if c.kind == kind]) for kind in _KINDS}

    def ground(self, kind: Kind, mention: str, concept_name: str = "", *, text: str = "") -> Grounding:
        """The concept of ``kind`` that ``mention`` (words of the text) or ``concept_name`` (the reader's name for it) names.

        Args:
            text: what the mention was read in, for short forms that it explains.
        """
        if text:
            mention, concept_name = expanded(mention, text), expanded(concept_name, text)
        names = self.names(kind)
        forms = [form for form in dict.fromkeys((normal(concept_name), normal(mention))) if form]
        for form in forms:
            if found := names.called(form):
                return Grounding(found.key, found.name, 1.0, found)
        for form in forms:
            if same := names.reworded(form):
                return Grounding(same.key, same.name, _REWORDED, same)
        for word in (mention, concept_name):
            if is_acronym(word) and (short := names.shortened(word)):
                return Grounding(short.key, short.name, _SHORT_FORM, short)
        best, score = max((names.nearest(form) for form in forms), key=lambda pair: pair[1], default=(None, 0.0))
        if best is not None and score >= ACCEPT.get(kind, 1.0):
            return Grounding(best.key, best.name, round(score, 3), best)
        new = _proposed(kind, names, forms, mention, concept_name)
        return Grounding(new.key, new.name, round(score, 3), new)

    def names(self, kind: Kind) -> Names:
        """All names of the concepts of ``kind``."""
        return self._names.get(kind) or Names(kind, ())


class Names:
    """All names of the concepts of one kind, and the ways to look one up."""

    def __init__(self, kind: Kind, concepts: Iterable[Concept]) -> None:
        self._kind = kind
        self._concepts = _united(concepts)
        self._exact: dict[str, Concept] = {}
        self._forms: list[tuple[Form, Concept]] = []
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        self._families: Families | None = None
        generic = GENERIC.get(kind, frozenset())
        # Names before aliases: an alias never hides a concept of that very name.
        for concept in self._concepts:
            self._exact.setdefault(normal(concept.name), concept)
        for concept in self._concepts:
            name = normal(concept.name)
            for text in dict.fromkeys((name, *map(normal, concept.aliases))):
                form = Form.of(text, alias=text != name)
                # "Brain" as an alias of one thing that brains do would draw every brain to it.
                if form.alias and not form.says_something(kind) and Form.of(name).says_something(kind):
                    continue
                if form.stems and self._exact.setdefault(text, concept) is concept:
                    for word in form.stems - generic:
                        self._by_stem[word].append(len(self._forms))
                    self._forms.append((form, concept))
        self.worth = Worth(kind, (form for form, _ in self._forms))
        self._total = [self.worth.of(form.stems) for form, _ in self._forms]
        self._short = _unambiguous((initials(form.text), concept) for form, concept in self._forms)
        self._reworded = _unambiguous((form.stems, concept) for form, concept in self._forms)

    def called(self, form: str) -> Concept | None:
        """The concept of exactly this normal name or alias."""
        return self._exact.get(form)

    def shortened(self, acronym: str) -> Concept | None:
        """The only concept whose name shortens to ``acronym``; two letters shorten too much."""
        letters = "".join(letter for letter in normal(acronym) if letter.isalnum())
        return self._short.get(letters) if len(letters) >= 3 else None

    def reworded(self, form: str) -> Concept | None:
        """The only concept with a name of the same words in another order or form: "spiking of neurons", "neuronal spiking"."""
        return self._reworded.get(stems(form))

    def nearest(self, text: str) -> tuple[Concept | None, float]:
        """The concept named most like the normal ``text``, and the probability that it is meant."""
        mention = Form.of(text)
        if not mention.says_something(self._kind):
            return None, 0.0
        best: tuple[Concept | None, float] = (None, 0.0)
        for form, concept in self.promising(mention):
            score = likeness(self._kind, mention, form, self.worth)
            # Ties go to the first name in the alphabet, so that the order of the concepts does not matter.
            if score > best[1] or (score == best[1] and best[0] is not None and concept.name < best[0].name):
                best = (concept, score)
        return best

    def promising(self, mention: Form) -> list[tuple[Form, Concept]]:
        """The names, with their concepts, that share the most words with ``mention``, rare words above all."""
        shared: dict[int, float] = defaultdict(float)
        for word in sorted(mention.stems):
            for number in self._by_stem.get(word, ()):
                shared[number] += self.worth.of((word,))
        share = {number: worth / (self._total[number] + self.worth.of(mention.stems)) for number, worth in shared.items()}
        return [self._forms[number] for number in sorted(share, key=lambda n: (-share[n], self._forms[n][0].text, n))[:_RIVALS]]

    def family(self, text: str) -> tuple[str | None, str | None]:
        """The family, and its domain, that a concept named like the normal ``text`` belongs to."""
        if self._families is None:
            self._families = Families(self._kind, self._concepts)
        found = self._families.nearest(text)
        return found.key, found.domain


def _united(concepts: Iterable[Concept]) -> list[Concept]:
    """One concept for each key, as the first tells it, with the aliases and functions of all."""
    found: dict[str, Concept] = {}
    for concept in concepts:
        first = found.get(concept.key)
        if first is not None:
            aliases = tuple(dict.fromkeys((*first.aliases, *concept.aliases)))
            functions = tuple(dict.fromkeys((*first.functions, *concept.functions)))
            concept = replace(first, aliases=aliases, functions=functions, domain=first.domain or concept.domain)
        found[concept.key] = concept
    return list(found.values())


def _unambiguous(named: Iterable[tuple[T, Concept]]) -> dict[T, Concept]:
    """What names a concept → the concept, but for what names several."""
    found: dict[T, Concept | None] = {}
    for name, concept in named:
        other = found.setdefault(name, concept)
        if other is not None and other is not concept:
            found[name] = None
    return {name: concept for name, concept in found.items() if concept is not None}


def _proposed(kind: Kind, names: Names, forms: list[str], mention: str, concept_name: str) -> Concept:
    name = readable(concept_name) or readable(mention) or "unnamed"
    alias = " ".join(mention.split())
    aliases = (alias,) if alias and readable(alias) != name else ()
    parent, domain = names.family(" ".join(forms))
    return Concept(kind=kind, name=name, aliases=aliases, parent=parent, domain=domain, status="proposed")


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

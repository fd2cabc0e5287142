"""A sentence in its place, what a rule finds in it, and the small cuts that the rules of prose share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import Place, quote
from ingest.extract._essay_outline import Extent
from ingest.extract._essay_sides import weigh
from ingest.extract._essay_verb import finite_verb
from kg.model import Relation

_BEFORE_CUE = re.compile(
    r"(?:\s*\b(?:that|which|who|can|could|may|might|will|would|should|to|is|are|was|were|be|been"
    r"|being|designed|built|trained|made|used|intended|meant|also|often"
    r"|directly|loosely|closely|more|itself|themselves|partly|explicitly|try|tries|attempt|attempts"
    r"|aim|aims|seek|seeks|,)\b,?)+\s*$",
    re.I,
)
_PRONOUN_START = re.compile(
    r"(?:we|you|one|they|researchers|engineers)\s+(?:(?:can|could|might|may|do|would|will"
    r"|should)\s+)?(?:develop\s+|build\s+|design\s+|create\s+)?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in its place: ``extent`` is the passage with the entry's head, ``start`` is where its own words begin."""

    extent: Extent
    start: int
    head: Extent | None
    where: Place
    before: tuple[tuple[Extent, int], ...]
    """The sentences before it in the same block, each with where its own words begin."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Two phrases that a rule found; ``around`` are the wider stretches by which their sides are told."""

    one: Extent
    two: Extent
    score: float
    why: str
    relation: Relation | None = None
    around: tuple[Extent, Extent] | None = None
    passages: tuple[Extent, ...] = ()
    names: tuple[str, str] = ("", "")
    listed: bool = False


Rule = Callable[[str, Sentence], Iterator[Hit]]


def last_part(text: str, start: int, end: int) -> Extent:
    """The part of ``start``..``end`` after its last dash or semicolon, without "e.g."."""
    cut = max((match.end() for match in re.finditer(r"—|;\s|\s[–—]\s|:\s", text[start:end])), default=0)
    part = phrase.trimmed(text, start + cut, end)
    if opening := re.match(r"(?:e\.g\.|i\.e\.|for example|that is),?\s+", quote(text, part), re.I):
        part = Extent(part.start + opening.end(), part.end)
    return part


def last_clause(text: str, part: Extent) -> Extent:
    """The last stretch between commas of ``part`` that has a subject and a verb of its own."""
    for comma in reversed(list(re.finditer(r",\s+", quote(text, part)))):
        rest = Extent(part.start + comma.end(), part.end)
        if finite_verb(quote(text, rest)) and not re.match(r"(?:and|or|which|that|who|but|to)\b|\w+ing\b", quote(text, rest)):
            return rest
    return part


def end_before_cue(text: str, start: int, end: int) -> int:
    """Where the noun phrase before a cue ends: "ANNs that can be designed to" ends after "ANNs"."""
    found = _BEFORE_CUE.search(text[start:end])
    return start + found.start() if found and found.start() > 1 else end


def without_pronoun(text: str, part: Extent) -> Extent:
    found = _PRONOUN_START.match(quote(text, part))
    return Extent(part.start + found.end(), part.end) if found else part


def names_technique(text: str, head: Extent) -> bool:
    return weigh(quote(text, head)).machine > 0

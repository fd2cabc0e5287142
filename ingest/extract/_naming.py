"""What to call the mechanism or technique that a paper speaks of: "generative replay" where its words are "our DGR-net".

The phrase that a text uses is often a clause, a proper name or a part of either; a concept wants the name by which others will
find it. Candidates are the likely phrases of the text, and what remains of them between small words or without words in front. A
small network scores each by how much of what the encoder read agrees with it, how often and where the text says it, and how
often its words are in such names; of the likely names the one is given that is nearest to all of them.

*Reference:* minimum Bayes risk decoding, Kumar and Byrne 2004 (ACL N04-1022).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy

from ingest.extract._choice import AGREES, Choice
from ingest.extract._encoder import Phrase
from ingest.extract._listwise import Floats, Network, agreement, shares, stored, unpacked
from ingest.likeness import GENERIC
from ingest.score import bag
from ingest.wordforms import ARTICLES, SMALL, readable
from ingest.wordforms import stems as stems_of

_FROM = 20
"""Likely phrases that names are made of."""
_LONGEST = 7
"""Words of a name that is a part of a phrase."""
_NEAR = 25
"""Likely names that are compared with one another."""
_CLOSENESS = 2.0
"""What the expected token F1 counts for beside the share of the names that agree in half their words."""
_CLOSE = 0.8
_OFTEN = 5
_FUNCTION_WORDS = """
we us it he she i they them you who whose which what when where while if because so not no only also both each all
during after before over under within without about toward towards against among along like than per using
was were has have had do does did can could may might must shall should will would such then there here
"""
_SMALL = SMALL | ARTICLES | set(_FUNCTION_WORDS.split())

_WORD = re.compile(r"\S+")
_PLAIN = re.compile(r"[\w\s'’/.,+-]*\w")
_SHAPE = re.compile(r"[a-z][A-Z]|[A-Z]{2}|\d")
_AFTER = re.compile(rf"\s*(?:$|[^\w\s(\[-])|\s+(?:[(\[]|(?:{'|'.join(sorted(_SMALL))})\b)", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:[^\w\s-]\s*|\b(?:{'|'.join(sorted(_SMALL))})\s+)$", re.IGNORECASE)
_UNFINISHED = re.compile(r"(?:al|ive|ic|ous|ary|ed|ing|able|based|driven|aware|like)$")
_STOPS = ".,;:!?"


class Name(NamedTuple):
    """A name for a concept, and the probability, 0 to 1, that it is near the right one."""

    words: str
    share: float


class Naming(NamedTuple):
    """What was learned of the names of one role: by stem the log odds that a word of a text is in them, and the networks."""

    odds: Mapping[str, float]
    network: Network


class Candidates(NamedTuple):
    """Names that might be right, with their features, shape (names, features)."""

    names: list[str]
    features: Floats


class _Part(NamedTuple):
    words: str
    begins: bool
    ends: bool


@cache
def naming() -> dict[str, Naming]:
    """What ships with the package, by role."""
    return {role: Naming(data["odds"], unpacked(data)) for role, data in stored("_naming.json.gz").items()}


def names(choice: Choice, learned: Mapping[str, Naming] | None = None) -> dict[str, Name]:
    """What to call the mechanism and the technique, by role; a role is left out if its phrase has no word that says anything."""
    named = ((role, name(candidates(choice, role, of.odds), of.network)) for role, of in (learned or naming()).items())
    return {role: found for role, found in named if found}


def name(candidates: Candidates, network: Network) -> Name | None:
    """The name to give and the share of the likely names that agree with it in half of their words."""
    if not candidates.names:
        return None
    likely = shares(candidates.features, network)
    near = numpy.argsort(-likely, kind="stable")[:_NEAR]
    stems = [_stems(candidates.names[number]) for number in near]
    alike = agreement(stems, stems)
    same = (alike >= AGREES) @ likely[near]
    best = int(numpy.argmax(same + _CLOSENESS * (alike @ likely[near])))
    return Name(candidates.names[near[best]], min(float(same[best]), 1.0))


def candidates(choice: Choice, role: str, odds: Mapping[str, float]) -> Candidates:
    """What the given phrase of a role may be called, by words of the text with such ``odds``."""
    text = _stems(f"{choice.title} {choice.abstract}")
    in_title, low = _stems(choice.title), f"{choice.title} . {choice.abstract}".lower()
    phrases, given = choice.phrases[role], choice.given[role]
    others = [phrase for other, those in choice.phrases.items() if other != role for phrase in those]
    mine, theirs = ([_stems(choice.words(phrase)) for phrase in those] for those in (phrases, others))
    parts: dict[str, _Part] = {}
    for part in _parts(phrases[:_FROM], choice):
        called = readable(part.words)
        if _PLAIN.fullmatch(called) and _says(called):
            had = parts.get(called)
            parts[called] = part if had is None else had._replace(begins=had.begins or part.begins, ends=had.ends or part.ends)
    if not parts:
        return Candidates([], numpy.zeros((0, 0)))
    stems = [_stems(called) for called in parts]
    weights, other_weights = (_normal([phrase.share for phrase in those]) for those in (phrases, others))
    alike = agreement(stems, mine)
    marginal: Counter[str] = Counter()
    for share, of in zip(weights, mine, strict=True):
        for stem in of:
            marginal[stem] += share
    weight = sum(marginal.values())
    first = _stems(choice.words(given))
    shared = numpy.column_stack(
        (
            alike @ weights,
            (alike >= AGREES) @ weights,
            (alike >= _CLOSE) @ weights,
            agreement(stems, [first])[:, 0],
            agreement(stems, theirs) @ other_weights,
        )
    )
    rows = []
    for (called, part), of in zip(parts.items(), stems, strict=True):
        usual = [odds.get(stem, 0.0) for stem in of]
        said = [marginal[stem] for stem in of]
        size = len(of)
        rows.append(
            [
                size,
                float(size == 1),
                size - len(first),
                len(called) / 20,
                len(of & text) / size,
                len(of & in_title) / size,
                min(low.count(called), _OFTEN),
                float(called in low),
                math.fsum(usual) / size,
                min(usual),
                max(usual),
                math.fsum(said) / size,
                min(said),
                max(said),
                2 * math.fsum(said) / (size + weight),
                given.share,
                float(bool(_SHAPE.search(part.words))),
                float(part.words[:1].isupper()),
                float(part.begins),
                float(part.ends),
                float(bool(_UNFINISHED.search(called))),
            ]
        )
    return Candidates(list(parts), numpy.hstack((shared, numpy.array(rows))))


def _parts(phrases: Sequence[Phrase], choice: Choice) -> Iterator[_Part]:
    """Each of ``phrases`` and the runs of words in it that neither begin nor end with a small word."""
    for phrase in phrases:
        text = choice.title if phrase.span.field == "title" else choice.abstract
        words = [(m.start(), m.end()) for m in _WORD.finditer(text, phrase.span.start, phrase.span.end)]
        small = [_bare(text[start:end]) in _SMALL for start, end in words]
        runs = [
            (i, j)
            for i in range(len(words))
            for j in range(i + 1, len(words) + 1)
            if not small[i] and not small[j - 1] and (j - i <= _LONGEST or j - i == len(words))
        ]
        for i, j in runs:
            start, end = words[i][0], words[j - 1][1]
            begins = (i == 0 and phrase.span.start == 0) or bool(_BEFORE.search(text, max(0, start - 20), start))
            yield _Part(text[start:end], begins, bool(_AFTER.match(text, _inner_end(text, start, end))))


def _says(called: str) -> bool:
    """Whether a name says anything: one general word ("human", "learn", "network") does not."""
    stems = stems_of(called)
    return bool(_stems(called)) and not (len(stems) == 1 and any(stems <= general for general in GENERIC.values()))


def _inner_end(text: str, start: int, end: int) -> int:
    """Where the last word ends without the stop behind it, so that the stop is seen as what follows."""
    while end > start and text[end - 1] in _STOPS:
        end -= 1
    return end


def _bare(word: str) -> str:
    return word.lower().strip(".,;:!?()[]\"'")


@lru_cache(maxsize=1 << 16)
def _stems(words: str) -> frozenset[str]:
    return frozenset(bag(words))


def _normal(shares: Sequence[float]) -> Floats:
    return numpy.array(shares) / (sum(shares) or 1.0)

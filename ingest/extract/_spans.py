"""Which words of a paper name the mechanism, and which the technique: candidate phrases and what a learned scorer sees of them.

The score of a phrase is a sum of weights: of its first word and what stands before it, of its last word and what follows, of
each word inside, of its sentence and of its length. Sums over words are kept, so that hundreds of phrases cost no more to
score than the words that they are made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from heapq import nsmallest
from itertools import accumulate
from typing import NamedTuple

from ingest.extract._tokens import Text

LONGEST = 14
"""Words in the longest phrase that is considered."""

_NO_EDGE = frozenset(
    "of in on for to and or by with from as at via into the a an is are be being been was were has have had can could may "
    "might will would should do does did than then that which who whose where when while if because but nor so such both "
    "either not no its their our his her this these those it they we i he she there here also thus hence therefore however "
    "etc e.g i.e et al between among through during under over about against within without upon per across toward towards "
    "whether how what why more most very".split()
)
_START_TOO = frozenset("how what we".split())
_NEVER_INSIDE = frozenset(".;:?!()[]{}")


class Phrase(NamedTuple):
    """Words ``first`` to ``last`` (included) and their score."""

    first: int
    last: int
    score: float


def candidates(text: Text) -> list[tuple[int, int]]:
    """Every phrase that may name something: it starts and ends with a word that can, and crosses no stop or bracket."""
    found: list[tuple[int, int]] = []
    for low, high in text.bounds:
        for first in range(low, high):
            word = text.lower[first]
            if not word[0].isalnum() or (word in _NO_EDGE and word not in _START_TOO):
                continue
            for last in range(first, min(high, first + LONGEST)):
                inner = text.lower[last]
                if inner in _NEVER_INSIDE:
                    break
                if inner[0].isalnum() and inner not in _NO_EDGE:
                    found.append((first, last))
    return found


def _shape(word: str) -> str:
    if not word[0].isalnum():
        return "punct"
    if word.isdigit():
        return "digit"
    if word.islower():
        return "low"
    if word.isupper():
        return "upper" if len(word) > 1 else "one"
    return "title" if word[0].isupper() and word[1:].islower() else "mixed"


def _near(distance: int) -> str:
    return str(distance) if distance < 4 else "4-6" if distance < 7 else "7-12" if distance < 13 else "far"


# The same few hundred names are asked for again and again: kept, they cost a look-up.
@cache
def _left(cue: str, distance: int) -> str:
    return f"s<{cue}{_near(distance)}"


@cache
def _right(cue: str, distance: int) -> str:
    return f"e>{cue}{_near(distance)}"


class Seen(NamedTuple):
    """What the scorer sees: names of features for each word in each role, and for each sentence."""

    start: list[list[str]]
    end: list[list[str]]
    inside: list[list[str]]
    pair: list[list[str]]
    sentence: list[list[str]]


def features(text: Text) -> Seen:
    """What can be seen of every word as the first, the last, or any word of a phrase, and of every sentence."""
    n = len(text.words)
    start: list[list[str]] = []
    end: list[list[str]] = []
    inside: list[list[str]] = []
    pair: list[list[str]] = []
    counts: dict[str, int] = {}
    for word in text.lower:
        counts[word] = counts.get(word, 0) + 1
    lefts, rights = _cue_distances(text)
    for i in range(n):
        low, high = text.bounds[text.sentence[i]]
        word, shape = text.lower[i], _shape(text.words[i])
        before = [text.lower[j] if j >= low else "<s>" for j in (i - 1, i - 2, i - 3)]
        after = [text.lower[j] if j < high else "</s>" for j in (i + 1, i + 2, i + 3)]
        titled = "T" if word in text.in_title else "t"
        position = "first" if i == low else "in"
        start.append(
            [f"s={word}", f"s.{shape}.{position}", f"s-1={before[0]}", f"s-2={before[1]}_{before[0]}", f"s~{word[-3:]}"]
            + [f"s-3={before[2]}_{before[1]}_{before[0]}", f"s2={word}_{after[0]}", f"s-1.{shape}={before[0]}"]
            + lefts[i]
        )
        end.append(
            [f"e={word}", f"e.{shape}", f"e+1={after[0]}", f"e+2={after[0]}_{after[1]}", f"e~{word[-3:]}", f"e~{word[-5:]}"]
            + [f"e+1.{shape}={after[0]}", f"e.{titled}", f"e.n{min(counts[word], 5)}", f"e2={before[0]}_{word}"]
            + rights[i]
        )
        inside.append(
            [f"w={word}", f"w~{word[-4:]}", f"w.{shape}", f"w.{titled}", f"w.{titled}.{shape}"]
            if shape != "punct"
            else [f"w={word}"]
        )
        pair.append([f"p={word}_{after[0]}"])
    return Seen(start, end, inside, pair, [_of_sentence(text, s) for s in range(len(text.bounds))])


def _cue_distances(text: Text) -> tuple[list[list[str]], list[list[str]]]:
    """For every word, the nearest signal of each kind to its left and to its right, by distance."""
    lefts: list[list[str]] = []
    rights: list[list[str]] = [[] for _ in text.words]
    for low, high in text.bounds:
        last: dict[str, int] = {}
        for i in range(low, high):
            lefts.append([_left(name, i - at) for name, at in last.items()])
            if text.cues[i]:
                last[text.cues[i]] = i
        last = {}
        for i in range(high - 1, low - 1, -1):
            rights[i] = [_right(name, at - i) for name, at in last.items()]
            if text.cues[i]:
                last[text.cues[i]] = i
    return lefts, rights


def _of_sentence(text: Text, number: int) -> list[str]:
    low, high = text.bounds[number]
    cues = sorted({c for c in text.cues[low:high] if c})
    place = (
        "title"
        if text.passages[number].field == "title"
        else f"#{number}"
        if number < 4
        else "last"
        if number == len(text.bounds) - 1
        else "mid"
    )
    words = dict.fromkeys(w for w in text.lower[low:high] if w[0].isalpha())
    return [f"q.{place}", *(f"q<{c}" for c in cues), *(f"q.{place}<{c}" for c in cues), *(f"q={w}" for w in words)]


def length(first: int, last: int) -> str:
    """The feature of a phrase's length."""
    return f"len{last - first + 1}"


def best(
    text: Text, seen: Seen, weights: Mapping[str, float], *, keep: int, spans: Sequence[tuple[int, int]] | None = None
) -> list[Phrase]:
    """The ``keep`` phrases of highest score, best first, of ``spans`` (else of all candidates).

    Features without a weight count nothing.
    """
    get = weights.get

    def total(names: list[str]) -> float:
        # Most features have no weight: dropping them before the sum halves the time of a paper.
        return sum(filter(None, map(get, names)))

    start, end, whole = [total(f) for f in seen.start], [total(f) for f in seen.end], [total(f) for f in seen.sentence]
    inside = [0.0, *accumulate(total(f) for f in seen.inside)]
    pair = [0.0, *accumulate(total(f) for f in seen.pair)]
    long = [get(length(1, n), 0.0) for n in range(1, LONGEST + 1)]
    # All that depends on the first word alone, and all that depends on the last alone, is added up once.
    head = [start[i] - inside[i] - pair[i] + whole[text.sentence[i]] for i in range(len(text.words))]
    tail = [end[i] + inside[i + 1] + pair[i] for i in range(len(text.words))]
    scored = [(-(head[a] + tail[b] + long[b - a]), a, b) for a, b in (candidates(text) if spans is None else spans)]
    return [Phrase(a, b, -score) for score, a, b in nsmallest(keep, scored)]

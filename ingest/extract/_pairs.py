"""Which mechanism goes with which technique: the best phrases of both kinds, scored together, and the sentence that says so."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

from ingest.extract._spans import Phrase, best, candidates, features
from ingest.extract._tokens import Text
from kg.model import Relation

KEEP = 12
"""Phrases of each kind that are paired."""

RELATIONS: tuple[Relation, ...] = ("inspires", "analogous", "contrasts")
_WORD = re.compile(r"[a-z]+")


class Weights(NamedTuple):
    """What was learned about phrases, about pairs, and about how far to trust them."""

    mechanism: dict[str, float]
    technique: dict[str, float]
    pair: dict[str, float]
    relation: dict[str, list[float]]
    bio: list[float]
    """Bias and weights of :func:`trust` for "this paper states a mapping"."""
    right: list[float]
    """Bias and weights of :func:`trust` for "the best pair is right"."""
    least: dict[str, float]
    """Least probabilities: ``look`` at all, ``bio`` for the label, ``right`` to give the pair."""


class Pair(NamedTuple):
    """A mechanism and a technique; ``share`` is the pair's share of all pairs' weight, 0 to 1."""

    mechanism: Phrase
    technique: Phrase
    share: float


@cache
def trained() -> Weights:
    """The trained weights, read once."""
    data: dict[str, Any] = json.loads(files("ingest.extract").joinpath("_spans.json").read_text(encoding="utf-8"))
    unit = data["unit"]
    mechanism, technique = ({name: unit * weight for name, weight in data[side].items()} for side in ("mechanism", "technique"))
    return Weights(mechanism, technique, data["pair"], data["relation"], data["bio"], data["right"], data["least"])


def phrases(text: Text, weights: Weights) -> tuple[list[Phrase], list[Phrase]]:
    """The likeliest mechanisms and techniques of ``text``, best first."""
    seen, spans = features(text), candidates(text)
    return (
        best(text, seen, weights.mechanism, keep=KEEP, spans=spans),
        best(text, seen, weights.technique, keep=KEEP, spans=spans),
    )


def pairs(text: Text, mechanisms: Sequence[Phrase], techniques: Sequence[Phrase], weights: Mapping[str, float]) -> list[Pair]:
    """Every mechanism with every technique that it does not overlap, best first."""
    scored = [
        (sum(weights.get(n, 0.0) * v for n, v in pair_features(text, m, t)), m, t) for m, t in combined(mechanisms, techniques)
    ]
    if not scored:
        return []
    top = max(score for score, _, _ in scored)
    total = sum(math.exp(score - top) for score, _, _ in scored)
    found = [Pair(m, t, math.exp(score - top) / total) for score, m, t in scored]
    return sorted(found, key=lambda pair: (-pair.share, pair.mechanism, pair.technique))


def combined(mechanisms: Iterable[Phrase], techniques: Sequence[Phrase]) -> list[tuple[Phrase, Phrase]]:
    """Pairs of phrases without a word in common."""
    return [(m, t) for m in mechanisms for t in techniques if m.last < t.first or t.last < m.first]


def pair_features(text: Text, mechanism: Phrase, technique: Phrase) -> list[tuple[str, float]]:
    """What can be seen of two phrases together: their own scores, how far apart they stand, and the words between."""
    first, second = (mechanism, technique) if mechanism.first < technique.first else (technique, mechanism)
    order = "mt" if first is mechanism else "tm"
    seen = [("score.m", mechanism.score), ("score.t", technique.score)]
    a, b = text.sentence[mechanism.first], text.sentence[technique.first]
    if a == b:
        between = text.lower[first.last + 1 : second.first]
        distance = len(between)
        bucket = (
            str(distance)
            if distance < 4
            else "4-6"
            if distance < 7
            else "7-12"
            if distance < 13
            else "13-20"
            if distance < 21
            else "far"
        )
        seen += [("same", 1.0), (f"same.{order}.{bucket}", 1.0)]
        signals = {cue for cue in text.cues[first.last + 1 : second.first] if cue}
        seen += [(f"between.{order}.{cue}", 1.0) for cue in signals] or [(f"between.{order}.none", 1.0)]
        if distance < 7:
            seen += [(f"word.{order}.{word}", 1.0) for word in dict.fromkeys(between)]
        start, end = text.bounds[a]
        seen += [(f"before.{order}.{cue}", 1.0) for cue in {c for c in text.cues[start : first.first] if c}]
    else:
        titles = "".join("T" if text.passages[s].field == "title" else "a" for s in (a, b))
        seen += [(f"apart.{titles}.{max(-3, min(3, b - a))}", 1.0)]
        for side, s in (("m", a), ("t", b)):
            start, end = text.bounds[s]
            seen += [(f"apart.{side}.{cue}", 1.0) for cue in {c for c in text.cues[start:end] if c}]
    same_words = set(text.lower[mechanism.first : mechanism.last + 1]) & set(text.lower[technique.first : technique.last + 1])
    if same_words:
        seen.append(("shared words", 1.0))
    return seen


def evidence_mass(phrases: Sequence[Phrase]) -> float:
    """How strongly the best phrases speak together for there being one, as a log of summed weights."""
    if not phrases:
        return -5.0
    top = max(phrase.score for phrase in phrases)
    return top + math.log(sum(math.exp(phrase.score - top) for phrase in phrases))


def trust(
    label_probability: float, mechanisms: Sequence[Phrase], techniques: Sequence[Phrase], found: Sequence[Pair]
) -> list[float]:
    """What the probabilities of "states a mapping" and "the best pair is right" are computed from."""
    p = min(max(label_probability, 1e-4), 1 - 1e-4)
    share = found[0].share if found else 0.0
    return [1.0, math.log(p / (1 - p)), evidence_mass(mechanisms) / 4, evidence_mass(techniques) / 4, share]


def probability(weights: Sequence[float], seen: Sequence[float]) -> float:
    """Logistic of the weighted sum."""
    total = sum(w * x for w, x in zip(weights, seen, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def relation_words(sentence: str) -> dict[str, float]:
    """Words and neighbours of the stating sentence."""
    words = _WORD.findall(sentence.lower())
    return dict.fromkeys([*words, *(f"{a}_{b}" for a, b in pairwise(words))], 1 / math.sqrt(2 * len(words) + 1))


def relation(sentence: str, weights: Mapping[str, Sequence[float]]) -> Relation:
    """Whether ``sentence`` says that nature inspired the technique, is like it, or differs from it."""
    scores = list(weights[""])
    for name, value in relation_words(sentence).items():
        for i, weight in enumerate(weights.get(name, ())):
            scores[i] += value * weight
    return RELATIONS[scores.index(max(scores))]

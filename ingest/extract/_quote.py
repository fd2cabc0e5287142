"""Which sentences of a paper state its mapping: what is quoted as evidence.

They need not hold the words of the mechanism or the technique. A logistic scale scores each sentence by the likely phrases that
lie in it, its signals of analogy, where it stands and what is beside it, and by how its state in the encoder differs from those
of the other sentences. One or two sentences are quoted: those that agree in half of their words with the most of what may be
right, and among those nearly level in that the closest.

*Reference:* minimum Bayes risk decoding, Kumar and Byrne 2004 (ACL N04-1022).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from ingest.extract._choice import AGREES, CLOSENESS, Choice
from ingest.extract._encoder import Phrase, Sentence
from ingest.extract._naming import Name
from ingest.extract._signals import SIGNAL
from ingest.score import bag, bags_f1
from kg.model import Span

Floats = NDArray[numpy.float64]

PAIR, APART = 0.3, 0.3
"""What a quote of two sentences is likely beside one of one, and one of two that are no neighbours beside one of two that are."""
_AUTHORS = re.compile(r"\b(?:we|our|this paper|this work)\b", re.IGNORECASE)
_OFFERS = re.compile(r"\b(?:propos|introduc|present|develop)", re.IGNORECASE)
_COMPARED = 25
"""Likeliest quotes that are compared with one another."""
_BESIDE = [0, 1, 2, 3, 9, 10]
"""Features of which a sentence has those of its neighbours too."""
_LEADING = [0, 1, 9]
"""Features of which counts how far they are from the paper's greatest."""


class Scale(NamedTuple):
    """Mean, deviation and weight of each feature, and a bias."""

    mean: Floats
    deviation: Floats
    weights: Floats
    bias: float


@cache
def scale() -> Scale:
    """The one that ships with the package."""
    data = json.loads(files("ingest.extract").joinpath("_quote.json").read_text(encoding="utf-8"))
    mean, deviation, weights = (numpy.array(data[name]) for name in ("mean", "deviation", "weights"))
    return Scale(mean, deviation, weights, data["bias"])


def quote(
    choice: Choice, called: Mapping[str, Name], sentences: Sequence[Sentence], trained: Scale | None = None
) -> tuple[Span, ...]:
    """One or two sentences of the abstract in their order, or none where it has none."""
    if not sentences:
        return ()
    trained = trained or scale()
    scores = (features(choice, called, sentences) - trained.mean) / trained.deviation @ trained.weights + trained.bias
    bags = [bag(_words(choice, one)) for one in sentences]
    return tuple(sentences[place].span for place in likeliest(scores, bags))


def likeliest(scores: Floats, bags: Sequence[Counter[str]]) -> tuple[int, ...]:
    """The one or two sentences of words ``bags`` that agree with the most of what is likely, by the log odds of each."""
    places: list[tuple[int, ...]] = [*combinations(range(len(bags)), 1), *combinations(range(len(bags)), 2)]
    odds = numpy.exp(numpy.clip(scores, -9.0, 9.0))
    weights = [math.prod(odds[n] for n in those) * _prior(those) for those in places]
    joint = [bags[those[0]] + bags[those[1]] if len(those) == 2 else bags[those[0]] for those in places]
    possible = sorted(range(len(places)), key=lambda n: -weights[n])[:_COMPARED]

    def worth(mine: int) -> float:
        close = [(weights[n], bags_f1(joint[mine], joint[n])) for n in possible]
        # Without closeness a second sentence would cost nothing, and nearly always be quoted too.
        return math.fsum(weight * ((f1 >= AGREES) + CLOSENESS * f1) for weight, f1 in close)

    return places[max(possible, key=worth)]


def _prior(places: tuple[int, ...]) -> float:
    if len(places) == 1:
        return 1.0
    return PAIR if places[1] - places[0] == 1 else PAIR * APART


def features(choice: Choice, called: Mapping[str, Name], sentences: Sequence[Sentence]) -> Floats:
    """Features of each of ``sentences``, shape (sentences, features)."""
    given = choice.given
    names = {role: called[role].words if role in called else choice.words(phrase) for role, phrase in given.items()}
    known = [bag(words) for words in (*(choice.words(given[role]) for role in given), *names.values(), choice.title)]
    count = len(sentences)
    rows = []
    for place, one in enumerate(sentences):
        words = _words(choice, one)
        stems, signals = bag(words), len(SIGNAL.findall(words.lower()))
        shares = [math.fsum(p.share for p in choice.phrases[role] if _within(p, one)) for role in given]
        holds = [float(_within(phrase, one)) for phrase in given.values()]
        rows.append(
            [
                *shares,
                *holds,
                *((stems & those).total() / max(1, those.total()) for those in known),
                signals,
                float(signals > 0),
                float(place == 0),
                float(place == count - 1),
                place / count,
                1 / count,
                math.log1p(stems.total()),
                float(bool(_AUTHORS.search(words))),
                float(bool(_OFFERS.search(words))),
                math.sqrt(math.prod(shares)),
                math.prod(holds),
            ]
        )
    plain = numpy.array(rows)
    beside = numpy.zeros((count, 2 * len(_BESIDE)))
    beside[1:, : len(_BESIDE)] = plain[:-1, _BESIDE]
    beside[:-1, len(_BESIDE) :] = plain[1:, _BESIDE]
    behind = plain[:, _LEADING].max(axis=0) - plain[:, _LEADING]
    states = numpy.array([one.state for one in sentences], dtype=numpy.float64)
    return numpy.hstack((plain, beside, behind, states - states.mean(axis=0)))


def _words(choice: Choice, sentence: Sentence) -> str:
    return choice.abstract[sentence.span.start : sentence.span.end]


def _within(phrase: Phrase, sentence: Sentence) -> bool:
    return phrase.span.field == "abstract" and phrase.span.start < sentence.span.end and sentence.span.start < phrase.span.end

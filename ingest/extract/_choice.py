"""Which of the likely phrases to give, and how far to trust it.

Many phrases name the same thing ("lateral inhibition", "the lateral inhibition of the retina") and share its probability. So
the phrase is given that agrees, in half of its words, with the largest share of all phrases: least expected error rather than
greatest single probability. Where phrases are nearly level in that, the one decides that is closest to the others word for word.

*Reference:* minimum Bayes risk decoding, Kumar and Byrne 2004 (ACL N04-1022).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ingest.extract._encoder import Phrase, Read
from ingest.score import bag, bags_f1
from kg.model import Span

_STOPS = re.compile(r"[.;:?!]\s")
AGREES = 0.5
"""Token F1 from which two phrases count as the same."""
CLOSENESS = 0.1
"""What the expected token F1 counts for beside that share: without it half of a name is as good as all of it."""


class Choice(NamedTuple):
    """A paper, its likely phrases by role, and the one of each role that is given."""

    title: str
    abstract: str
    phrases: Mapping[str, Sequence[Phrase]]
    given: Mapping[str, Phrase]

    def words(self, phrase: Phrase) -> str:
        """The words of ``phrase``."""
        return _words(phrase, self.title, self.abstract)


def choice(read: Read, title: str, abstract: str) -> Choice | None:
    """The phrase of each role, unless one has none; the technique is not within the mechanism."""
    mechanism = choose(read.mechanisms, title, abstract)
    technique = choose(read.techniques, title, abstract, apart_from=mechanism.span if mechanism else None)
    if mechanism is None or technique is None:
        return None
    phrases = {"mechanism": read.mechanisms, "technique": read.techniques}
    return Choice(title, abstract, phrases, {"mechanism": mechanism, "technique": technique})


def choose(phrases: Sequence[Phrase], title: str, abstract: str, *, apart_from: Span | None = None) -> Phrase | None:
    """The phrase that most agree with, with their joint share; none that overlaps ``apart_from`` or goes on past a full stop."""
    whole = [(phrase, _words(phrase, title, abstract)) for phrase in phrases]
    kept = [
        (phrase, words)
        for phrase, words in whole
        if not _STOPS.search(words) and (apart_from is None or not _overlap(phrase.span, apart_from))
    ]
    free, bags = [phrase for phrase, _ in kept], [bag(words) for _, words in kept]
    best: tuple[float, float, int] | None = None
    for number, mine in enumerate(bags):
        close = [(other.share, bags_f1(mine, theirs)) for other, theirs in zip(free, bags, strict=True)]
        share = sum(of for of, agreement in close if agreement >= AGREES)
        worth = share + CLOSENESS * sum(of * agreement for of, agreement in close)
        if best is None or worth > best[0]:
            best = (worth, share, number)
    return None if best is None else Phrase(free[best[2]].span, min(best[1], 1.0))


def log_odds(probability: float) -> float:
    """``log(p / (1 - p))``, kept within what a thousandth allows."""
    inside = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(inside / (1 - inside))


def _words(phrase: Phrase, title: str, abstract: str) -> str:
    return (title if phrase.span.field == "title" else abstract)[phrase.span.start : phrase.span.end]


def _overlap(one: Span, other: Span) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end

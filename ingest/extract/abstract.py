"""Reads a title and abstract: what kind of paper it is, and which biological mechanism it maps to which technique.

A linear look at the words comes first, since most papers of a stream say nothing of biology. The rest are read by a small
transformer, which finds the phrase that names the mechanism and the one that names the technique; its states tell also which
sentences to quote. The models and how far they can be trusted are described in CARD.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingest.extract._label import probabilities
from ingest.extract._relation import Statement, relation
from ingest.extract._trust import features, probability, trust
from ingest.ground import readable
from kg.model import LABELS, Found, Label, Paper, Reading, Span

if TYPE_CHECKING:
    from ingest.extract._encoder import Read

VERSION = "6"

_HEDGE = re.compile(
    r"\b(?:may|might|could|possibl[ye]|perhaps|suggest(?:s|ed|ing)?|hypothesi[sz]\w*|potential(?:ly)?|speculat\w+|conjectur\w+"
    r"|seems?|appears? to|likely|believed|thought to)\b",
    re.IGNORECASE,
)


def look(papers: Sequence[Paper]) -> list[Reading | float]:
    """What the words alone tell of each of ``papers``: all there is to tell of it, or how likely it is inspired by biology."""
    least = trust().least["look"]
    found: list[Reading | float] = []
    for shares in probabilities([(paper.title, paper.abstract or "") for paper in papers]):
        labels = dict(zip(LABELS, shares, strict=True))
        found.append(_other(labels) if labels["bio_inspired"] < least else labels["bio_inspired"])
    return found


def read(paper: Paper, *, explain: bool = False) -> Reading:
    """The label of ``paper`` with its probability, and the mapping that it states, if it states one.

    Args:
        paper: an article; without an abstract its title alone is read.
        explain: note in each mapping's ``why`` what it rests on.
    """
    (looked,) = look([paper])
    if isinstance(looked, Reading):
        return looked
    # Heavy, and most papers do not come so far.
    from ingest.extract._choice import log_odds
    from ingest.extract._encoder import read as encode

    trusted = trust()
    said = encode(paper.title, paper.abstract or "")
    inspired = probability(trusted.bio, [log_odds(said.labels["bio_inspired"]), log_odds(looked)])
    if inspired < trusted.least["bio"]:
        return _other(said.labels)
    # A score over the threshold is a "yes": it is told as a probability of one half or more.
    found = _mapping(paper, said, inspired, explain=explain)
    return Reading(label="bio_inspired", label_score=round(max(inspired, 0.5), 4), found=(found,) if found else ())


def _other(labels: dict[Label, float]) -> Reading:
    label = max((name for name in labels if name != "bio_inspired"), key=lambda name: labels[name])
    return Reading(label=label, label_score=round(labels[label], 4))


def _mapping(paper: Paper, said: Read, inspired: float, *, explain: bool) -> Found | None:
    from ingest.extract._choice import choice, log_odds
    from ingest.extract._naming import names
    from ingest.extract._quote import quote

    trusted = trust()
    title, abstract = paper.title, paper.abstract or ""
    chosen = choice(said, title, abstract)
    if chosen is None:
        return None
    right = probability(trusted.right, features(inspired, chosen))
    if right < trusted.least["right"]:
        return None
    called = names(chosen)
    concepts = {
        role: called[role].words if role in called else readable(chosen.words(chosen.given[role])) for role in chosen.given
    }
    if not all(concepts.values()):  # a quotation mark, say
        return None
    mechanism, technique = chosen.given["mechanism"], chosen.given["technique"]
    # Without an abstract that was read, the title states it.
    passages = quote(chosen, called, said.sentences) or (Span("title", 0, len(title)),)
    words = {
        span: (title if span.field == "title" else abstract)[span.start : span.end]
        for span in (mechanism.span, technique.span, *passages)
    }
    stated = " ".join(words[passage] for passage in passages)
    told = [f"bio_inspired {inspired:.2f}"]
    for role, phrase in chosen.given.items():
        told.append(f"{role} {phrase.share:.2f}, named {called[role].share if role in called else 0.0:.2f}")
    why = (f"{', '.join(told)}: right {right:.2f}",)
    return Found(
        mechanism=words[mechanism.span],
        mechanism_span=mechanism.span,
        technique=words[technique.span],
        technique_span=technique.span,
        relation=relation(Statement(stated, words[mechanism.span], words[technique.span], f"{title} {abstract}")),
        passages=passages,
        mechanism_concept=concepts["mechanism"],
        technique_concept=concepts["technique"],
        score=round(probability(trusted.score, [log_odds(right)]), 4),
        hedged=bool(_HEDGE.search(stated)),
        why=why if explain else (),
    )

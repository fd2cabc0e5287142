"""Reads a title and abstract: what kind of paper it is, and which biological mechanism it maps to which technique.

A cheap look at the words first: most papers of a stream say nothing of biology and are read no further. For the rest, learned
weights pick the phrase that names the mechanism, the one that names the technique, and the sentence that says so.
"""

from __future__ import annotations

import re

from ingest.extract._label import label_probabilities
from ingest.extract._pairs import Pair, pairs, phrases, probability, relation, trained, trust
from ingest.extract._tokens import Text, read_words
from ingest.ground import readable
from kg.model import Found, Label, Paper, Reading, Span

VERSION = "1"

_HEDGE = re.compile(
    r"\b(?:may|might|could|possibl[ye]|perhaps|suggest(?:s|ed|ing)?|hypothesi[sz]\w*|potential(?:ly)?|speculat\w+|conjectur\w+"
    r"|seems?|appears? to|likely|believed|thought to)\b",
    re.IGNORECASE,
)


def read(paper: Paper, *, explain: bool = False) -> Reading:
    """The label of ``paper`` with its probability, and the mapping that it states, if it states one.

    Args:
        paper: an article; without an abstract its title alone is read.
        explain: note in each mapping's ``why`` what it rests on.
    """
    title, abstract = paper.title, paper.abstract or ""
    labels = label_probabilities(title, abstract)
    weights = trained()
    if labels["bio_inspired"] < weights.least["look"]:
        return _labelled(labels)
    text = read_words(title, abstract)
    mechanisms, techniques = phrases(text, weights)
    found = pairs(text, mechanisms, techniques, weights.pair)
    seen = trust(labels["bio_inspired"], mechanisms, techniques, found)
    inspired, right = probability(weights.bio, seen), probability(weights.right, seen)
    if inspired < weights.least["bio"]:
        return _labelled({**labels, "bio_inspired": 0.0}, least=1 - inspired)
    # A score over the threshold is a "yes": it is told as a probability of one half or more.
    reading = Reading(label="bio_inspired", label_score=round(max(inspired, 0.5), 4))
    if not found or right < weights.least["right"]:
        return reading
    why = (f"label {labels['bio_inspired']:.2f}, share of pairs {found[0].share:.2f}, right {right:.2f}",) if explain else ()
    return Reading(
        label=reading.label,
        label_score=reading.label_score,
        found=(_found(title, abstract, text, found[0], score=right, why=why),),
    )


def _labelled(labels: dict[Label, float], *, least: float = 0.0) -> Reading:
    label = max(labels, key=lambda name: labels[name])
    return Reading(label=label, label_score=round(max(labels[label], min(least, 0.5)), 4))


def _found(title: str, abstract: str, text: Text, pair: Pair, *, score: float, why: tuple[str, ...]) -> Found:
    mechanism_span, technique_span = (text.span(phrase.first, phrase.last) for phrase in (pair.mechanism, pair.technique))
    passages = _passages(text, pair)
    said = " ".join(_words(title, abstract, passage) for passage in passages)
    mechanism, technique = _words(title, abstract, mechanism_span), _words(title, abstract, technique_span)
    return Found(
        mechanism=mechanism,
        mechanism_span=mechanism_span,
        technique=technique,
        technique_span=technique_span,
        relation=relation(said, trained().relation),
        passages=passages,
        mechanism_concept=readable(mechanism),
        technique_concept=readable(technique),
        score=round(score, 4),
        hedged=bool(_HEDGE.search(said)),
        why=why,
    )


def _passages(text: Text, pair: Pair) -> tuple[Span, ...]:
    """The sentence of the mechanism, where the claim stands as a rule, and the technique's where that is its neighbour."""
    claim, other = text.sentence[pair.mechanism.first], text.sentence[pair.technique.first]
    near = {claim, other} if abs(claim - other) == 1 else {claim}
    same_field = sorted(s for s in near if text.passages[s].field == text.passages[claim].field)
    return tuple(text.passages[s] for s in same_field)


def _words(title: str, abstract: str, span: Span) -> str:
    return (title if span.field == "title" else abstract)[span.start : span.end]

"""How well extraction did, against what careful readers found.

A predicted mapping is right where, for its mechanism and for its technique, the words of its span or of its concept are half
the same as those of an annotated one: token F1 of stemmed words, 0.5 or more, on both sides. Pairs are joined best first, each
mapping once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ingest.gold import Document, Gold, Key, Stated, load_gold, load_predicted

__all__ = [
    "Document",
    "Gold",
    "Miss",
    "Rate",
    "Score",
    "Stated",
    "evaluate",
    "explain_errors",
    "load_gold",
    "load_predicted",
    "match",
    "token_f1",
]

THRESHOLD = 0.5
_STOP = frozenset("the a an of in on for to and or by with its their that this is are as from our we".split())
_ENDINGS = ("ization", "isation", "ically", "ation", "ing", "ical", "ies", "ed", "al", "ic", "s")
_SIDES: tuple[Key, ...] = ("mechanism", "technique")
_RATES = (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
BINS = 10
"""Of scores, for the calibration error."""
Counts = Counter[str]


@dataclass(frozen=True, slots=True)
class Rate:
    """Precision, recall and their harmonic mean, each 0 to 1."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, right: int, predicted: int, found: int, gold: int) -> Rate:
        """Of ``predicted`` answers ``right`` are right; of ``gold`` ones ``found`` are found."""
        precision, recall = right / predicted if predicted else 0.0, found / gold if gold else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return cls(round(precision, 3), round(recall, 3), round(f1, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What :func:`evaluate` found; rates are 0 to 1."""

    mapping: Rate
    mechanism: Rate
    technique: Rate
    relation: float
    """Share of the matched mappings with the right relation."""
    evidence: float
    """Share of the matched mappings that quote the right passage."""
    bio_inspired: Rate
    label: float
    """Share of the documents with the right label."""
    documents: int
    hit: int
    """Annotated mappings that were found."""
    right: int
    """Predictions that are right; more than ``hit`` where a text states one mapping twice and both are given."""
    predicted: int
    gold: int
    calibration: float = 0.0
    """Mean distance between a mapping's score and the share of mappings so scored that are right, 0 (best) to 1."""
    label_calibration: float = 0.0
    """The same of the labels' scores."""

    def values(self) -> dict[str, float]:
        """Every rate under the name that it is printed with."""
        sides = {"mapping": self.mapping, "mechanism alone": self.mechanism, "technique alone": self.technique}
        rates = {**sides, "document is bio_inspired": self.bio_inspired}
        named = {f"{what}, {name}": getattr(rate, short) for what, rate in rates.items() for name, short in _RATES}
        return {
            **named,
            "label accuracy": self.label,
            "relation right, of matched": self.relation,
            "evidence right, of matched": self.evidence,
            "calibration error of mappings": self.calibration,
            "calibration error of labels": self.label_calibration,
        }

    @property
    def counts(self) -> str:
        """What the rates were reckoned from, in words."""
        return f"{self.hit} found of {self.gold}; {self.right} right of {self.predicted} predicted; {self.documents} documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One error: a mapping not found, or a prediction that nothing backs, with the nearest on the other side."""

    kind: Literal["missed", "wrong"]
    document: str
    stated: Stated
    nearest: Stated | None = None
    closeness: float = 0.0

    def __str__(self) -> str:
        near = f"; nearest ({self.closeness:.2f}): {self.nearest.mechanism} → {self.nearest.technique}" if self.nearest else ""
        return f"{self.document}: {self.kind} {self.stated.mechanism} → {self.stated.technique} [{self.stated.relation}]{near}"


# Words


@lru_cache(maxsize=1 << 16)
def stem(token: str) -> str:
    for ending in _ENDINGS:
        if token.endswith(ending) and len(token) - len(ending) >= 4:
            return token[: -len(ending)]
    return token


def bag(text: str) -> Counter[str]:
    """The stemmed words of ``text`` with their counts, without the small words of English."""
    return Counter(stem(token) for token in re.findall(r"[a-z0-9]+", text.lower()) if token not in _STOP)


def token_f1(first: str, second: str) -> float:
    """How far two texts use the same words, 0 to 1."""
    return bags_f1(bag(first), bag(second))


def bags_f1(one: Counter[str], two: Counter[str]) -> float:
    """The same of the :func:`bag` of each, 0 to 1."""
    both = (one & two).total()
    return 2 * both / (one.total() + two.total()) if both else 0.0


def closeness(gold: Stated, predicted: Stated, sides: Sequence[Key] = _SIDES) -> float:
    """The worse of the two sides, each by its best pair of span or concept."""
    return min(
        max((token_f1(one, two) for one in gold.forms(side) for two in predicted.forms(side)), default=0.0) for side in sides
    )


def match(
    gold: Sequence[Stated], predicted: Sequence[Stated], sides: Sequence[Key] = _SIDES, *, threshold: float = THRESHOLD
) -> list[tuple[int, int]]:
    """Pairs (place in ``gold``, place in ``predicted``), best first, each mapping in one pair at most."""
    scored = ((closeness(g, p, sides), i, j) for i, g in enumerate(gold) for j, p in enumerate(predicted))
    pairs = sorted((pair for pair in scored if pair[0] >= threshold), reverse=True)
    used_gold: set[int] = set()
    used_predicted: set[int] = set()
    links: list[tuple[int, int]] = []
    for _, i, j in pairs:
        if i not in used_gold and j not in used_predicted:
            used_gold.add(i)
            used_predicted.add(j)
            links.append((i, j))
    return links


# Scores


def evaluate(
    gold: Gold | Sequence[Document],
    predicted: Iterable[Document],
    *,
    min_confidence: float = 0.0,
    count_restatements: bool | None = None,
    threshold: float = THRESHOLD,
) -> Score:
    """Scores ``predicted`` against ``gold``; a document without prediction counts as ``other`` with no mapping.

    Args:
        gold: annotated documents.
        predicted: documents with the same ids; others are left aside.
        min_confidence: annotations below it need not be found, but a prediction that meets one is right.
        count_restatements: whether a second prediction of a mapping is right where it quotes another sentence that states it
            (``also_stated`` or ``evidence``) and its words match; by default only for essays, which say things more than once.
        threshold: least closeness of a match, 0 to 1.
    """
    counted = count(gold, predicted, min_confidence=min_confidence, count_restatements=count_restatements, threshold=threshold)
    return total(counted)


def count(
    gold: Gold | Sequence[Document],
    predicted: Iterable[Document],
    *,
    min_confidence: float = 0.0,
    count_restatements: bool | None = None,
    threshold: float = THRESHOLD,
) -> list[Counts]:
    """What :func:`evaluate` sums up, for each annotated document on its own, so that documents can be drawn again."""
    documents = gold.documents if isinstance(gold, Gold) else tuple(gold)
    restated = count_restatements if count_restatements is not None else isinstance(gold, Gold) and gold.form == "essays"
    answers = {document.id: document for document in predicted}
    return [
        _counted(document, answers.get(document.id, Document(id=document.id)), min_confidence, restated, threshold)
        for document in documents
    ]


def _counted(document: Document, answer: Document, min_confidence: float, restated: bool, threshold: float) -> Counts:
    theirs, ours = document.mappings, answer.mappings
    needed = {i for i, stated in enumerate(theirs) if stated.confidence >= min_confidence}
    links = match(theirs, ours, threshold=threshold)
    right = {j for _, j in links}
    if restated:
        right |= {j for j, one in enumerate(ours) if any(_restates(stated, one, threshold) for stated in theirs)}
    counts: Counts = Counter(
        documents=1,
        gold=len(needed),
        predicted=len(ours),
        hit=sum(i in needed for i, _ in links),
        linked=len(links),
        right=len(right),
        relation=sum(theirs[i].relation == ours[j].relation for i, j in links),
        evidence=sum(_quotes(theirs[i], ours[j]) for i, j in links),
    )
    for side in _SIDES:
        alone = match(theirs, ours, (side,), threshold=threshold)
        counts[f"{side} found"] += sum(i in needed for i, _ in alone)
        counts[f"{side} right"] += len(alone)
    is_, said = document.label == "bio_inspired", answer.label == "bio_inspired"
    counts.update({"bio both": is_ and said, "bio gold": is_, "bio said": said, "label": document.label == answer.label})
    for j, one in enumerate(ours):
        _binned(counts, "mapping", one.score, j in right)
    if answer.label_score is not None:
        _binned(counts, "label", answer.label_score, document.label == answer.label)
    return counts


def total(counted: Iterable[Counts]) -> Score:
    """The score that documents with these counts make together."""
    count: Counts = Counter()
    for counts in counted:
        count.update(counts)
    linked = max(count["linked"], 1)
    return Score(
        mapping=Rate.of(count["right"], count["predicted"], count["hit"], count["gold"]),
        mechanism=Rate.of(count["mechanism right"], count["predicted"], count["mechanism found"], count["gold"]),
        technique=Rate.of(count["technique right"], count["predicted"], count["technique found"], count["gold"]),
        relation=round(count["relation"] / linked, 3),
        evidence=round(count["evidence"] / linked, 3),
        bio_inspired=Rate.of(count["bio both"], count["bio said"], count["bio both"], count["bio gold"]),
        label=round(count["label"] / max(count["documents"], 1), 3),
        documents=count["documents"],
        hit=count["hit"],
        right=count["right"],
        predicted=count["predicted"],
        gold=count["gold"],
        calibration=_calibration(count, "mapping"),
        label_calibration=_calibration(count, "label"),
    )


def _binned(counts: Counts, what: str, score: float, right: bool) -> None:
    # Thousandths, since a counter of whole numbers adds up the same in any order.
    place = min(int(score * BINS), BINS - 1)
    counts.update(
        {f"{what} in {place}": 1, f"{what} right in {place}": right, f"{what} thousandths in {place}": round(1000 * score)}
    )


def _calibration(count: Counts, what: str) -> float:
    """Expected calibration error over equal bins (Guo et al. 2017, arXiv 1706.04599)."""
    seen = sum(count[f"{what} in {place}"] for place in range(BINS))
    apart = (count[f"{what} thousandths in {place}"] / 1000 - count[f"{what} right in {place}"] for place in range(BINS))
    return round(sum(map(abs, apart)) / seen, 3) if seen else 0.0


def intervals(
    counted: Sequence[Counts], *, draws: int = 1000, seed: int = 0, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """For each of :meth:`Score.values`, the percentile bootstrap interval over documents."""
    import numpy

    names = sorted({name for counts in counted for name in counts})
    table = numpy.array([[counts[name] for name in names] for counts in counted])
    chance = numpy.random.default_rng(seed)
    picks = chance.multinomial(len(counted), numpy.full(len(counted), 1 / len(counted)), size=draws) @ table
    drawn = [total([Counter(dict(zip(names, map(int, row), strict=True)))]).values() for row in picks]
    edges = (1 - level) / 2, (1 + level) / 2
    found = {}
    for name in drawn[0]:
        low, high = numpy.quantile([values[name] for values in drawn], edges)
        found[name] = (round(float(low), 3), round(float(high), 3))
    return found


def explain_errors(gold: Gold | Sequence[Document], predicted: Iterable[Document], *, limit: int = 10) -> list[Miss]:
    """The errors that matter most: sure annotations that were missed and sure predictions that are wrong, in turn."""
    documents = gold.documents if isinstance(gold, Gold) else tuple(gold)
    answers = {document.id: document for document in predicted}
    missed: list[Miss] = []
    wrong: list[Miss] = []
    for document in documents:
        ours = answers.get(document.id, Document(id=document.id)).mappings
        links = match(document.mappings, ours)
        found, right = {i for i, _ in links}, {j for _, j in links}
        for i, stated in enumerate(document.mappings):
            if i not in found:
                missed.append(_miss("missed", document.id, stated, ours))
        for j, stated in enumerate(ours):
            if j not in right and not any(_restates(one, stated, THRESHOLD) for one in document.mappings):
                wrong.append(_miss("wrong", document.id, stated, document.mappings))
    missed.sort(key=lambda miss: (-miss.stated.confidence, miss.closeness))
    wrong.sort(key=lambda miss: (-miss.stated.score, miss.closeness))
    turns = [miss for pair in zip(missed, wrong, strict=False) for miss in pair]
    shorter = min(len(missed), len(wrong))
    return [*turns, *missed[shorter:], *wrong[shorter:]][:limit]


def _miss(kind: Literal["missed", "wrong"], document: str, stated: Stated, others: Sequence[Stated]) -> Miss:
    near = max(others, key=lambda other: closeness(stated, other), default=None)
    return Miss(
        kind=kind, document=document, stated=stated, nearest=near, closeness=round(closeness(stated, near), 3) if near else 0.0
    )


def _quotes(gold: Stated, predicted: Stated) -> bool:
    said = " ".join(predicted.evidence)
    return any(token_f1(passage, said) >= THRESHOLD for passage in (" ".join(gold.evidence), *gold.also_stated))


def _restates(gold: Stated, predicted: Stated, threshold: float) -> bool:
    said = (" ".join(predicted.evidence), *predicted.evidence)
    told = (*gold.evidence, *gold.also_stated)
    return closeness(gold, predicted) >= threshold and any(token_f1(one, two) >= threshold for one in told for two in said)

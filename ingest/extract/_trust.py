"""How far a reading of the encoder is trusted: three logistic scales and their thresholds, fitted on papers it has not seen.

*Reference:* a logistic scale on scores: Platt 1999, as compared by Niculescu-Mizil and Caruana 2005 (ICML).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ingest.extract._choice import Choice
    from ingest.extract._encoder import Read, Weights
    from ingest.extract._label import LabelModel, Tables
    from ingest.extract._naming import Name


class Trust(NamedTuple):
    """Bias and weights of the scales, and the least probabilities."""

    bio: list[float]
    """On the log odds of "bio_inspired" by the encoder and by the linear model of words."""
    right: list[float]
    """On the :func:`features` of a mapping."""
    score: list[float]
    """On the log odds of ``right``, for the mappings that are given."""
    least: dict[str, float]
    """``look``: of the linear model, to ask the encoder at all; ``bio`` for the label; ``right`` to give the mapping."""


@cache
def trust() -> Trust:
    """The fitted trust that ships with the package."""
    data = json.loads(files("ingest.extract").joinpath("_trust.json").read_text(encoding="utf-8"))
    return Trust(data["bio"], data["right"], data["score"], data["least"])


def probability(weights: Sequence[float], seen: Sequence[float]) -> float:
    """The logistic of a bias and a weighted sum."""
    total = weights[0] + sum(w * x for w, x in zip(weights[1:], seen, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


FOLDS = 10


class _Seen(NamedTuple):
    document: dict[str, Any]
    linear: float
    read: Read
    choice: Choice | None
    right: bool


UNSEEN = 0.025
"""Share of the papers with a mapping that the look may keep from the encoder."""
SHRUNK = 0.03
"""Softness of the scale of scores. Of the mappings that are given the sure ones are hardly more often right than the others, so
the scores are drawn towards their mean: by cross-validation that costs no likelihood that could be told from chance and takes the
calibration error of a hundred mappings from 0.13 to 0.06."""


Namer = Callable[[dict[str, Any], "Choice"], dict[str, "Name"]]
"""Names the mechanism and the technique of an annotated paper without having learned from it."""


def fit(documents: list[dict[str, Any]], encoder: Weights, label: LabelModel, namer: Namer, path: Path) -> str:
    """Fit the scales on held-out ``documents``, write them to ``path``, and say how well the held-out papers are read."""
    from ingest.extract._choice import log_odds
    from ingest.extract._label import Tables

    tables = Tables(label)
    papers = [_seen(document, encoder, tables, namer) for document in documents]
    bio_rows = [[log_odds(s.read.labels["bio_inspired"]), log_odds(s.linear)] for s in papers]
    is_bio = [s.document["label"] == "bio_inspired" for s in papers]
    bio = _blended(bio_rows, is_bio)
    judged = [probability(bio, row) for row in bio_rows]
    rows: list[list[float]] = []
    given: list[bool] = []
    for s, p in zip(papers, judged, strict=True):
        if s.choice:
            rows.append(features(p, s.choice))
            given.append(s.right)
    right = _logistic(rows, given)
    scores = [probability(right, row) for row in rows]
    stated = sum(len(s.document["mappings"]) for s in papers)
    least_bio, bio_f1 = _best(judged, is_bio, sum(is_bio))
    least_right, mapping_f1 = _best(scores, given, stated)
    counts = [len(s.document["mappings"]) for s in papers if s.choice]
    score = _shrunk(*_unseen(rows, given, counts))
    linear = sorted(s.linear for s in papers if s.document["mappings"])
    least = {"look": round(linear[round(UNSEEN * len(linear))], 4), "bio": round(least_bio, 4), "right": round(least_right, 4)}
    path.write_text(json.dumps({"bio": bio, "right": right, "score": score, "least": least}) + "\n", encoding="utf-8")
    return f"{len(papers)} held-out papers: bio_inspired F1 {bio_f1:.3f}, mapping F1 {mapping_f1:.3f} at best thresholds {least}"


def features(inspired: float, choice: Choice) -> list[float]:
    """What the scale of mappings goes by: the log odds that the paper is inspired by biology, and those of its phrases."""
    from ingest.extract._choice import log_odds

    return [log_odds(inspired), *(log_odds(phrase.share) for phrase in choice.given.values())]


def _seen(document: dict[str, Any], encoder: Weights, label: Tables, namer: Namer) -> _Seen:
    from ingest.extract._choice import choice
    from ingest.extract._encoder import read
    from ingest.extract._label import label_probabilities
    from ingest.score import token_f1

    title, abstract = document["title"], document["abstract"]
    said = read(title, abstract, trained=encoder)
    chosen = choice(said, title, abstract)
    forms = {role: [name.words] for role, name in namer(document, chosen).items()} if chosen else {}
    if chosen:
        for role, phrase in chosen.given.items():
            forms.setdefault(role, []).append(chosen.words(phrase))

    def same(mapping: dict[str, Any], role: str) -> bool:
        return max(token_f1(mapping[key], form) for key in (role, f"{role}_concept") for form in forms[role]) >= 0.5

    right = bool(chosen) and any(all(same(mapping, role) for role in forms) for mapping in document["mappings"])
    linear = label_probabilities(title, abstract, tables=label)["bio_inspired"]
    return _Seen(document, linear, said, chosen, right)


BLENDS = (0.0, 0.2, 0.35, 0.5)
"""Shares of the linear model that are tried beside the encoder."""


def _blended(rows: list[list[float]], yes: list[bool]) -> list[float]:
    """Logistic weights of a blend of two log odds, in the shares that give the best F1."""

    def f1(share: float) -> float:
        return _best([(1 - share) * mine + share * other for mine, other in rows], yes, sum(yes))[1]

    share = max(BLENDS, key=f1)
    bias, weight = _logistic([[(1 - share) * mine + share * other] for mine, other in rows], yes)
    return [bias, round(weight * (1 - share), 4), round(weight * share, 4)]


def _logistic(rows: list[list[float]], yes: list[bool]) -> list[float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0).fit(rows, yes)
    return [round(float(w), 4) for w in (model.intercept_[0], *model.coef_[0])]


def _unseen(rows: list[list[float]], yes: list[bool], stated: list[int], folds: int = FOLDS) -> tuple[list[float], list[bool]]:
    """Log odds of the mappings that would be given, and whether each is right, by scales and thresholds of the other folds.

    On the papers that a threshold was chosen on, what it lets through is right too often: 0.53, where it is 0.48 elsewhere.
    """
    from ingest.extract._choice import log_odds

    found: list[tuple[float, bool]] = []
    for fold in range(folds):
        others = [n for n in range(len(rows)) if n % folds != fold]
        scale = _logistic([rows[n] for n in others], [yes[n] for n in others])
        scores = [probability(scale, row) for row in rows]
        least, _ = _best([scores[n] for n in others], [yes[n] for n in others], sum(stated[n] for n in others))
        found += [(log_odds(scores[n]), yes[n]) for n in range(fold, len(rows), folds) if scores[n] >= least]
    return [odds for odds, _ in found], [ok for _, ok in found]


def _shrunk(odds: list[float], yes: list[bool]) -> list[float]:
    from sklearn.linear_model import LogisticRegression

    mean = sum(odds) / len(odds)
    model = LogisticRegression(C=SHRUNK).fit([[one - mean] for one in odds], yes)
    weight = float(model.coef_[0][0])
    return [round(float(model.intercept_[0]) - weight * mean, 4), round(weight, 4)]


def _best(scores: Sequence[float], yes: Sequence[bool], stated: int) -> tuple[float, float]:
    """The threshold of greatest F1, and that F1."""
    best = (math.inf, 0.0)
    for least in sorted(set(scores)):
        chosen = [ok for score, ok in zip(scores, yes, strict=True) if score >= least]
        f1 = 2 * sum(chosen) / (len(chosen) + stated)
        if f1 > best[1]:
            best = (least, f1)
    return best

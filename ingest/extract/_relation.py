"""Whether the sentences that state a mapping say that nature inspired the technique, is like it, or differs from it."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from kg.model import Relation

RELATIONS: tuple[Relation, ...] = ("inspires", "analogous", "contrasts")
UNIT = 0.01
_WORD = re.compile(r"[a-z]+")


@cache
def _trained() -> tuple[list[float], dict[str, list[int]]]:
    data = json.loads(files("ingest.extract").joinpath("_relation.json").read_text(encoding="utf-8"))
    return data["bias"], data["weights"]


def features(sentences: str) -> dict[str, float]:
    """Words and neighbours."""
    words = _WORD.findall(sentences.lower())
    return dict.fromkeys([*words, *(f"{a}_{b}" for a, b in pairwise(words))], 1 / math.sqrt(2 * len(words) + 1))


def relation(sentences: str) -> Relation:
    """What ``sentences`` say of the two sides."""
    bias, weights = _trained()
    scores = list(bias)
    for name, value in features(sentences).items():
        for i, weight in enumerate(weights.get(name, ())):
            scores[i] += UNIT * value * weight
    return RELATIONS[scores.index(max(scores))]


def fit(documents: list[dict[str, Any]], path: Path, *, keep: int = 4000) -> None:
    """Fit on annotated mappings and write the weights to ``path``; needs scikit-learn."""
    import numpy
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    stated = [m for d in documents for m in d["mappings"] if m["relation"] in RELATIONS]
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([features(m["evidence"]) for m in stated])
    model = LogisticRegression(C=10.0, max_iter=500).fit(matrix, [RELATIONS.index(m["relation"]) for m in stated])
    names = vectorizer.get_feature_names_out()
    kept = sorted(numpy.argsort(-numpy.abs(model.coef_).max(axis=0), kind="stable")[:keep])
    weights = {str(names[i]): [round(float(w) / UNIT) for w in model.coef_[:, i]] for i in kept}
    data = {"bias": [round(float(b), 4) for b in model.intercept_], "weights": weights}
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")

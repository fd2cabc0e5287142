"""Whether the sentences that state a mapping say that nature inspired the technique, is like it, or differs from it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kg.model import Relation

if TYPE_CHECKING:
    from numpy.typing import NDArray

RELATIONS: tuple[Relation, ...] = ("inspires", "analogous", "contrasts")
UNIT = 0.01
KEPT = 5000
"""Features that ship."""
SOFTNESS = 3.0
NEAR, FAR = 0.3, 3.0
"""What a word of the statement counts for, and all words of the paper together."""
BEFORE, AFTER, BETWEEN = 4, 3, 12
"""Words around the two phrases, and between them, that count by their place."""
_WORD = re.compile(r"[a-z]+|[MT]")
_PLAIN = re.compile(r"[a-z]+")


class Statement(NamedTuple):
    """A mapping as a paper puts it."""

    said: str
    """The sentence or sentences that state it."""
    mechanism: str
    technique: str
    paper: str
    """Title and abstract: a paper of neuroscience tells likenesses, one of engineering tells what inspired it."""

    @classmethod
    def of(cls, document: dict[str, Any], mapping: dict[str, Any]) -> Statement:
        """An annotated one."""
        paper = f"{document['title']} {document['abstract']}"
        return cls(mapping["evidence"], mapping["mechanism"], mapping["technique"], paper)


@cache
def _trained() -> tuple[list[float], dict[str, list[int]]]:
    data = json.loads(files("ingest.extract").joinpath("_relation.json").read_text(encoding="utf-8"))
    return data["bias"], data["weights"]


def features(stated: Statement) -> dict[str, float]:
    """Words and neighbours of the statement, words near its two phrases and between them, and the words of the paper."""
    words = _marked(stated)
    found = dict.fromkeys([*words, *(f"{a}_{b}" for a, b in pairwise(words))], NEAR)
    for mark in "MT":
        if mark not in words:
            found[f"no {mark}"] = NEAR
            continue
        at = words.index(mark)
        before, after = words[max(0, at - BEFORE) : at], words[at + 1 : at + 1 + AFTER]
        near = [*(f"{mark}<{word}" for word in before), *(f"{mark}>{word}" for word in after)]
        near += [f"{mark}<<{'_'.join(before[-many:])}" for many in (1, 2) if len(before) >= many]
        found.update(dict.fromkeys(near, NEAR))
    if "M" in words and "T" in words:
        first, last = sorted((words.index("M"), words.index("T")))
        order = words[first] + words[last]
        found.update(dict.fromkeys([order, *(f"{order}:{word}" for word in words[first + 1 : last][:BETWEEN])], NEAR))
    everywhere = {*_PLAIN.findall(stated.paper.lower())}
    found.update({f"P={word}": FAR / math.sqrt(len(everywhere)) for word in everywhere})
    return found


def _marked(stated: Statement) -> list[str]:
    """The words of the statement in lower case, with M in place of the mechanism and T in place of the technique."""
    said = stated.said.lower()
    # The longer first: the shorter may stand in it.
    for phrase, mark in sorted(((stated.mechanism, "M"), (stated.technique, "T")), key=lambda pair: -len(pair[0])):
        said = said.replace(phrase.lower(), f" {mark} ", 1) if phrase else said
    return _WORD.findall(said)


def relation(stated: Statement) -> Relation:
    """What ``stated`` says of the two sides."""
    bias, weights = _trained()
    scores = list(bias)
    for name, value in features(stated).items():
        for i, weight in enumerate(weights.get(name, ())):
            scores[i] += UNIT * value * weight
    return RELATIONS[scores.index(max(scores))]


def fit(documents: list[dict[str, Any]], path: Path) -> None:
    """Fit on annotated mappings and write the weights to ``path``; needs scikit-learn."""
    stated, said = _annotated(documents)
    names, coefficients, bias = _fitted([features(one) for one in stated], said)
    weights = {name: [round(float(w) / UNIT) for w in coefficients[:, i]] for i, name in enumerate(names)}
    data = {"bias": [round(float(b), 4) for b in bias], "weights": weights}
    path.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")


def checked(documents: list[dict[str, Any]], *, folds: int = 10) -> tuple[float, float]:
    """Shares of the annotated mappings whose relation is found by cross-validation over papers, and that are "inspires"."""
    parts = [_annotated(documents[k::folds]) for k in range(folds)]
    seen = [[features(one) for one in stated] for stated, _ in parts]
    right = total = plain = 0
    for k, (_, wanted) in enumerate(parts):
        rows = [row for j in range(folds) if j != k for row in seen[j]]
        names, coefficients, bias = _fitted(rows, [number for j in range(folds) if j != k for number in parts[j][1]])
        place = {name: i for i, name in enumerate(names)}
        for row, number in zip(seen[k], wanted, strict=True):
            scores = bias + sum(value * coefficients[:, place[name]] for name, value in row.items() if name in place)
            right += int(scores.argmax()) == number
            plain += number == 0
        total += len(wanted)
    return right / max(total, 1), plain / max(total, 1)


def _annotated(documents: Sequence[dict[str, Any]]) -> tuple[list[Statement], list[int]]:
    both = [(Statement.of(d, m), RELATIONS.index(m["relation"])) for d in documents for m in d["mappings"]]
    return [stated for stated, _ in both], [number for _, number in both]


def _fitted(rows: list[dict[str, float]], wanted: list[int]) -> tuple[list[str], NDArray[Any], NDArray[Any]]:
    """Names of the features that matter most, their weights of shape (relations, features), and the biases."""
    import numpy
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(rows)
    often = numpy.asarray((matrix != 0).sum(axis=0)).ravel()
    common = numpy.flatnonzero(often >= 2)
    model = LogisticRegression(C=SOFTNESS, max_iter=300).fit(matrix[:, common], wanted)
    # A weight matters by how far it sets the relations apart and by how many mappings it touches.
    matter = numpy.abs(model.coef_ - model.coef_.mean(axis=0)).max(axis=0) * numpy.sqrt(often[common])
    kept = numpy.sort(numpy.argsort(-matter, kind="stable")[:KEPT])
    names = vectorizer.get_feature_names_out()[common[kept]]
    return [str(name) for name in names], model.coef_[:, kept], model.intercept_

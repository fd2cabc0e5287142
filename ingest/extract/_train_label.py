"""Train the label model: ``python -m ingest.extract._train_label TRAIN.jsonl TOLD.jsonl LEFT_OUT.jsonl CORPUS...``.

Multinomial logistic regression on the features of :mod:`ingest.extract._label`, weighted by rarity; the weights that move no
label are left out. It learns from the annotated papers, and from what the encoder as it stands says of the other papers of
CORPUS, so that the quick look comes to agree with the slow reader on a stream of all sorts of papers. That is kept in TOLD (a
quarter of an hour where it is not there yet). Papers of LEFT_OUT are not learned from. Writes ``_label.json`` beside this file.
Needs numpy and scikit-learn.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ingest.extract import _annotations
from ingest.extract._label import LabelModel, label_features, label_probabilities
from kg.model import LABELS, Label, sha256, slug

SOFTNESS = 2.0
RAREST = 3
KEPT = 16_000
UNIT = 0.02
TOLD = 0.3
"""What a paper that the encoder labelled counts for, beside an annotated one."""
PROMISING = 0.02
"""Papers that the look as it stands gives less are not shown to the encoder; one in :data:`SPARED` of them is learned from."""
SPARED = 11


def documents(path: Path) -> list[dict[str, Any]]:
    """The annotated documents that have an abstract."""
    found = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [document for document in found if len(document["abstract"]) > 20]


def fit(training: list[dict[str, Any]], told: list[dict[str, Any]] | None = None) -> LabelModel:
    """A label model of ``training`` and of what the encoder ``told``, pruned and rounded as it is shipped."""
    import numpy
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    every = [*training, *(told or ())]
    seen = [label_features(document["title"], document["abstract"]) for document in every]
    papers = Counter(name for row in seen for name in row)
    rarest = max(RAREST, len(every) // 3000)
    rarity = {name: math.log(len(seen) / count) for name, count in papers.items() if count >= rarest}
    rows = [{name: value * rarity[name] for name, value in row.items() if name in rarity} for row in seen]
    vectorizer = DictVectorizer(dtype=numpy.float32)
    model = LogisticRegression(C=SOFTNESS, max_iter=300)
    weight = [1.0] * len(training) + [TOLD] * (len(every) - len(training))
    model.fit(vectorizer.fit_transform(rows), [LABELS.index(document["label"]) for document in every], sample_weight=weight)
    names = vectorizer.get_feature_names_out()
    weights = model.coef_ * numpy.array([rarity[name] for name in names])
    # A weight matters by its size and by how many papers it touches.
    matter = numpy.abs(weights).max(axis=0) * numpy.sqrt([papers[name] for name in names])
    kept = sorted(numpy.argsort(-matter, kind="stable")[:KEPT], key=lambda i: str(names[i]))
    rounded = {str(names[i]): [round(float(w) / UNIT) for w in weights[:, i]] for i in kept}
    return LabelModel(tuple(round(float(b), 4) for b in model.intercept_), rounded, UNIT)


def told(path: Path, corpora: list[Path], annotated: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Papers of ``corpora`` that nobody annotated, with the encoder's label where the look finds them promising."""
    taken = {slug(document["title"]) for document in annotated}
    new = [paper for paper in _annotations.papers(corpora) if len(paper["abstract"]) > 20 and slug(paper["title"]) not in taken]
    looks = {paper["id"]: label_probabilities(paper["title"], paper["abstract"]) for paper in new}
    if not path.exists():
        promising = [paper for paper in new if looks[paper["id"]]["bio_inspired"] >= PROMISING]
        lines = (json.dumps({"id": paper["id"], "label": encoded(paper)}) + "\n" for paper in promising)
        path.write_text("".join(lines), encoding="utf-8")
    said = {row["id"]: row["label"] for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    found = []
    for paper in new:
        look = looks[paper["id"]]
        if paper["id"] in said:
            found.append({**paper, "label": said[paper["id"]]})
        elif look["bio_inspired"] < PROMISING and int(sha256(paper["title"])[:8], 16) % SPARED == 0:
            found.append({**paper, "label": max(look, key=lambda name: look[name])})
    return found


def encoded(paper: dict[str, Any]) -> Label:
    """The label that the encoder gives a paper."""
    from ingest.extract._encoder import read

    labels = read(paper["title"], paper["abstract"]).labels
    return max(labels, key=lambda name: labels[name])


def main() -> None:
    train, path, left_out, *names = map(Path, sys.argv[1:])
    annotated, _ = _annotations.parted([*documents(train), *_annotations.documents(names)])
    model = fit(annotated, told(path, names, [*annotated, *documents(left_out)]))
    data = {"labels": LABELS, "bias": model.bias, "unit": model.unit, "weights": model.weights}
    Path(__file__).with_name("_label.json").write_text(
        json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()

"""Train the label model: ``python -m ingest.extract._train_label TRAIN.jsonl`` writes ``_label.json`` beside this file.

Multinomial logistic regression on the features of :mod:`ingest.extract._label`, weighted by rarity; the weights that move no
label are left out. Needs numpy and scikit-learn; the reader needs neither.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from ingest.extract._label import LabelModel, label_features
from kg.model import LABELS

SOFTNESS = 2.0
RAREST = 3
KEPT = 16_000
UNIT = 0.02


def documents(path: Path) -> list[dict[str, Any]]:
    """The annotated documents that have an abstract."""
    found = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [document for document in found if len(document["abstract"]) > 20]


def fit(training: list[dict[str, Any]]) -> LabelModel:
    """A label model of ``training``, pruned and rounded as it is shipped."""
    import numpy
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    seen = [label_features(document["title"], document["abstract"]) for document in training]
    papers = Counter(name for row in seen for name in row)
    rarity = {name: math.log(len(seen) / count) for name, count in papers.items() if count >= RAREST}
    rows = [{name: value * rarity[name] for name, value in row.items() if name in rarity} for row in seen]
    vectorizer = DictVectorizer(dtype=numpy.float32)
    model = LogisticRegression(C=SOFTNESS, max_iter=300)
    model.fit(vectorizer.fit_transform(rows), [LABELS.index(document["label"]) for document in training])
    names = vectorizer.get_feature_names_out()
    weights = model.coef_ * numpy.array([rarity[name] for name in names])
    # A weight matters by its size and by how many papers it touches.
    matter = numpy.abs(weights).max(axis=0) * numpy.sqrt([papers[name] for name in names])
    kept = sorted(numpy.argsort(-matter, kind="stable")[:KEPT], key=lambda i: str(names[i]))
    rounded = {str(names[i]): [round(float(w) / UNIT) for w in weights[:, i]] for i in kept}
    return LabelModel(tuple(round(float(b), 4) for b in model.intercept_), rounded, UNIT)


def main() -> None:
    model = fit(documents(Path(sys.argv[1])))
    data = {"labels": LABELS, "bias": model.bias, "unit": model.unit, "weights": model.weights}
    Path(__file__).with_name("_label.json").write_text(
        json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()

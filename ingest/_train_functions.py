"""Train the function model: ``python -m ingest._train_functions TRAIN.jsonl`` writes ``_functions.json`` beside this file.

With ``--measure`` it writes nothing and prints precision, recall and F1 of the functions on held-out papers, in five folds: by
the words alone, and with the concepts given; beside two baselines. Needs numpy and scikit-learn; proposing needs neither.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from ingest import atlas
from ingest._annotated import FOLDS, Annotated, annotated, grounded
from ingest.functions import LEAST, MOST, Facts, Model, evidence_for, features, first_look, model_of, probabilities
from kg.model import Concept, Kind, concept_key

SOFTNESS = 4.0
KEPT = 0.12
"""Weights below it are left out."""
UNIT = 0.02
RAREST = 2
ENOUGH = 3
"""Examples of a function below which no weights are fitted for it: its words and concepts speak alone."""

CARD = {
    "model": "one logistic regression for each function on words and families; one for all functions on what speaks for each",
    "data": "the 1,629 mappings of the atlas with their sentences (not shipped), and words written by hand for each function",
    "split": "by paper, five folds; concepts, families and weights of the second look are those of held-out folds",
    "rebuild": "python -m ingest._train_functions TRAIN.jsonl; scores by --measure",
}
Rows = list[int]


class Trainer:
    """The annotated mappings, as the model sees them."""

    def __init__(self, rows: list[Annotated], sides: list[dict[Kind, Concept]]) -> None:
        self.rows = rows
        self.facts = [
            Facts(
                mechanism=side["mechanism"],
                technique=side["technique"],
                mechanism_words=row.words["mechanism"],
                technique_words=row.words["technique"],
                sentences=row.sentence,
            )
            for row, side in zip(rows, sides, strict=True)
        ]
        self.seen = [features(fact) for fact in self.facts]
        self.names = [c.name.replace(" ", "_") for c in atlas.concepts() if c.kind == "function"]
        self.keys = [concept_key("function", name) for name in self.names]
        self.parents = {c.key: c.parent for c in atlas.concepts() if c.parent}

    def first(self, train: Rows) -> dict[str, Any]:
        """Data of a model with its first look fitted on ``train``."""
        import numpy
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression

        count = Counter(name for i in train for name in self.seen[i])
        vectorizer = DictVectorizer()
        matrix = vectorizer.fit_transform([{n: v for n, v in self.seen[i].items() if count[n] >= RAREST} for i in train])
        # liblinear takes 32-bit indices only.
        matrix.indices, matrix.indptr = matrix.indices.astype(numpy.int32), matrix.indptr.astype(numpy.int32)
        names = [str(name) for name in vectorizer.get_feature_names_out()]
        weights: dict[str, dict[str, int]] = defaultdict(dict)
        bias = []
        for number, key in enumerate(self.keys):
            served = [key in self.rows[i].functions for i in train]
            if sum(served) < ENOUGH:
                bias.append(-6.0)
                continue
            model = LogisticRegression(C=SOFTNESS, max_iter=300, solver="liblinear").fit(matrix, served)
            bias.append(round(float(model.intercept_[0]), 3))
            for name, weight in zip(names, model.coef_[0], strict=True):
                if abs(weight) >= KEPT:
                    weights[name][str(number)] = round(float(weight) / UNIT)
        prior = [sum(key in self.rows[i].functions for i in train) / len(train) for key in self.keys]
        return {
            "card": CARD,
            "functions": self.names,
            "unit": UNIT,
            "prior": [round(p, 5) for p in prior],
            "bias": bias,
            "weights": {name: weights[name] for name in sorted(weights)},
            "families": self.families(train, prior),
            "second": [],
        }

    def families(self, train: Rows, prior: list[float]) -> dict[str, dict[str, float]]:
        """Family → function → smoothed share of its mappings in ``train``."""
        size: Counter[str] = Counter()
        count: dict[str, Counter[int]] = defaultdict(Counter)
        for i in train:
            for key in self.rows[i].concept.values():
                family = self.parents[key]
                size[family] += 1
                count[family].update(n for n, function in enumerate(self.keys) if function in self.rows[i].functions)
        return {
            family: {self.names[n]: round((c + 2 * prior[n]) / (size[family] + 2), 4) for n, c in sorted(count[family].items())}
            for family in sorted(size)
        }

    def model(self, train: Rows) -> dict[str, Any]:
        """Data of a whole model: the second look is fitted on first looks at papers that these did not see."""
        from sklearn.linear_model import LogisticRegression

        table, served = [], []
        for fold in sorted({self.rows[i].fold for i in train}):
            part = model_of(self.first([i for i in train if self.rows[i].fold != fold]))
            for i in train:
                if self.rows[i].fold == fold:
                    table += evidence_for(self.facts[i], first_look(self.seen[i], part), part)
                    served += [key in self.rows[i].functions for key in self.keys]
        second = LogisticRegression(C=1.0, max_iter=3000).fit(table, served)
        data = self.first(train)
        data["second"] = [round(float(w), 4) for w in (*second.coef_[0], second.intercept_[0])]
        return data

    def chosen(self, model: Model, i: int) -> frozenset[str]:
        """The functions that ``model`` proposes for mapping ``i``."""
        ranked = sorted(zip(probabilities(self.facts[i], model), self.keys, strict=True), reverse=True)
        return frozenset(key for p, key in ranked[:MOST] if p >= LEAST)


def rates(rows: list[Annotated], chosen: list[frozenset[str]]) -> tuple[float, float, float]:
    """Precision, recall and F1 over all functions of all mappings."""
    right = sum(len(row.functions & found) for row, found in zip(rows, chosen, strict=True))
    precision = right / (sum(map(len, chosen)) or 1)
    recall = right / sum(len(row.functions) for row in rows)
    return precision, recall, 2 * precision * recall / ((precision + recall) or 1)


def measure(rows: list[Annotated]) -> dict[str, tuple[float, float, float]]:
    """What each way of proposing functions reaches on held-out papers."""
    found = {}
    common = Counter(f for row in rows for f in row.functions).most_common(2)
    found["the two most common functions"] = rates(rows, [frozenset(f for f, _ in common)] * len(rows))
    for given in (False, True):
        sides = grounded(rows, given=given)
        how = "concepts given" if given else "words alone"
        both = [frozenset(side["mechanism"].functions) & frozenset(side["technique"].functions) for side in sides]
        found[f"what both concepts are known for, {how}"] = rates(rows, both)
        either = [frozenset(side["mechanism"].functions) | frozenset(side["technique"].functions) for side in sides]
        found[f"what either concept is known for, {how}"] = rates(rows, either)
        trainer, chosen = Trainer(rows, sides), [frozenset[str]()] * len(rows)
        for fold in range(FOLDS):
            model = model_of(trainer.model([i for i, row in enumerate(rows) if row.fold != fold]))
            for i, row in enumerate(rows):
                if row.fold == fold:
                    chosen[i] = trainer.chosen(model, i)
        found[f"this model, {how}"] = rates(rows, chosen)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("--measure", action="store_true")
    options = parser.parse_args()
    rows = annotated(options.train)
    if options.measure:
        for name, (precision, recall, f1) in measure(rows).items():
            print(f"{name:60} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}")  # noqa: T201
        return
    data = Trainer(rows, grounded(rows)).model(list(range(len(rows))))
    Path(__file__).with_name("_functions.json").write_text(
        json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()

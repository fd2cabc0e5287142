"""Fit the weights of likeness: ``python -m ingest._train_likeness TRAIN.jsonl`` prints what ``ingest.likeness.WEIGHTS`` holds.

Each mention of held-out papers, and each annotator's name for it, is compared with the names nearest to it among the concepts
that the other papers name; those of the concept it was filed under are right. With ``--measure`` it prints instead how well
mentions are grounded with the weights that are there. Needs numpy and scikit-learn; grounding needs neither.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from ingest._annotated import FOLDS, SIDES, Annotated, annotated, known_without
from ingest.ground import ACCEPT, Grounder, readable
from ingest.likeness import FEATURES, Form, features
from ingest.wordforms import normal
from kg.model import Kind

SOFTNESS = 3.0


def examples(rows: list[Annotated], side: Kind) -> tuple[list[tuple[float, ...]], list[bool]]:
    """Comparisons of mentions with the names nearest to them, and whether both are one concept."""
    compared: list[tuple[float, ...]] = []
    same: list[bool] = []
    for fold in range(FOLDS):
        names = Grounder(known_without(rows, fold)).names(side)
        mine = [row for row in rows if row.fold == fold]
        words = [(row.words[side], row.concept[side]) for row in mine] + [(row.named[side], row.concept[side]) for row in mine]
        for mention, concept in dict.fromkeys(words):
            text = normal(mention)
            if names.called(text) is not None:
                continue
            form = Form.of(text)
            best: dict[str, tuple[float, ...]] = {}
            for other, rival in names.promising(form):
                row = features(side, form, other, names.worth)
                best[rival.key] = max(best.get(rival.key, row), row, key=lambda values: values[FEATURES.index("overlap")])
            for key, row in best.items():
                compared.append(row)
                same.append(key == concept)
    return compared, same


def measure(rows: list[Annotated], side: Kind, *, named: bool) -> dict[str, float]:
    """Rates of grounding on held-out papers, by the words of the text or by the annotator's name for the concept."""
    count: Counter[str] = Counter()
    for fold in range(FOLDS):
        concepts = {concept.key: concept for concept in known_without(rows, fold)}
        parents = {concept.key: concept.parent for other in range(FOLDS) for concept in known_without(rows, other)}
        grounder = Grounder(concepts.values())
        for row in rows:
            if row.fold != fold:
                continue
            right, name = row.concept[side], row.named[side] if named else readable(row.words[side])
            found = grounder.ground(side, row.words[side], name)
            accepted = found.concept.status == "curated"
            family = found.concept.parent == parents[right]
            count.update(
                {
                    "known": right in concepts,
                    "new": right not in concepts,
                    "accepted": accepted,
                    "right": accepted and found.key == right,
                    "right family": accepted and family,
                    "new, right family": right not in concepts and family,
                    "new, merged": right not in concepts and accepted,
                }
            )
    return {
        "precision": count["right"] / count["accepted"],
        "right family of accepted": count["right family"] / count["accepted"],
        "recall": count["right"] / count["known"],
        "right family of new": count["new, right family"] / count["new"],
        "new wrongly merged": count["new, merged"] / count["new"],
    }


def main() -> None:
    from sklearn.linear_model import LogisticRegression

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("--measure", action="store_true")
    options = parser.parse_args()
    rows = annotated(options.train)
    for side in SIDES:
        if options.measure:
            for named in (False, True):
                rates = measure(rows, side, named=named)
                print(side, f"(accepted from {ACCEPT[side]:.2f})", "named by a reader" if named else "words of the text")  # noqa: T201
                print("   ", "  ".join(f"{name} {value:.3f}" for name, value in rates.items()))  # noqa: T201
            continue
        model = LogisticRegression(C=SOFTNESS, max_iter=2000, fit_intercept=False).fit(*examples(rows, side))
        print(f'"{side}": (', ", ".join(f"{weight:.2f}" for weight in model.coef_[0]), ")", sep="")  # noqa: T201


if __name__ == "__main__":
    main()

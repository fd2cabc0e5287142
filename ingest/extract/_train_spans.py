"""Train the reader of mappings: ``python -m ingest.extract._train_spans TRAIN.jsonl`` writes ``_spans.json`` beside this file.

Four folds give every training paper phrases that were scored without it; on these the pairing, the trust in a pair and the
thresholds are fitted. Then the phrase weights are fitted on all papers. Needs numpy, scipy and scikit-learn; takes about ten
minutes on one core. The held-out scores that it prints are in CARD.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from scipy import sparse
from scipy.optimize import minimize

from ingest.extract import _train_label
from ingest.extract._design import Design, Floats, credit, fit
from ingest.extract._label import label_probabilities
from ingest.extract._pairs import KEEP, RELATIONS, combined, pair_features, pairs, relation_words, trust
from ingest.extract._spans import Phrase, candidates

FOLDS = 4
LOOK = 0.08
KEPT = 16_000
UNIT = 0.02
SIDES = ("mechanism", "technique")


class HeldOut(NamedTuple):
    """What models that never saw a paper say of it."""

    label: float
    phrases: dict[str, list[Phrase]]
    match: dict[str, list[float]]


def held_out(documents: list[dict[str, Any]], design: Design, match: dict[str, Floats], states: Any, fold: Any) -> list[HeldOut]:
    """Label probabilities and best phrases of every paper, from the folds that it is not in."""
    labels = numpy.zeros(len(documents))
    scores = {side: numpy.zeros(len(design.first)) for side in SIDES}
    for number in range(FOLDS):
        inside = fold == number
        model = _train_label.fit([d for d, held in zip(documents, inside, strict=True) if not held])
        for i in numpy.flatnonzero(inside):
            labels[i] = label_probabilities(documents[i]["title"], documents[i]["abstract"], model=model)["bio_inspired"]
        for side in SIDES:
            weights = prune(design, fit(design, match[side], states, usable(documents) * ~inside))
            here = inside[design.document]
            scores[side][here] = design.scores(weights)[here]
        say(f"fold {number + 1} of {FOLDS}")
    return [_held(design, match, scores, labels[i], i) for i in range(len(documents))]


def _held(design: Design, match: dict[str, Floats], scores: dict[str, Floats], label: float, number: int) -> HeldOut:
    low, high = design.edges[number], design.edges[number + 1]
    offset = design.first[low] - candidates(design.texts[number])[0][0] if high > low else 0
    found: dict[str, list[Phrase]] = {}
    matches: dict[str, list[float]] = {}
    for side in SIDES:
        order = low + numpy.argsort(-scores[side][low:high], kind="stable")[:KEEP]
        found[side] = [Phrase(int(design.first[i] - offset), int(design.last[i] - offset), float(scores[side][i])) for i in order]
        matches[side] = [float(match[side][i]) for i in order]
    return HeldOut(float(label), found, matches)


def usable(documents: list[dict[str, Any]]) -> Floats:
    """Papers that say "inspired by nature" and name no mechanism teach nothing about phrases."""
    return numpy.array([float((d["label"] == "bio_inspired") == bool(d["mappings"])) for d in documents])


def prune(design: Design, weights: Floats) -> Floats:
    """The weights that matter most, rounded as they are shipped; the rest become zero."""
    matter = numpy.abs(weights) * numpy.sqrt(design.counts + 1)
    kept = numpy.zeros_like(weights)
    top = numpy.argsort(-matter, kind="stable")[:KEPT]
    kept[top] = numpy.round(weights[top] / UNIT) * UNIT
    return kept


def fit_pairs(design: Design, held: list[HeldOut], wanted: list[int]) -> dict[str, float]:
    """Weights of :func:`pair_features`, so that right pairs outweigh wrong ones."""
    rows: list[dict[str, float]] = []
    match: list[float] = []
    edges = [0]
    for i in wanted:
        good = {side: dict(zip(held[i].phrases[side], held[i].match[side], strict=True)) for side in SIDES}
        for m, t in combined(held[i].phrases["mechanism"], held[i].phrases["technique"]):
            rows.append(dict(pair_features(design.texts[i], m, t)))
            match.append(min(good["mechanism"][m], good["technique"][t]))
        if len(rows) > edges[-1]:
            edges.append(len(rows))
    names = sorted({name for row in rows for name in row})
    number = {name: i for i, name in enumerate(names)}
    matrix = sparse.csr_matrix(
        (
            [v for row in rows for v in row.values()],
            [number[n] for row in rows for n in row],
            numpy.concatenate([[0], numpy.cumsum([len(row) for row in rows])]),
        ),
        shape=(len(rows), len(names)),
    )
    group = numpy.repeat(numpy.arange(len(edges) - 1), numpy.diff(edges))
    log_match = numpy.log(numpy.where(numpy.array(match) >= 0.5, numpy.array(match) ** 2, 1e-4))

    def mass(score: Floats) -> tuple[Floats, Floats]:
        top = numpy.maximum.reduceat(score, edges[:-1])
        power = numpy.exp(score - top[group])
        total = numpy.add.reduceat(power, edges[:-1])
        return top + numpy.log(total), power / total[group]

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = matrix @ weights
        (all_mass, share), (right, right_share) = mass(score), mass(score + log_match)
        return float((all_mass - right).sum() + weights @ weights), matrix.T @ (share - right_share) + 2 * weights

    found = minimize(loss, numpy.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return {name: round(float(w), 3) for name, w in zip(names, found.x, strict=True) if abs(w) > 0.02}


def fit_trust(seen: Floats, truth: Any) -> tuple[list[float], Floats]:
    """A logistic model of ``truth`` on what :func:`trust` sees, and its probabilities."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, max_iter=1000).fit(seen[:, 1:], truth)
    weights = [float(model.intercept_[0]), *map(float, model.coef_[0])]
    return [round(w, 4) for w in weights], model.predict_proba(seen[:, 1:])[:, 1]


def fit_relation(documents: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Weights of the words of a stating sentence for each relation."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    stated = [m for d in documents for m in d["mappings"] if m["relation"] in RELATIONS]
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([relation_words(m["evidence"]) for m in stated])
    model = LogisticRegression(C=10.0, max_iter=500).fit(matrix, [RELATIONS.index(m["relation"]) for m in stated])
    names = vectorizer.get_feature_names_out()
    matter = numpy.abs(model.coef_).max(axis=0) * numpy.sqrt(numpy.asarray((matrix > 0).sum(axis=0)).ravel())
    kept = sorted(numpy.argsort(-matter, kind="stable")[:1500], key=lambda i: str(names[i]))
    return {"": [round(float(b), 3) for b in model.intercept_]} | {
        str(names[i]): [round(float(w), 2) for w in model.coef_[:, i]] for i in kept
    }


def best_threshold(probability: Floats, right: Any, total: int) -> tuple[float, float]:
    """The probability over which to answer, so that the F1 of ``right`` answers against ``total`` true ones is highest."""
    order = numpy.argsort(-probability, kind="stable")
    f1 = 2 * numpy.cumsum(right[order]) / (numpy.arange(1, len(order) + 1) + total)
    at = int(numpy.argmax(f1))
    return float(probability[order[at]]), float(f1[at])


def train(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """All weights of the reader of mappings."""
    design = Design(documents)
    say(f"{len(documents)} papers, {len(design.first)} phrases, {len(design.names)} features")
    match = {
        side: numpy.concatenate([_match(d, t, side) for d, t in zip(documents, design.texts, strict=True)]) for side in SIDES
    }
    inspired = numpy.array([d["label"] == "bio_inspired" for d in documents])
    states = numpy.array([bool(d["mappings"]) for d in documents])
    fold = numpy.random.default_rng(0).permutation(len(documents)) % FOLDS
    held = held_out(documents, design, match, states, fold)
    pair = fit_pairs(design, held, [int(i) for i in numpy.flatnonzero(states)])
    seen, right = _judge(design, held, pair)
    bio, inspired_probability = fit_trust(seen, inspired)
    sure, right_probability = fit_trust(seen, right)
    looked = numpy.array([h.label >= LOOK for h in held])
    least_bio, bio_f1 = best_threshold(inspired_probability * looked, inspired, int(inspired.sum()))
    given = looked & (inspired_probability >= least_bio)
    least_right, f1 = best_threshold(right_probability * given, right & given, sum(len(d["mappings"]) for d in documents))
    say(f"held out: bio_inspired F1 {bio_f1:.3f}, mapping F1 {f1:.3f}, best pair right in {right[states].mean():.3f} of papers")
    for side in SIDES:
        first = [h.match[side][0] >= 0.5 for h, s in zip(held, states, strict=True) if s]
        any_kept = [max(h.match[side]) >= 0.5 for h, s in zip(held, states, strict=True) if s]
        say(f"  {side}: best phrase right {numpy.mean(first):.3f}, any of {KEEP} {numpy.mean(any_kept):.3f}")
    final = {side: prune(design, fit(design, match[side], states, usable(documents))) for side in SIDES}
    return {
        "unit": UNIT,
        **{side: {n: round(float(w) / UNIT) for n, w in zip(design.names, final[side], strict=True) if w} for side in SIDES},
        "pair": pair,
        "relation": fit_relation(documents),
        "bio": bio,
        "right": sure,
        "least": {"look": LOOK, "bio": round(least_bio, 4), "right": round(least_right, 4)},
    }


def _match(document: dict[str, Any], text: Any, side: str) -> Floats:
    forms = [form for m in document["mappings"] for form in (m[side], m[f"{side}_concept"])]
    return numpy.array(credit(text, forms) if forms else [0.0] * len(candidates(text)))


def credit_free(text: Any) -> list[tuple[int, int]]:
    from ingest.extract._spans import candidates

    return candidates(text)


def _judge(design: Design, held: list[HeldOut], pair: dict[str, float]) -> tuple[Floats, Any]:
    """What trust sees of every paper, and whether its best pair matches an annotated mapping on both sides."""
    seen, right = [], []
    for text, h in zip(design.texts, held, strict=True):
        found = pairs(text, h.phrases["mechanism"], h.phrases["technique"], pair)
        seen.append(trust(h.label, h.phrases["mechanism"], h.phrases["technique"], found))
        good = {side: dict(zip(h.phrases[side], h.match[side], strict=True)) for side in SIDES}
        right.append(bool(found) and min(good["mechanism"][found[0].mechanism], good["technique"][found[0].technique]) >= 0.5)
    return numpy.array(seen), numpy.array(right)


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main() -> None:
    data = train(_train_label.documents(Path(sys.argv[1])))
    Path(__file__).with_name("_spans.json").write_text(
        json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()

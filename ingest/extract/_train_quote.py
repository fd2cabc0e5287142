"""Train the scale by which sentences are chosen for quotes, on the annotated papers that state a mapping. Needs scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy

from ingest.extract._choice import AGREES, Choice, choice
from ingest.extract._encoder import ROLES, Sentence, Weights, read
from ingest.extract._naming import Name, names
from ingest.extract._quote import Floats, Scale, features, quote
from ingest.extract._trust import Namer
from ingest.gold import Stated
from ingest.score import bag, bags_f1, closeness, token_f1

FOLDS = 8
SOFTNESS = 0.1
"""Inverse strength of the penalty on weights."""
OF_STATES = 0.3
"""What a state's feature counts for beside a plain one, squared under the same penalty."""
MOSTLY = 0.7
"""Share of a sentence's words in the annotated passage from which it is part of it."""


class Quoted(NamedTuple):
    """An annotated paper as the reader has it, and the words of the passage that states the mapping it would give."""

    choice: Choice
    called: dict[str, Name]
    sentences: Sequence[Sentence]
    evidence: str
    found: bool
    """Whether the reader names the annotated mechanism and technique."""


def fit(learning: Sequence[dict[str, Any]], unseen: Sequence[dict[str, Any]], encoder: Weights, namer: Namer, path: Path) -> str:
    """Write to ``path`` what was learned, and say how good it is by cross-validation within ``unseen``.

    Args:
        learning: annotated papers that the encoder may have seen.
        unseen: annotated papers that it has not.
        namer: names the concepts of an unseen paper without having learned from it.
    """
    seen = list(_quoted(learning, encoder, lambda _, chosen: names(chosen)))
    others = list(_quoted(unseen, encoder, namer))
    store(trained([*seen, *others]), path)
    scales = [trained([*seen, *(one for n, one in enumerate(others) if n % FOLDS != fold)]) for fold in range(FOLDS)]
    good = [right(one, scales[n % FOLDS]) for n, one in enumerate(others) if one.found]
    return f"quotes right {sum(good) / max(1, len(good)):.3f} of {len(good)} mappings found, by cross-validation"


def right(one: Quoted, scale: Scale) -> bool:
    """Whether the quote agrees in half of its words with the annotated passage."""
    spans = quote(one.choice, one.called, one.sentences, scale)
    return token_f1(" ".join(one.choice.abstract[span.start : span.end] for span in spans), one.evidence) >= AGREES


def trained(papers: Sequence[Quoted]) -> Scale:
    """A logistic scale of whether a sentence is part of the annotated passage."""
    from sklearn.linear_model import LogisticRegression

    rows = numpy.vstack([features(one.choice, one.called, one.sentences) for one in papers])
    wanted = [part for one in papers for part in _parts(one)]
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    worth = numpy.ones(rows.shape[1])
    worth[-len(papers[0].sentences[0].state) :] = OF_STATES
    model = LogisticRegression(C=SOFTNESS, max_iter=500).fit((rows - mean) / deviation * worth, wanted)
    return Scale(mean, deviation, model.coef_[0] * worth, float(model.intercept_[0]))


def store(scale: Scale, path: Path) -> None:
    """Write the scale as JSON in four digits."""

    def rounded(array: Floats) -> list[float]:
        return [float(f"{value:.4g}") for value in array]

    data = {name: rounded(getattr(scale, name)) for name in ("mean", "deviation", "weights")}
    path.write_text(json.dumps({**data, "bias": round(scale.bias, 4)}, separators=(",", ":")) + "\n", encoding="utf-8")


def _quoted(documents: Iterable[dict[str, Any]], encoder: Weights, namer: Namer) -> Iterable[Quoted]:
    for document in documents:
        if not document["mappings"]:
            continue
        title, abstract = document["title"], document["abstract"]
        said = read(title, abstract, trained=encoder)
        chosen = choice(said, title, abstract)
        if chosen is None or not said.sentences:
            continue
        called = namer(document, chosen)
        given = {role: chosen.words(chosen.given[role]) for role in ROLES}
        mine = _stated(given | {f"{role}_concept": name.words for role, name in called.items()})
        near = [(closeness(_stated(mapping), mine), mapping) for mapping in document["mappings"]]
        nearest, mapping = max(near, key=lambda pair: pair[0])
        yield Quoted(chosen, called, said.sentences, mapping["evidence"], nearest >= AGREES)


def _stated(named: dict[str, Any]) -> Stated:
    return Stated(
        mechanism=named["mechanism"],
        technique=named["technique"],
        mechanism_concept=named.get("mechanism_concept", ""),
        technique_concept=named.get("technique_concept", ""),
    )


def _parts(one: Quoted) -> list[bool]:
    passage = bag(one.evidence)
    found = []
    for sentence in one.sentences:
        words = bag(one.choice.abstract[sentence.span.start : sentence.span.end])
        inside = (words & passage).total() >= MOSTLY * max(1, words.total())
        found.append(inside or bags_f1(words, passage) >= AGREES)
    return found

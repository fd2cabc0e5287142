"""Train the names of concepts, on annotated papers that the encoder has not learned from.

The networks see a paper's candidates together and learn to give most of the probability to names that agree with the annotated
one, the more the closer. Needs torch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy

from ingest.extract._choice import AGREES, choice
from ingest.extract._encoder import ROLES, Weights, read
from ingest.extract._naming import Candidates, Naming, candidates, names
from ingest.extract._train_listwise import Example, packed, store, trained
from ingest.extract._trust import Namer
from ingest.score import bag, token_f1

FOLDS = 10
HIDDEN = 16
SHARPNESS = 4
"""Power of the agreement with the annotated name that a candidate is worth."""
PRIOR = 3.0
"""Papers that the share of words in names at large counts for, beside those that have a word."""
LEAST = 5
"""Papers that must have a word for it to be kept."""


def fit(learning: Sequence[dict[str, Any]], unseen: Sequence[dict[str, Any]], encoder: Weights, path: Path) -> Namer:
    """Write to ``path`` what was learned from papers that the encoder has not seen.

    Args:
        learning: annotated papers that it may have seen: of them only the words of names are counted.
        unseen: annotated papers that it has not.
    """
    stated = [document for document in unseen if document["mappings"]]
    choices = [choice(read(d["title"], d["abstract"], trained=encoder), d["title"], d["abstract"]) for d in stated]
    usable = [(document, chosen) for document, chosen in zip(stated, choices, strict=True) if chosen]
    stored: dict[str, Any] = {}
    parts: list[dict[str, Naming]] = [{} for _ in range(FOLDS)]
    for role in ROLES:
        words = odds(learning, role)
        examples = [example(document, role, candidates(chosen, role, words)) for document, chosen in usable]
        stored[role] = {"odds": words, **packed(trained(examples, HIDDEN))}
        for fold, part in enumerate(parts):
            others = [one for number, one in enumerate(examples) if number % FOLDS != fold]
            part[role] = Naming(words, trained(others, HIDDEN))
    store(stored, path)
    folds = {document["id"]: number % FOLDS for number, (document, _) in enumerate(usable)}
    return lambda document, chosen: names(chosen, parts[folds.get(document["id"], 0)])


def odds(documents: Iterable[dict[str, Any]], role: str) -> dict[str, float]:
    """Log odds, by stem, that a word of a paper is in the name of its concept, beside those of any word."""
    seen: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for document in documents:
        if document["mappings"]:
            text = set(bag(f"{document['title']} {document['abstract']}"))
            seen.update(text)
            inside.update(text & {stem for mapping in document["mappings"] for stem in bag(mapping[f"{role}_concept"])})
    base = inside.total() / seen.total()
    found = {
        stem: round(math.log((inside[stem] + PRIOR * base) / (count + PRIOR) / base), 1)
        for stem, count in sorted(seen.items())
        if count >= LEAST
    }
    return {stem: value for stem, value in found.items() if value}


def example(document: dict[str, Any], role: str, found: Candidates) -> Example:
    """With what the candidates are worth beside the annotated names."""
    names = [mapping[f"{role}_concept"] for mapping in document["mappings"]]
    worth = [max((token_f1(name, candidate) for name in names), default=0.0) for candidate in found.names]
    return Example(found.features, numpy.array([value**SHARPNESS if value >= AGREES else 0.0 for value in worth]))

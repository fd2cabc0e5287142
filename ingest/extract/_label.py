"""What kind of paper this is, by its words: a linear model whose weights lie beside this file (see CARD.md).

Each feature is a word, a pair of neighbours, a word of the title, or a word near a signal of analogy ("inspired by", "akin to").
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from kg.model import LABELS, Label

_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\d+")
_SIGNAL = re.compile(
    r"(?:bio(?:logically)?|brain|neuro\w*|nature|human|cogniti\w+)?-?\s?(?:inspired|inspiration|inspires?|motivated|mimic\w*|imitat\w+|emulat\w+"
    r"|akin|analog\w+|similar(?:ly)? to|resembl\w+|plausib\w+|biomimetic\w*|bioinspired|like (?:humans?|animals?)|reminiscent"
    r"|as (?:humans?|animals?) do|borrow\w*|drawing|replicat\w+|correspond\w*|based on)"
)


class LabelModel(NamedTuple):
    """Weights of each feature and a bias for each label, in the order of :data:`kg.model.LABELS`."""

    bias: tuple[float, ...]
    weights: dict[str, list[int]]
    unit: float


def label_features(title: str, abstract: str) -> dict[str, float]:
    """The features of a paper with their values; their squares sum to about one, however long the text is."""
    title_words, words = _WORD.findall(title.lower()), _WORD.findall(abstract.lower())
    seen: Counter[str] = Counter(f"T={word}" for word in title_words)
    seen.update(f"T={a}_{b}" for a, b in pairwise(title_words))
    for part in (title_words, words):
        seen.update(part)
        seen.update(f"{a}_{b}" for a, b in pairwise(part))
    text = f"{title} . {abstract}".lower()
    for signal in _SIGNAL.finditer(text):
        seen.update(f"C={word}" for word in _WORD.findall(text, signal.end(), signal.end() + 60)[:7])
        seen.update(f"B={word}" for word in _WORD.findall(text, max(0, signal.start() - 40), signal.start())[-3:])
    scale = 1.0 / math.sqrt(len(seen) or 1)
    return {name: scale * (1.0 + math.log(count)) for name, count in seen.items()}


@cache
def label_model() -> LabelModel:
    """The trained model, read once."""
    data = json.loads(files("ingest.extract").joinpath("_label.json").read_text(encoding="utf-8"))
    return LabelModel(tuple(data["bias"]), data["weights"], data["unit"])


def label_probabilities(title: str, abstract: str, *, model: LabelModel | None = None) -> dict[Label, float]:
    """How probable each label is; the values sum to one."""
    model = model or label_model()
    total = [0.0] * len(LABELS)
    for name, value in label_features(title, abstract).items():
        if (weights := model.weights.get(name)) is not None:
            for i, weight in enumerate(weights):
                total[i] += value * weight
    scores = [b + model.unit * t for b, t in zip(model.bias, total, strict=True)]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return {label: power / sum(powers) for label, power in zip(LABELS, powers, strict=True)}

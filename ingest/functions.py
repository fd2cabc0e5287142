"""Which purposes a newly found mapping serves, in words that fit organisms and machines alike: "protect old", "find source".

Two looks. The first adds up, for each function, the words that name the mechanism and the technique, the words of the sentence
that states the mapping, and both families, with learned weights. The second weighs that sum against what the two concepts and
their families are known for and against words written down for the function by hand, and says how probable it is.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ingest.wordforms import normal, stem, stems
from kg.errors import Unreadable
from kg.model import Concept, Found, Paper, concept_key

LEAST = 0.25
"""Least probability at which a function is proposed: where precision and recall together were best on held-out papers."""
MOST = 2
"""Functions to a mapping at most, as careful readers gave them."""

SHARED = 0.62
"""Probability, at least, of a function that both concepts are known for, as it was on held-out papers."""

SENTENCE = 0.5
"""What a word of the sentence counts beside one of a name."""

Rates = Mapping[str, Mapping[str, float]]
"""Family → function → share of the family's mappings that serve it."""


class Proposed(NamedTuple):
    """A function and the probability that the mapping serves it."""

    key: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a mapping whose functions are asked for."""

    mechanism: Concept
    technique: Concept
    mechanism_words: str
    technique_words: str
    sentences: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Learned weights; see :mod:`ingest._train_functions`."""

    functions: tuple[str, ...]
    """Ids of the functions, such as ``"protect_old"``; whatever is listed by function is in this order."""
    prior: tuple[float, ...]
    bias: tuple[float, ...]
    weights: Mapping[str, Mapping[int, float]]
    """Feature of the first look → number of the function → weight."""
    families: Rates
    second: tuple[float, ...]
    """Weights of :func:`evidence_for`, then the bias."""


def propose(facts: Facts, *, least: float = LEAST, most: int = MOST) -> tuple[Proposed, ...]:
    """The functions that the mapping likely serves, likeliest first; none where none is likely enough."""
    model = trained()
    ranked = sorted(zip(probabilities(facts, model), model.functions, strict=True), key=lambda pair: (-pair[0], pair[1]))
    return tuple(Proposed(concept_key("function", name), round(p, 3)) for p, name in ranked[:most] if p >= least)


def served(found: Found, paper: Paper, *, mechanism: Concept, technique: Concept) -> tuple[str, ...]:
    """Keys of the functions that ``found`` likely serves, by its concepts, its words and the passages that state it."""
    facts = Facts(
        mechanism=mechanism,
        technique=technique,
        mechanism_words=found.mechanism,
        technique_words=found.technique,
        sentences=" ".join((paper.text(span.field) or "")[span.start : span.end] for span in found.passages),
    )
    return tuple(proposed.key for proposed in propose(facts))


def probabilities(facts: Facts, model: Model) -> list[float]:
    """For each function of ``model`` the probability that the mapping serves it."""
    rows = evidence_for(facts, first_look(features(facts), model), model)
    found = [_logistic(sum(map(_times, row, model.second)) + model.second[-1]) for row in rows]
    return [max(p, SHARED) if row[2] and row[5] else p for p, row in zip(found, rows, strict=True)]


def features(facts: Facts) -> dict[str, float]:
    """What the first look sees: stems of the names by side and together, of the sentences, and the families."""
    seen: dict[str, float] = defaultdict(float)
    for side, words, concept in (("m", facts.mechanism_words, facts.mechanism), ("t", facts.technique_words, facts.technique)):
        for word in stems(normal(words)):
            seen[f"{side}:{word}"] = 1.0
            seen[f"b:{word}"] += 1.0
        if concept.parent:
            seen[f"{side}f:{concept.parent}"] = 1.0
    for word in stems(normal(facts.sentences)):
        seen[f"e:{word}"] = SENTENCE
    return dict(seen)


def first_look(seen: Mapping[str, float], model: Model) -> list[float]:
    """For each function the weighted sum of what is seen."""
    sums = list(model.bias)
    for name, value in seen.items():
        for number, weight in model.weights.get(name, {}).items():
            sums[number] += value * weight
    return sums


def evidence_for(facts: Facts, sums: Sequence[float], model: Model) -> list[tuple[float, ...]]:
    """For each function what speaks for it: concepts, families, how common it is, the first look, and words written by hand."""
    texts = [stems(normal(text)) for text in (facts.mechanism_words, facts.technique_words, facts.sentences)]
    sides = (facts.mechanism, facts.technique)
    known = [frozenset(concept.functions) if concept.status == "curated" else None for concept in sides]
    rates = [model.families.get(concept.parent or "", {}) for concept in sides]
    rows = []
    for name, prior, total in zip(model.functions, model.prior, sums, strict=True):
        key, said = concept_key("function", name), keywords().get(name, {})
        row = [math.log(prior + 1e-3), total]
        for functions, rate in zip(known, rates, strict=True):
            row += [float(functions is not None and key in functions), float(functions is not None)]
            row.append(math.log(rate.get(name, prior) + 0.002))
        row.append(row[2] * row[5])
        row += [min(1.5, sum(said[word] for word in text & said.keys())) for text in texts]
        rows.append(tuple(row))
    return rows


@cache
def keywords() -> dict[str, dict[str, float]]:
    """Function → stems of the words written down for it, each with how much it says: less, the more functions share it."""
    try:
        table = tomllib.loads(files("ingest").joinpath("lexicon", "functions.toml").read_text(encoding="utf-8"))
        words = {name: _stems_of(text) for name, text in table.items()}
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        raise Unreadable("functions.toml", str(error)) from error
    shared: dict[str, int] = defaultdict(int)
    for found in words.values():
        for word in found:
            shared[word] += 1
    return {name: {word: shared[word] ** -0.5 for word in sorted(found)} for name, found in words.items()}


@cache
def trained() -> Model:
    """The weights that ship with exapt."""
    return model_of(json.loads(files("ingest").joinpath("_functions.json").read_text(encoding="utf-8")))


def model_of(data: Mapping[str, Any]) -> Model:
    """The model that a file of weights holds."""
    unit = data["unit"]
    return Model(
        functions=tuple(data["functions"]),
        prior=tuple(data["prior"]),
        bias=tuple(data["bias"]),
        weights={name: {int(i): unit * w for i, w in row.items()} for name, row in data["weights"].items()},
        families=data["families"],
        second=tuple(data["second"]),
    )


def _stems_of(text: str) -> set[str]:
    return {stem(part) for word in text.split() for part in normal(word).split()}


def _times(a: float, b: float) -> float:
    return a * b


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

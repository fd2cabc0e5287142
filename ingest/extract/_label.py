"""What kind of paper this is, by its words: a linear model whose weights lie beside this file (see CARD.md).

Each feature is a word, a pair of neighbours, a word of the title, or a word near a signal of analogy ("inspired by", "akin to").
Every paper of a stream is looked at so, most of them no further: :func:`label_probabilities` is the fast form of what
:func:`label_features` says plainly, and a test holds the two together.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import chain, pairwise
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from kg.model import LABELS, Label

_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\d+")
_SIGNAL = re.compile(
    r"(?:bio(?:logically)?|brain|neuro\w*|nature|human|cogniti\w+)?-?\s?(?:inspired|inspiration|inspires?|motivated|mimic\w*|imitat\w+|emulat\w+"
    r"|akin|analog\w+|similar(?:ly)? to|resembl\w+|plausib\w+|biomimetic\w*|bioinspired|like (?:humans?|animals?)|reminiscent"
    r"|as (?:humans?|animals?) do|borrow\w*|drawing|replicat\w+|correspond\w*|based on)"
)

_RUNS = {code: " " for code in range(128) if chr(code) not in "abcdefghijklmnopqrstuvwxyz0123456789-"}
"""Turns everything that no word has into blanks."""
_ROOTS = (
    "inspir", "motivated", "mimic", "imitat", "emulat", "akin", "analog", "similar", "resembl", "plausib", "mimetic",
    "like human", "like animal", "reminiscent", "as human", "as animal", "borrow", "drawing", "replicat", "correspond",
    "based on",
)  # fmt: skip
"""One of these is in every signal: looking for plain texts is much faster than looking for a pattern."""
_AFTER, _BEFORE = 60, 40
"""Characters around a signal in which the words near it stand."""


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
        seen.update(f"C={word}" for word in _WORD.findall(text, signal.end(), signal.end() + _AFTER)[:7])
        seen.update(f"B={word}" for word in _WORD.findall(text, max(0, signal.start() - _BEFORE), signal.start())[-3:])
    scale = 1.0 / math.sqrt(len(seen) or 1)
    return {name: scale * (1.0 + math.log(count)) for name, count in seen.items()}


def _signals(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each place that :data:`_SIGNAL` matches, as its ``finditer`` finds them."""
    places = {at for root in _ROOTS for at in _places(text, root)}
    done = 0
    for place in sorted(places):
        if place < done:
            continue
        # Before the root the same signal may hold letters, a hyphen and a blank.
        start = place
        while start > done and place - start < 2 and not _is_letter(text[start - 1]):
            start -= 1
        while start > done and _is_letter(text[start - 1]):
            start -= 1
        for at in range(start, place + 1):
            if signal := _SIGNAL.match(text, at):
                yield at, signal.end()
                done = signal.end()
                break


def _places(text: str, root: str) -> Iterator[int]:
    at = text.find(root)
    while at >= 0:
        yield at
        at = text.find(root, at + 1)


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_"


@cache
def label_model() -> LabelModel:
    """The trained model, read once."""
    data = json.loads(files("ingest.extract").joinpath("_label.json").read_text(encoding="utf-8"))
    return LabelModel(tuple(data["bias"]), data["weights"], data["unit"])


class Tables:
    """The weights again, as one array and a number for each feature: no feature's name is put together to look at a paper."""

    def __init__(self, model: LabelModel) -> None:
        self.bias, self.unit = numpy.array(model.bias), model.unit
        self.weights = numpy.array(list(model.weights.values()), dtype=numpy.int16).reshape(-1, len(LABELS))
        self.words: dict[str, int] = {}
        self.pairs: dict[tuple[str, str], int] = {}
        self.title_words: dict[str, int] = {}
        self.title_pairs: dict[tuple[str, str], int] = {}
        self.after: dict[str, int] = {}
        self.before: dict[str, int] = {}
        for number, name in enumerate(model.weights):
            mark, words = (name[:2], name[2:]) if name[1:2] == "=" else ("", name)
            first, underscore, second = words.partition("_")
            if mark in ("C=", "B="):
                (self.after if mark == "C=" else self.before)[words] = number
            elif underscore:
                (self.title_pairs if mark else self.pairs)[first, second] = number
            else:
                (self.title_words if mark else self.words)[words] = number


@cache
def _shipped() -> Tables:
    return Tables(label_model())


def label_probabilities(title: str, abstract: str, *, tables: Tables | None = None) -> dict[Label, float]:
    """How probable each label is, by the model that ships or by ``tables``; the values sum to one."""
    tables = tables or _shipped()
    scores = tables.bias + tables.unit * _total(title, abstract, tables)
    powers = numpy.exp(scores - scores.max())
    return dict(zip(LABELS, (powers / powers.sum()).tolist(), strict=True))


def _total(title: str, abstract: str, tables: Tables) -> NDArray[numpy.float64]:
    """The sum of value times weights over all features, shape (labels,)."""
    title, abstract = title.lower(), abstract.lower()
    title_words, words = _words(title), _words(abstract)
    text = f"{title} . {abstract}"
    after: list[str] = []
    before: list[str] = []
    for start, end in _signals(text):
        after += _WORD.findall(text, end, end + _AFTER)[:7]
        before += _WORD.findall(text, max(0, start - _BEFORE), start)[-3:]
    title_pairs = list(pairwise(title_words))
    pairs = [*title_pairs, *pairwise(words)]
    words += title_words
    # Features of different kinds never share a name, so what each kind has of different ones adds up.
    size = sum(len(set(kind)) for kind in (words, pairs, title_words, title_pairs, after, before))
    seen = Counter(
        chain(
            map(tables.words.get, words),
            map(tables.pairs.get, pairs),
            map(tables.title_words.get, title_words),
            map(tables.title_pairs.get, title_pairs),
            map(tables.after.get, after),
            map(tables.before.get, before),
        )
    )
    seen.pop(None, None)
    counts = numpy.fromiter(seen.values(), dtype=float, count=len(seen))
    rows = tables.weights[numpy.fromiter(seen, dtype=numpy.intp, count=len(seen))]
    total: NDArray[numpy.float64] = ((1.0 + numpy.log(counts)) / math.sqrt(size or 1)) @ rows
    return total


def _words(text: str) -> list[str]:
    """What :data:`_WORD` finds in ``text``, which is in lower case."""
    if not text.isascii():
        return _WORD.findall(text)
    found: list[str] = []
    for run in text.translate(_RUNS).split():
        if run.isalpha():
            found.append(run)
        else:
            found += _WORD.findall(run)
    return found

"""What kind of paper this is, by its words: a linear model whose weights lie beside this file (see CARD.md).

Each feature is a word, a pair of neighbours, a word of the title, or a word near a signal of analogy ("inspired by", "akin to").
Every paper of a stream is looked at so, most of them no further: :func:`probabilities` is the fast form, for many papers at once,
of what :func:`label_features` says plainly, and a test holds the two together.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from ingest.extract._signals import AFTER, BEFORE, SIGNAL, signals
from ingest.extract._words import WORD, Codes, Places, Words, bytes_of, fits, joined, mixed, pairs_of, starts_of, words_of
from kg.model import LABELS, Label

_MOST_AFTER, _MOST_BEFORE = 7, 3
"""Words of a signal's neighbourhood that count."""
_TOGETHER = 128
"""Papers looked at in one go: their arrays fit in a core's cache."""
_KEPT_BITS = 54
"""Of a feature's code: the rest has room for the number of the paper."""

Look = tuple[str, str]
"""Title and abstract."""


class LabelModel(NamedTuple):
    """Weights of each feature and a bias for each label, in the order of :data:`kg.model.LABELS`."""

    bias: tuple[float, ...]
    weights: dict[str, list[int]]
    unit: float


def label_features(title: str, abstract: str) -> dict[str, float]:
    """The features of a paper with their values; their squares sum to about one, however long the text is."""
    title_words, words = WORD.findall(title.lower()), WORD.findall(abstract.lower())
    seen: Counter[str] = Counter(f"T={word}" for word in title_words)
    seen.update(f"T={a}_{b}" for a, b in pairwise(title_words))
    for part in (title_words, words):
        seen.update(part)
        seen.update(f"{a}_{b}" for a, b in pairwise(part))
    text = f"{title} . {abstract}".lower()
    for signal in SIGNAL.finditer(text):
        seen.update(f"C={word}" for word in WORD.findall(text, signal.end(), signal.end() + AFTER)[:_MOST_AFTER])
        seen.update(f"B={word}" for word in WORD.findall(text, max(0, signal.start() - BEFORE), signal.start())[-_MOST_BEFORE:])
    scale = 1.0 / math.sqrt(len(seen) or 1)
    return {name: scale * (1.0 + math.log(count)) for name, count in seen.items()}


@cache
def label_model() -> LabelModel:
    """The trained model, read once."""
    data = json.loads(files("ingest.extract").joinpath("_label.json").read_text(encoding="utf-8"))
    return LabelModel(tuple(data["bias"]), data["weights"], data["unit"])


def _of_kind(codes: Codes, kind: int) -> Codes:
    return mixed(codes + numpy.uint64(kind * 0xD6E8FEB86659FD93 % 2**64)) >> numpy.uint64(64 - _KEPT_BITS)


_PLAIN, _TITLE, _AFTER, _BEFORE = range(4)
"""The same word is another feature in the title, and another near a signal."""
_MARKS = {"T=": _TITLE, "C=": _AFTER, "B=": _BEFORE}


class Tables:
    """The weights again, as one array, and a table of codes in which a feature finds its place in it."""

    def __init__(self, model: LabelModel) -> None:
        self.model = model
        self.bias, self.unit = numpy.array(model.bias), model.unit
        self.weights = numpy.array(list(model.weights.values()), dtype=numpy.int16).reshape(-1, len(LABELS)).T.copy()
        codes = _codes_of(list(model.weights))
        self.none = len(codes)
        """The number of what is no feature of the model."""
        self._bits = max(8, len(codes).bit_length() + 2)
        self._codes = numpy.zeros(1 << self._bits, dtype=numpy.uint64)
        self._numbers = numpy.full(1 << self._bits, self.none, dtype=numpy.int32)
        left = numpy.arange(len(codes))
        self._steps = 0
        while left.size:
            # Each takes its place if that is free, else the next one.
            places = self._places(codes[left], self._steps)
            free = self._numbers[places] == self.none
            self._numbers[places[free]] = left[free]
            self._codes[places[free]] = codes[left[free]]
            left = left[self._numbers[places] != left]
            self._steps += 1

    def _places(self, codes: Codes, step: int) -> Places:
        return ((codes >> numpy.uint64(_KEPT_BITS - self._bits)).astype(numpy.intp) + step) & ((1 << self._bits) - 1)

    def numbers(self, codes: Codes) -> NDArray[numpy.int32]:
        """Column of :attr:`weights` for each feature, or :attr:`none`."""
        found = numpy.full(len(codes), self.none, dtype=numpy.int32)
        left = numpy.arange(len(codes))
        for step in range(self._steps):
            places = self._places(codes, step)
            numbers = self._numbers[places]
            # Most places are free: what would stand there is no feature.
            taken = numpy.flatnonzero(numbers != self.none)
            same = self._codes[places[taken]] == codes[taken]
            right, others = taken[same], taken[~same]
            found[left[right]] = numbers[right]
            left, codes = left[others], codes[others]
        return found


def _codes_of(names: list[str]) -> Codes:
    """The codes of features by their names in the model."""
    kinds = [_MARKS.get(name[:2], _PLAIN) for name in names]
    parts = [(name[2:] if kind else name).partition("_") for name, kind in zip(names, kinds, strict=True)]
    firsts, seconds = ([part[place] for part in parts] for place in (0, 2))
    codes = words_of(bytes_of(firsts), starts_of(firsts)).code
    second = words_of(bytes_of(seconds), starts_of(seconds))
    codes[second.text] = joined(codes[second.text], second.code)
    kind_of = numpy.array(kinds)
    for kind in range(4):
        codes[kind_of == kind] = _of_kind(codes[kind_of == kind], kind)
    return codes


@cache
def shipped() -> Tables:
    """Those of the model that ships."""
    return Tables(label_model())


def label_probabilities(title: str, abstract: str, *, tables: Tables | None = None) -> dict[Label, float]:
    """How probable each label is, by the model that ships or by ``tables``; the values sum to one."""
    return dict(zip(LABELS, probabilities([(title, abstract)], tables=tables)[0], strict=True))


def probabilities(papers: Sequence[Look], *, tables: Tables | None = None) -> list[list[float]]:
    """For each paper how probable each of :data:`kg.model.LABELS` is; the same whichever papers come together."""
    tables = tables or shipped()
    found: list[list[float]] = []
    for first in range(0, len(papers), _TOGETHER):
        some = papers[first : first + _TOGETHER]
        scores = tables.bias + tables.unit * _totals(some, tables)
        powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
        found += (powers / powers.sum(axis=1, keepdims=True)).tolist()
    return found


def _totals(papers: Sequence[Look], tables: Tables) -> NDArray[numpy.float64]:
    """The sum of value times weights over all features of each paper, shape (papers, labels)."""
    lowered = [(title.lower(), abstract.lower()) for title, abstract in papers]
    plainly = [number for number, (title, abstract) in enumerate(lowered) if not (fits(title) and fits(abstract))]
    for number in plainly:
        lowered[number] = "", ""
    paper, code = _features(lowered)
    # Sorted, what is the same in one paper lies together; sums are in that order, whichever papers come together.
    keys = numpy.sort((paper.astype(numpy.uint64) << numpy.uint64(_KEPT_BITS)) | code)
    first = numpy.flatnonzero(numpy.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else numpy.empty(0, numpy.intp)
    counts = numpy.diff(numpy.append(first, len(keys)))
    owner = (keys[first] >> numpy.uint64(_KEPT_BITS)).astype(numpy.intp)
    sizes = numpy.maximum(numpy.bincount(owner, minlength=len(papers)), 1)
    numbers = tables.numbers(keys[first] & numpy.uint64((1 << _KEPT_BITS) - 1))
    known = numpy.flatnonzero(numbers != tables.none)
    values = 1.0 + numpy.log(counts[known])
    numbers, owner = numbers[known], owner[known]
    totals = numpy.empty((len(papers), len(LABELS)))
    for label, weights in enumerate(tables.weights):
        totals[:, label] = numpy.bincount(owner, values * weights[numbers], minlength=len(papers))
    totals /= numpy.sqrt(sizes)[:, None]
    for number in plainly:
        totals[number] = _plain_total(*papers[number], tables)
    return totals


def _plain_total(title: str, abstract: str, tables: Tables) -> NDArray[numpy.float64]:
    total = numpy.zeros(len(LABELS))
    for name, value in label_features(title, abstract).items():
        if name in tables.model.weights:
            total += value * numpy.array(tables.model.weights[name])
    return total


def _features(papers: Sequence[Look]) -> tuple[Places, Codes]:
    """(paper, code) of each feature of papers in lower case, as often as it is there."""
    texts = [f"{title} . {abstract}" for title, abstract in papers]
    letters, starts = bytes_of(texts), starts_of(texts)
    # A title and an abstract each are a field of their own; no word crosses the stop between them.
    fields = numpy.repeat(starts, 2)
    fields[1::2] += [len(title) + 1 for title, _ in papers]
    words = words_of(letters, fields)
    pairs = pairs_of(words)
    told = numpy.concatenate((words.code, pairs.code))
    field = numpy.concatenate((words.text, pairs.text))
    in_title = field % 2 == 0
    found = [
        (field >> 1, _of_kind(told, _PLAIN)),
        (field[in_title] >> 1, _of_kind(told[in_title], _TITLE)),
        *_near_signals(texts, letters, starts),
    ]
    return numpy.concatenate([paper for paper, _ in found]), numpy.concatenate([code for _, code in found])


def _near_signals(texts: Sequence[str], letters: NDArray[numpy.uint8], starts: Places) -> list[tuple[Places, Codes]]:
    owners: list[int] = []
    after: list[str] = []
    before: list[str] = []
    for number, start, end in signals(texts, letters, starts):
        owners.append(number)
        after.append(texts[number][end : end + AFTER])
        before.append(texts[number][max(0, start - BEFORE) : start])
    owner = numpy.array(owners, dtype=numpy.intp)
    found = []
    for kind, windows in ((_AFTER, after), (_BEFORE, before)):
        if windows:
            words = words_of(bytes_of(windows), starts_of(windows))
            near = _first(words, _MOST_AFTER) if kind == _AFTER else _last(words, _MOST_BEFORE)
            found.append((owner[near.text], _of_kind(near.code, kind)))
    return found


def _first(words: Words, most: int) -> Words:
    """The first ``most`` words of each text."""
    place = numpy.arange(len(words.text)) - numpy.searchsorted(words.text, words.text)
    return Words(words.text[place < most], words.code[place < most])


def _last(words: Words, most: int) -> Words:
    """The last ``most`` words of each text."""
    place = numpy.searchsorted(words.text, words.text, side="right") - numpy.arange(len(words.text))
    return Words(words.text[place <= most], words.code[place <= most])

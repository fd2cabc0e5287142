"""A small transformer that reads a paper: its label, the phrase that names the mechanism, and the one that names the technique.

Four layers of MiniLM, fine-tuned on abstracts, with weights in eight bits (see CARD.md) and plain numpy arithmetic.

*Reference:* MiniLM, arXiv 2002.10957; biaffine span scores, arXiv 1611.01734.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from ingest.extract._pieces import Pieces, cut
from ingest.text import sentences
from kg.model import LABELS, Label, Span

Floats = NDArray[numpy.float32]
HEADS = 12
WIDEST = 24
"""Pieces in the longest phrase that is considered."""
KEEP = 30
"""Phrases of each kind that are kept."""
ROLES = ("mechanism", "technique")


class Phrase(NamedTuple):
    """A phrase and the probability, 0 to 1, that it is the one that names the mechanism or technique."""

    span: Span
    share: float


class Sentence(NamedTuple):
    """A sentence of the abstract, and the mean of the states of its pieces, shape (width,)."""

    span: Span
    state: Floats


class Read(NamedTuple):
    """What the encoder says of one paper."""

    labels: dict[Label, float]
    mechanisms: list[Phrase]
    techniques: list[Phrase]
    sentences: Sequence[Sentence] = ()
    """Those that were read: of a very long abstract, not the last."""


class Weights(NamedTuple):
    """The trained arrays by name, and the vocabulary."""

    arrays: dict[str, Floats]
    vocabulary: dict[str, int]
    layers: int


@cache
def weights() -> Weights:
    """The weights that ship with the package, read once. Without pickle: plain arrays only."""
    with files("ingest.extract").joinpath("_encoder.npz").open("rb") as file, numpy.load(file, allow_pickle=False) as stored:
        return unpack(dict(stored))


def unpack(stored: dict[str, Any]) -> Weights:
    """Arrays as they are stored (eight bits and a scale a row, or sixteen bits) into arrays to reckon with."""
    arrays: dict[str, Floats] = {}
    for name, array in stored.items():
        if name.endswith(".scale") or name == "vocabulary":
            continue
        scale = stored.get(f"{name}.scale")
        arrays[name] = (
            array.astype(numpy.float32) if scale is None else array.astype(numpy.float32) * scale.astype(numpy.float32)[:, None]
        )
    words = bytes(stored["vocabulary"]).decode().split("\n")
    layers = 1 + max(int(name.split(".")[1]) for name in arrays if name.startswith("layers."))
    return Weights(arrays, {word: number for number, word in enumerate(words)}, layers)


def read(title: str, abstract: str, *, trained: Weights | None = None) -> Read:
    """Label probabilities, and the likeliest phrases of both kinds, best first."""
    trained = trained or weights()
    pieces = cut(title, abstract, trained.vocabulary)
    states = encode(pieces, trained)
    labels = _softmax(_label_scores(states, trained.arrays))
    mechanisms, techniques = (_phrases(states, pieces, role, trained.arrays) for role in range(len(ROLES)))
    read_ones = [
        Sentence(span, states[first : last + 1].mean(axis=0))
        for span, first, last in runs(pieces, title, abstract)
        if span.field == "abstract"
    ]
    return Read({name: float(p) for name, p in zip(LABELS, labels, strict=True)}, mechanisms, techniques, read_ones)


def encode(pieces: Pieces, trained: Weights) -> Floats:
    """The state of every piece, shape (pieces, width)."""
    a = trained.arrays
    states = a["word.weight"][pieces.ids] + a["pos.weight"][: len(pieces.ids)] + a["typ.weight"][0]
    states = _norm(states, a, "norm")
    for number in range(trained.layers):
        layer = f"layers.{number}."
        states = _norm(states + _attention(states, a, layer), a, layer + "n1")
        inner = _gelu(_linear(states, a, layer + "f1"))
        states = _norm(states + _linear(inner, a, layer + "f2"), a, layer + "n2")
    return states


def _attention(states: Floats, a: dict[str, Floats], layer: str) -> Floats:
    length, width = states.shape
    query, key, value = (
        _linear(states, a, layer + name).reshape(length, HEADS, width // HEADS).transpose(1, 0, 2) for name in ("q", "k", "v")
    )
    query = query / numpy.float32(math.sqrt(width // HEADS))
    mixed = numpy.empty((length, HEADS, width // HEADS), numpy.float32)
    for head in range(HEADS):  # one at a time, in place: the scores of all heads would not stay in the processor's cache
        scores = query[head] @ key[head].T
        scores -= scores.max(axis=-1, keepdims=True)
        numpy.exp(scores, out=scores)
        total = scores.sum(axis=-1, keepdims=True)
        mixed[:, head] = (scores @ value[head]) / total
    return _linear(mixed.reshape(length, width), a, layer + "o")


def _label_scores(states: Floats, a: dict[str, Floats]) -> Floats:
    pooled = numpy.concatenate([states[0], states.mean(axis=0), states.max(axis=0)])
    return _linear(_gelu(_linear(pooled, a, "label.0")), a, "label.3")


def _phrases(states: Floats, pieces: Pieces, role: int, a: dict[str, Floats]) -> list[Phrase]:
    """The ``KEEP`` likeliest phrases; each begins and ends with a whole word and stays in one field."""
    width = a["left.weight"].shape[0] // len(ROLES)
    mine = slice(role * width, (role + 1) * width)
    left = states @ a["left.weight"][mine].T + a["left.bias"][mine]
    right = states @ a["right.weight"][mine].T + a["right.bias"][mine]
    scores = left @ right.T / numpy.float32(math.sqrt(width))
    scores += (states @ a["start.weight"][role] + a["start.bias"][role])[:, None]
    scores += states @ a["stop.weight"][role] + a["stop.bias"][role]
    place = numpy.arange(len(pieces.ids))
    long = place[None, :] - place[:, None]
    scores += a["length"][role][long.clip(0, WIDEST - 1)]
    field = numpy.array([0 if span is None else 1 if span.field == "title" else 2 for span in pieces.spans])
    allowed = numpy.array(pieces.first)[:, None] & numpy.array(pieces.last)[None, :] & (long >= 0) & (long < WIDEST)
    allowed &= field[:, None] == field[None, :]
    if not allowed.any():
        return []
    shares = _softmax(numpy.where(allowed, scores, -numpy.inf).reshape(-1))
    best = numpy.argsort(-shares, kind="stable")[: min(KEEP, int(allowed.sum()))]
    found = []
    for flat in best:
        first, last = divmod(int(flat), len(pieces.ids))
        start, stop = pieces.spans[first], pieces.spans[last]
        if start is not None and stop is not None:
            found.append(Phrase(Span(start.field, start.start, stop.end), float(shares[flat])))
    return found


def runs(pieces: Pieces, title: str, abstract: str) -> list[tuple[Span, int, int]]:
    """The title and every sentence of the abstract that was read, with its first and last piece."""
    spans = [Span("title", 0, len(title)), *(Span("abstract", start, end) for start, end in sentences(abstract))]
    found: list[tuple[Span, int, int]] = []
    at = 0
    for span in spans:
        inside: list[int] = []
        while at < len(pieces.ids):
            word = pieces.spans[at]
            if word is not None:
                if word.field != span.field or word.start >= span.end:
                    break
                if word.start >= span.start:
                    inside.append(at)
            at += 1
        if inside:
            found.append((span, inside[0], inside[-1]))
    return found


def _linear(x: Floats, a: dict[str, Floats], name: str) -> Floats:
    out: Floats = x @ a[f"{name}.weight"].T + a[f"{name}.bias"]
    return out


def _norm(x: Floats, a: dict[str, Floats], name: str) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = numpy.sqrt((centred * centred).mean(axis=-1, keepdims=True) + numpy.float32(1e-12))
    out: Floats = centred / deviation * a[f"{name}.weight"] + a[f"{name}.bias"]
    return out


def _softmax(x: Floats) -> Floats:
    powers = numpy.exp(x - x.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


ROWS = 32
"""Of a wide array that are worked on at a time, so that they stay in the processor's cache."""


def _gelu(x: Floats) -> Floats:
    """``x`` times the normal distribution's share below it, the error function by Abramowitz and Stegun 7.1.26 (error 1.5e-7)."""
    if x.ndim == 1:
        return _gelu_of(x)
    out = numpy.empty_like(x)
    for first in range(0, len(x), ROWS):
        out[first : first + ROWS] = _gelu_of(x[first : first + ROWS])
    return out


def _gelu_of(x: Floats) -> Floats:
    z = numpy.abs(x) * numpy.float32(math.sqrt(0.5))
    t = 1 / (1 + numpy.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    error = numpy.sign(x) * (1 - series * numpy.exp(-z * z))
    out: Floats = (0.5 * x * (1 + error)).astype(numpy.float32)
    return out

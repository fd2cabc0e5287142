"""Papers as the encoder learns from them: pieces, label, and the phrases that are right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ingest.extract._encoder import ROLES, WIDEST, runs
from ingest.extract._pieces import START, STOP, UNKNOWN, Pieces, cut
from ingest.score import bag
from kg.model import LABELS, Span, TextField

KEPT_PIECES = 18_500
"""Few enough for all trained weights together to stay below 15 MB."""
LESS = 0.3
"""What a phrase other than the annotated one is worth, at most."""


class Example(NamedTuple):
    pieces: Pieces
    label: int
    gold: list[dict[tuple[int, int], float]]
    """For each role, first and last piece of the annotated phrases (worth 1) and of those that would count as right (less)."""


class Batch(NamedTuple):
    """Papers side by side, shape (batch, pieces) each, and which of them they are."""

    rows: list[int]
    ids: Tensor
    mask: Tensor
    first: Tensor
    last: Tensor
    field: Tensor

    def allowed(self, rows: Sequence[int]) -> Tensor:
        """Which first and last pieces may bound a phrase of these rows, shape (rows, pieces, pieces)."""
        first, last, field = self.first[rows], self.last[rows], self.field[rows]
        place = torch.arange(self.ids.shape[1], device=self.ids.device)
        long = place[None] - place[:, None]
        whole = first[:, :, None] & last[:, None, :] & (field[:, :, None] == field[:, None, :])
        return whole & (long >= 0) & (long < WIDEST)


def batch_of(papers: Sequence[Pieces], rows: list[int], device: torch.device) -> Batch:
    """The papers numbered ``rows``, padded to the longest."""
    length = max(len(papers[row].ids) for row in rows)

    def padded(values: Iterable[Iterable[int]]) -> Tensor:
        table = torch.zeros(len(rows), length, dtype=torch.long)
        for row, given in enumerate(values):
            line = torch.tensor(list(given))
            table[row, : len(line)] = line
        return table.to(device)

    chosen = [papers[row] for row in rows]
    return Batch(
        rows,
        padded(p.ids for p in chosen),
        padded([1] * len(p.ids) for p in chosen).bool(),
        padded(p.first for p in chosen).bool(),
        padded(p.last for p in chosen).bool(),
        padded((0 if s is None else 1 if s.field == "title" else 2 for s in p.spans) for p in chosen),
    )


def lots(lengths: Sequence[int], rows: Iterable[int], size: int, shuffler: random.Random) -> Iterator[list[int]]:
    """Numbers of papers of much the same length, ``size`` at a time, in random order; a rest too small for a lot is left out."""
    order = sorted(rows, key=lambda row: lengths[row] + shuffler.random() * 60)
    found = [order[i : i + size] for i in range(0, len(order) - size + 1, size)]
    shuffler.shuffle(found)
    yield from found


def pruned(path: Path, texts: Iterable[str]) -> list[str]:
    """The pieces that occur most in ``texts``, and all single characters, in the order of the full vocabulary."""
    words = path.read_text(encoding="utf-8").splitlines()
    full = {word: number for number, word in enumerate(words)}
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update(cut("", text, full).ids)
    always = {n for n, word in enumerate(words) if word in (UNKNOWN, START, STOP) or len(word.removeprefix("##")) == 1}
    kept = always | {number for number, _ in seen.most_common(KEPT_PIECES)}
    return [words[number] for number in sorted(kept)]


def example(document: dict[str, Any], vocabulary: dict[str, int]) -> Example:
    """An annotated paper, as one to learn from."""
    title, abstract = document["title"], document["abstract"]
    pieces = cut(title, abstract, vocabulary)
    sentences = runs(pieces, title, abstract)
    gold: list[dict[tuple[int, int], float]] = [{}, {}]
    for mapping in document["mappings"]:
        found = [located(document, mapping["evidence"], mapping[role], pieces) for role in ROLES]
        if not all(found):
            continue
        inside = [(first, last) for span, first, last in sentences if holds(document, mapping["evidence"], span)]
        for role, place, accepted in zip(ROLES, found, gold, strict=True):
            for phrase, share in alike(document, (mapping[role], mapping[f"{role}_concept"]), pieces).items():
                near = any(first <= phrase[0] and phrase[1] <= last for first, last in inside)
                accepted[phrase] = max(accepted.get(phrase, 0.0), LESS * share * share * (1.0 if near else 0.5))
            if place is not None:
                accepted[place] = 1.0
    return Example(pieces, LABELS.index(document["label"]), gold)


def holds(document: dict[str, Any], evidence: str, span: Span) -> bool:
    """Whether ``evidence`` lies for the most part in the sentence ``span``, or the sentence in it."""
    at = document[span.field].find(evidence)
    both = min(at + len(evidence), span.end) - max(at, span.start)
    return bool(at >= 0 and both > 0.5 * min(len(evidence), span.end - span.start))


def alike(document: dict[str, Any], names: tuple[str, str], pieces: Pieces) -> dict[tuple[int, int], float]:
    """Every phrase that shares half its words or more with one of ``names``, and how many it shares."""
    wanted = [bag(name) for name in names]
    any_of = set().union(*wanted)
    words = [n for n, first in enumerate(pieces.first) if first]
    ends = {first: last for first, last in zip(words, [n for n, last in enumerate(pieces.last) if last], strict=True)}
    texts = {n: next(iter(bag(document[s.field][s.start : s.end]) or [""])) for n in words if (s := pieces.spans[n]) is not None}
    found: dict[tuple[int, int], float] = {}
    for place, first in enumerate(words):
        if texts[first] not in any_of:  # the shortest of the phrases that share the same words begins with a word of the name
            continue
        held: Counter[str] = Counter()
        for word in words[place:]:
            last = ends[word]
            if last - first >= WIDEST or pieces.spans[word].field != pieces.spans[first].field:  # type: ignore[union-attr]
                break
            if texts[word]:
                held[texts[word]] += 1
            share = max(2 * (held & name).total() / (held.total() + name.total()) for name in wanted)
            if share >= 0.5 and texts[word] in any_of:
                found[first, last] = share
    return found


def located(document: dict[str, Any], evidence: str, phrase: str, pieces: Pieces) -> tuple[int, int] | None:
    """First and last piece of ``phrase``: in the evidence where it stands there, else where it first stands."""
    fields: tuple[TextField, ...] = ("abstract", "title")
    for field in fields:
        said = document[field].find(evidence)
        at = document[field].find(phrase, said) if said >= 0 else -1
        if 0 <= at <= said + len(evidence) - len(phrase):
            return covered(Span(field, at, at + len(phrase)), pieces)
    for field in fields:
        if (at := document[field].find(phrase)) >= 0:
            return covered(Span(field, at, at + len(phrase)), pieces)
    return None


def covered(span: Span, pieces: Pieces) -> tuple[int, int] | None:
    inside = [
        n for n, word in enumerate(pieces.spans)
        if word is not None and word.field == span.field and word.start < span.end and word.end > span.start
    ]  # fmt: skip
    return (inside[0], inside[-1]) if inside and inside[-1] - inside[0] < WIDEST else None

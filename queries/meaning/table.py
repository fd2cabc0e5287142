"""The table of words: how strongly each speaks for each function, and which words are used like it."""

from __future__ import annotations

import functools
import json
import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kg.errors import Unreadable

FILE = Path(__file__).with_name("words.bin")
FORMAT = "exapt words 1"


class Word(NamedTuple):
    """A stem of the table."""

    weight: float
    """What it tells: rare words more than common ones."""
    rows: Sequence[int]
    """For each function how strongly the word speaks for it, in units of the table's ``scale``."""
    near: tuple[str, ...]
    """Stems that are used alike, the nearest first."""


class Table:
    """The table in ``path``; only the rows that are asked for are taken apart.

    Raises:
        Unreadable: it holds no such table.
    """

    def __init__(self, path: Path = FILE) -> None:
        self._data = path.read_bytes()
        first, _, rest = self._data.partition(b"\n")
        try:
            head: dict[str, Any] = json.loads(first)
            known = head["format"] == FORMAT
            self._words = rest[: head["bytes"]] if known else b""
        except (ValueError, LookupError, TypeError):
            known = False
        if not known:
            raise Unreadable(path, f"it is not a table of words in the form {FORMAT!r}; install exapt anew")
        self.functions: tuple[str, ...] = tuple(head["functions"])
        """Ids of the functions, such as ``"protect_old"``."""
        self.scale: float = head["scale"]
        self.sharpness: float = head["sharpness"]
        self._near: int = head["near"]
        self._start = len(first) + 1 + len(self._words)
        self._length = 1 + len(self.functions) + 2 * self._near
        self._known: dict[str, Word | None] = {}

    def word(self, stem: str) -> Word | None:
        """What is known of ``stem``; ``None`` for a word that the table lacks."""
        if stem not in self._known:
            self._known[stem] = self._read(stem)
        return self._known[stem]

    def vocabulary(self) -> list[str]:
        """All stems in the order of the table: common ones first."""
        return self._words.decode().split()

    def _read(self, stem: str) -> Word | None:
        place = self._words.find(f"\n{stem}\n".encode("utf-8", "replace"))
        if place < 0 or not stem:
            return None
        start = self._start + self._length * self._words.count(b"\n", 0, place)
        row = self._data[start : start + self._length]
        numbers = array("H", row[-2 * self._near :])
        if sys.byteorder == "big":
            numbers.byteswap()
        vocabulary = _split(self._words)
        near = tuple(vocabulary[number] for number in numbers if number < len(vocabulary))
        return Word(row[0] / 100, array("b", row[1 : 1 + len(self.functions)]), near)


@functools.lru_cache(maxsize=2)
def _split(words: bytes) -> list[str]:
    return words.decode().split()


@functools.cache
def shipped() -> Table:
    """The table that ships with exapt."""
    return Table()


def evidence(stems: Iterable[str], table: Table) -> list[float]:
    """For each function the weighted sum of what the known ``stems`` say, each once; empty where none is known."""
    words = [word for stem in dict.fromkeys(stems) if (word := table.word(stem))]
    if not words:
        return []
    length = math.sqrt(sum(word.weight**2 for word in words))
    sums = [0.0] * len(table.functions)
    for word in words:
        share = table.scale * word.weight / length
        sums = [total + share * value for total, value in zip(sums, word.rows, strict=True)]
    return sums


def probabilities(stems: Iterable[str], table: Table) -> list[float]:
    """For each function how likely a text of these ``stems`` speaks of it; they add up to 1. Empty where no word is known."""
    sums = evidence(stems, table)
    top = max(sums, default=0.0)
    powers = [math.exp(table.sharpness * (value - top)) for value in sums]
    total = sum(powers)
    return [power / total for power in powers]


def likeness(first: Sequence[float], second: Sequence[float]) -> float:
    """Cosine of two results of :func:`evidence`, each about its mean: -1 to 1; 0 where either is empty."""
    if not first or not second:
        return 0.0
    means = sum(first) / len(first), sum(second) / len(second)
    one, two = [value - means[0] for value in first], [value - means[1] for value in second]
    lengths = math.sqrt(sum(a * a for a in one) * sum(b * b for b in two))
    return sum(a * b for a, b in zip(one, two, strict=True)) / lengths if lengths else 0.0

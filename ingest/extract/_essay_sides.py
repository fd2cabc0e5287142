"""Which side a phrase stands on: living things, or machines that learn and compute.

Words are weighed by the lists in ``_essay_sides.toml``; a phrase counts before the words in it, so that "genetic algorithm" is a
technique. What no list knows weighs nothing, and then the heading above decides.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, NamedTuple

Side = Literal["biology", "machine"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LONGEST_PHRASE = 4
_UNCHANGING = ("ss", "us", "is", "ics")
_NO_PLURAL = frozenset("bias species series mice always perhaps across less gas lens atlas canvas chaos process access".split())


class Weight(NamedTuple):
    """How much of each side a text speaks; ``lean`` is above zero for biology, below for machines."""

    biology: int
    machine: int

    @property
    def lean(self) -> int:
        return self.biology - self.machine

    @property
    def side(self) -> Side | None:
        return "biology" if self.lean > 0 else "machine" if self.lean < 0 else None


class _Vocabulary(NamedTuple):
    phrases: dict[tuple[str, ...], Weight]
    words: dict[str, Weight]
    stems: dict[str, Weight]
    generic: frozenset[str]
    techniques: tuple[str, ...]


@cache
def lists() -> dict[str, dict[str, str]]:
    """The word lists as they stand in the file."""
    loaded: dict[str, dict[str, str]] = tomllib.loads(
        resources.files("ingest.extract").joinpath("_essay_sides.toml").read_text(encoding="utf-8")
    )
    return loaded


def singular(word: str) -> str:
    """``word`` without its plural ending: ``"antibodies"`` gives ``"antibody"``; what is no plural stays."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(_UNCHANGING) or word in _NO_PLURAL:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


@cache
def _vocabulary() -> _Vocabulary:
    phrases: dict[tuple[str, ...], Weight] = {}
    words: dict[str, Weight] = {}
    stems: dict[str, Weight] = {}
    for side in ("biology", "machine"):
        table = lists()[side]
        for strength, value in (("weak", 1), ("strong", 2)):
            weight = Weight(value, 0) if side == "biology" else Weight(0, value)
            for entry in table[strength].split():
                if entry.endswith("*") and "-" not in entry:
                    stems[entry[:-1]] = weight
                elif "-" in entry:
                    phrases[tuple(singular(part) for part in entry.strip("*").split("-"))] = weight
                else:
                    words[singular(entry)] = weight
        weight = Weight(3, 0) if side == "biology" else Weight(0, 3)
        for entry in re.split(r"[|\n]", table["phrases_strong"]):
            if entry.strip():
                phrases[tuple(singular(part) for part in entry.split())] = weight
    generic = frozenset(singular(word) for word in lists()["generic"]["words"].split())
    techniques = tuple(name.strip() for name in re.split(r"[|\n]", lists()["techniques"]["names"]) if name.strip())
    return _Vocabulary(phrases, words, stems, generic, techniques)


def _single(token: str) -> Weight:
    vocabulary = _vocabulary()
    if known := vocabulary.words.get(token):
        return known
    for length in range(len(token), 2, -1):
        if known := vocabulary.stems.get(token[:length]):
            return known
    return Weight(0, 0)


@lru_cache(maxsize=20_000)
def weigh(text: str) -> Weight:
    """How much of ``text`` is talk of biology and how much of machines."""
    vocabulary = _vocabulary()
    tokens = [singular(token) for token in _WORD.findall(text.lower())]
    biology = machine = position = 0
    while position < len(tokens):
        for length in range(min(_LONGEST_PHRASE, len(tokens) - position), 0, -1):
            found = vocabulary.phrases.get(tuple(tokens[position : position + length]))
            if found is None and length == 1:
                found = _single(tokens[position])
            if found is not None:
                biology, machine = biology + found.biology, machine + found.machine
                position += length
                break
    return Weight(biology, machine)


def side_of(text: str) -> Side | None:
    """The side that ``text`` speaks of more, or None where it speaks of neither or of both alike."""
    return weigh(text).side


def opposed(first: str, second: str) -> bool | None:
    """Whether ``first`` is biology and ``second`` a technique (True), the reverse (False), or neither (None).

    One of the two must lean clearly; the other may lean its way, or be even where it does speak of that side
    ("neurons in ANNs" beside "genes").
    """
    one, two = weigh(first), weigh(second)
    if one.lean > 0 and two.machine > 0 and two.lean <= 0 and one.lean - two.lean >= 2:
        return True
    if two.lean > 0 and one.machine > 0 and one.lean <= 0 and two.lean - one.lean >= 2:
        return False
    return None


def is_generic(text: str) -> bool:
    """Whether ``text`` names a whole side ("biological systems", "ML techniques") and nothing on it."""
    tokens = [singular(token) for token in _WORD.findall(text.lower())]
    return all(token in _vocabulary().generic or len(token) < 2 or token in ("the", "of", "in", "and", "an") for token in tokens)


def named_techniques(text: str) -> list[tuple[int, int]]:
    """Where ``text`` names a technique that is known by its name, in order of the text."""
    found: list[tuple[int, int]] = []
    for name in _vocabulary().techniques:
        pattern = r"\b" + re.escape(name).replace(r"\ ", r"[ -]") + r"s?\b"
        found += [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
    return sorted(
        span for span in found if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in found)
    )

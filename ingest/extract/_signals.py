"""Signals of analogy in a text: "inspired by", "akin to", "like humans"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy
from numpy.typing import NDArray

SIGNAL = re.compile(
    r"(?:bio(?:logically)?|brain|neuro\w*|nature|human|cogniti\w+)?-?\s?(?:inspired|inspiration|inspires?|motivated|mimic\w*|imitat\w+|emulat\w+"
    r"|akin|analog\w+|similar(?:ly)? to|resembl\w+|plausib\w+|biomimetic\w*|bioinspired|like (?:humans?|animals?)|reminiscent"
    r"|as (?:humans?|animals?) do|borrow\w*|drawing|replicat\w+|correspond\w*|based on)"
)
AFTER, BEFORE = 60, 40
"""Characters around a signal in which the words near it stand."""
_ROOTS = (
    ("inspir", 0), ("motivated", 1), ("mimic", 0), ("imitat", 1), ("emulat", 0), ("akin", 0), ("analog", 1), ("similar", 0),
    ("resembl", 2), ("plausib", 0), ("mimetic", 1), ("like human", 5), ("like animal", 5), ("reminiscent", 0), ("as human", 3),
    ("as animal", 3), ("borrow", 0), ("drawing", 0), ("replicat", 0), ("correspond", 2), ("based on", 4),
)  # fmt: skip
"""One of these is in every signal; with each, where in it four letters stand that are rare elsewhere."""
_STEMS = ("bio", "brain", "neuro", "nature", "human", "cogniti")
"""One of these begins what a signal may have before its root."""
_MIX = 0x9E3779B1


@cache
def _anchors() -> tuple[NDArray[numpy.bool_], dict[str, list[tuple[str, int]]]]:
    """Which four letters may begin an anchor, by their hash; and by the four letters, the roots that they stand in."""
    roots: dict[str, list[tuple[str, int]]] = {}
    for root, offset in _ROOTS:
        roots.setdefault(root[offset : offset + 4], []).append((root, offset))
    likely = numpy.zeros(1 << 16, dtype=bool)
    for four in roots:
        likely[_hashes(numpy.frombuffer(four.encode(), dtype=numpy.uint8))] = True
    return likely, roots


def _hashes(letters: NDArray[numpy.uint8]) -> NDArray[numpy.uint32]:
    """A hash of sixteen bits for each four letters in a row."""
    wide = letters.astype(numpy.uint32)
    twos = wide[:-1] | (wide[1:] << numpy.uint32(8))
    fours = twos[:-2] | (twos[2:] << numpy.uint32(16))
    hashes: NDArray[numpy.uint32] = (fours * numpy.uint32(_MIX)) >> numpy.uint32(16)
    return hashes


def signals(texts: Sequence[str], letters: NDArray[numpy.uint8], starts: NDArray[numpy.intp]) -> Iterator[tuple[int, int, int]]:
    """(number of the text, start, end) of each place that :data:`SIGNAL` matches in it, as its ``finditer`` finds them.

    Args:
        texts: in lower case.
        letters: the same texts as :func:`ingest.extract._words.bytes_of` has them.
        starts: where each of them begins there.
    """
    likely, roots = _anchors()
    hits = numpy.flatnonzero(likely[_hashes(letters)])
    numbers = (numpy.searchsorted(starts, hits, side="right") - 1).tolist()
    places = [
        (number, at - offset)
        for number, at in zip(numbers, (hits - starts[numbers]).tolist(), strict=True)
        for root, offset in roots.get(texts[number][at : at + 4], ())
        if at >= offset and texts[number].startswith(root, at - offset)
    ]
    places.sort()  # the anchors came in order, the roots around them need not
    current, done = -1, 0
    for number, place in places:
        if number != current:
            current, done = number, 0
        if place >= done and (found := _signal_at(texts[number], place, done)):
            yield number, *found
            done = found[1]


def _signal_at(text: str, place: int, done: int) -> tuple[int, int] | None:
    """(start, end) of the signal whose root is at ``place`` and that begins no earlier than ``done``."""
    # Before the root the same signal may hold letters, a hyphen and a blank.
    start = place
    while start > done and place - start < 2 and not _is_letter(text[start - 1]):
        start -= 1
    while start > done and _is_letter(text[start - 1]):
        start -= 1
    before = text[start:place]
    for at in range(start, place) if any(stem in before for stem in _STEMS) else range(max(start, place - 2), place):
        if signal := SIGNAL.match(text, at):
            return at, signal.end()
    signal = SIGNAL.match(text, place)
    return (place, signal.end()) if signal else None


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_"

"""Words of many texts at once, each as a number that tells it from all others: no word is cut out or put together as text.

What :data:`WORD` finds word by word is found here for thousands of words by a few sums over arrays, which is several times as
fast. That two different words have the same number is as likely as two equal draws of 64 bits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\d+")
"""A word of a text in lower case: letters, digits and inner hyphens; or a number."""
_BEYOND = re.compile("[^\0-\x7f]")
_END = "\0"
"""Between two texts: belongs to no word."""
_HYPHEN, _DIGIT, _LETTER = 1, 2, 3
_KINDS = bytes(
    _LETTER if letter in b"abcdefghijklmnopqrstuvwxyz" else _DIGIT if letter in b"0123456789" else _HYPHEN * (letter == ord("-"))
    for letter in range(256)
)
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)

Codes = NDArray[numpy.uint64]
Places = NDArray[numpy.intp]


class Words(NamedTuple):
    """All words of some texts in their order."""

    text: Places
    """The number of the text that each word is of."""
    code: Codes


def fits(text: str) -> bool:
    """Whether ``text`` is one that :func:`words_of` can read: all but those with digits of other scripts."""
    return text.isascii() or not any(map(str.isdecimal, _BEYOND.findall(text)))


def bytes_of(texts: Sequence[str]) -> NDArray[numpy.uint8]:
    """The texts one after the other, a byte a character; a letter of another alphabet is in no word and becomes a mark."""
    return numpy.frombuffer((_END.join(texts) + _END).encode("ascii", "replace"), dtype=numpy.uint8)


def starts_of(texts: Sequence[str]) -> Places:
    """Where each of the texts begins in :func:`bytes_of` them."""
    lengths = numpy.fromiter(map(len, texts), dtype=numpy.intp, count=len(texts)) + 1
    starts: Places = numpy.cumsum(lengths) - lengths
    return starts


def words_of(letters: NDArray[numpy.uint8], starts: Places) -> Words:
    """Words of the texts in ``letters`` that begin at ``starts``: what :data:`WORD` finds in each."""
    kinds = numpy.frombuffer(letters.tobytes().translate(_KINDS), dtype=numpy.uint8)
    alphanumeric = kinds >= _DIGIT
    edges = numpy.flatnonzero(alphanumeric[1:] != alphanumeric[:-1]) + 1
    if alphanumeric[0]:
        edges = numpy.concatenate(([0], edges))
    # Runs of letters and digits; the last byte belongs to none, so that each run has its end.
    begin, end = edges[::2], edges[1::2]
    if not len(begin):
        return Words(numpy.empty(0, numpy.intp), numpy.empty(0, numpy.uint64))
    is_digit = kinds == _DIGIT
    turns = numpy.flatnonzero(is_digit[:-1] & (kinds[1:] == _LETTER)) + 1
    first_turn = numpy.searchsorted(turns, begin)
    split = numpy.append(turns, len(letters))[first_turn]
    opens_with_digit = is_digit[begin]
    has_letter = ~opens_with_digit | (split < end)
    # A run goes on with the word before it where a single hyphen joins them, and what is before is no number.
    hyphened = numpy.zeros(len(begin), dtype=bool)
    hyphened[1:] = (begin[1:] == end[:-1] + 1) & (kinds[end[:-1]] == _HYPHEN)
    decided = numpy.maximum.accumulate(numpy.where(has_letter | ~hyphened, numpy.arange(len(begin)), 0))
    in_word = has_letter[decided]
    joined = numpy.zeros(len(begin), dtype=bool)
    joined[1:] = hyphened[1:] & in_word[:-1]
    fresh = numpy.flatnonzero(~joined)
    last = numpy.append(fresh[1:], len(begin)) - 1
    word_begin, word_end = begin[fresh], end[last]
    if (cut := numpy.flatnonzero(opens_with_digit[fresh] & has_letter[fresh])).size:
        # "3d" is a number and a word.
        at = split[fresh[cut]]
        word_begin = numpy.insert(word_begin, cut + 1, at)
        word_end = numpy.insert(word_end, cut, at)
    return Words(_text_of(word_begin, starts), _codes(letters, word_begin, word_end))


def _text_of(places: Places, starts: Places) -> Places:
    number: Places = numpy.searchsorted(starts, places, side="right") - 1
    return number


def _codes(letters: NDArray[numpy.uint8], begin: Places, end: Places) -> Codes:
    """Each word as a polynomial of its letters, modulo 2**64: differences of one running sum."""
    powers, inverses = _powers(len(letters).bit_length())
    sums = numpy.zeros(len(letters) + 1, dtype=numpy.uint64)
    numpy.cumsum(letters * powers[: len(letters)], out=sums[1:])
    return mixed((sums[end] - sums[begin]) * inverses[begin])


@cache
def _powers(bits: int) -> tuple[Codes, Codes]:
    """The first ``2**bits`` powers of the base, and of its inverse."""
    factors = numpy.full((2, 1 << bits), [[_BASE], [_BASE_INVERSE]], dtype=numpy.uint64)
    factors[:, 0] = 1
    powers, inverses = numpy.multiply.accumulate(factors, axis=1)
    return powers, inverses


def mixed(codes: Codes) -> Codes:
    """The codes with every bit spread over all bits; different ones stay different."""
    codes = codes * numpy.uint64(0xBF58476D1CE4E5B9)
    return codes ^ (codes >> numpy.uint64(31))


def pairs_of(words: Words) -> Words:
    """Each two neighbours of one text as one code."""
    beside = numpy.flatnonzero(words.text[1:] == words.text[:-1])
    return Words(words.text[beside], joined(words.code[beside], words.code[beside + 1]))


def joined(first: Codes, second: Codes) -> Codes:
    """The code of a pair."""
    return mixed(first * numpy.uint64(0x94D049BB133111EB) + second)

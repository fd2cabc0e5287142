"""A text as word pieces: lower case, without accents, each word cut into the longest pieces that the vocabulary has.

*Reference:* WordPiece as in BERT, arXiv 1810.04805.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from kg.model import Span, TextField

UNKNOWN, START, STOP = "[UNK]", "[CLS]", "[SEP]"
LONGEST = 400
"""Pieces of a paper that are read: 99 of 100 abstracts are shorter."""

_WORD = re.compile(r"[^\W_]+|[^\s]")
_LONGEST_WORD = 100


class Pieces(NamedTuple):
    """The pieces of one paper; every list has one entry a piece."""

    ids: list[int]
    spans: list[Span | None]
    """Where the piece's word stands; none for the marks between the fields."""
    first: list[bool]
    """Whether a word begins here."""
    last: list[bool]
    """Whether a word ends here."""


def cut(title: str, abstract: str, vocabulary: Mapping[str, int]) -> Pieces:
    """The pieces of ``title`` and then of ``abstract``, at most :data:`LONGEST`."""
    pieces = Pieces([vocabulary[START]], [None], [False], [False])
    fields: tuple[tuple[TextField, str], ...] = (("title", title), ("abstract", abstract))
    for name, text in fields:
        for word in _WORD.finditer(text):
            ids = _word(word.group(), vocabulary)
            if len(pieces.ids) + len(ids) > LONGEST - 2:  # both fields are closed by a mark
                break
            pieces.ids.extend(ids)
            pieces.spans.extend([Span(name, word.start(), word.end())] * len(ids))
            pieces.first.extend([True, *[False] * (len(ids) - 1)])
            pieces.last.extend([*[False] * (len(ids) - 1), True])
        pieces.ids.append(vocabulary[STOP])
        pieces.spans.append(None)
        pieces.first.append(False)
        pieces.last.append(False)
    return pieces


def _word(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    plain = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn")
    if not plain or len(plain) > _LONGEST_WORD:
        return [vocabulary[UNKNOWN]]
    ids: list[int] = []
    start = 0
    while start < len(plain):
        for end in range(len(plain), start, -1):
            piece = plain[start:end] if not start else "##" + plain[start:end]
            if (known := vocabulary.get(piece)) is not None:
                ids.append(known)
                start = end
                break
        else:
            return [vocabulary[UNKNOWN]]
    return ids

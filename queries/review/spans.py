"""From what a person types to the place in the paper that it names: the words themselves, or their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.errors import Mismatch
from kg.model import Paper, Span, TextField

_EDGES = "\"'“”‘’«»()[]{}<>.,;:!?…"


def words_of(paper: Paper, passages: tuple[Span, ...]) -> list[Span]:
    """The words of ``passages``, by the blanks between them."""
    found = []
    for passage in passages:
        text = (paper.text(passage.field) or "")[: passage.end]
        found += [Span(passage.field, *match.span()) for match in re.compile(r"\S+").finditer(text, passage.start)]
    return found


def span_of(paper: Paper, passages: tuple[Span, ...], typed: str, *, near: Span | None = None) -> Span:
    """The place that ``typed`` names: ``"3-5"`` by the numbers of :func:`words_of`, else the words as they stand in the text.

    Case and the blanks between words may differ. Words of a passage win over those elsewhere in the paper; of several places
    the one nearest to ``near``.

    Raises:
        Mismatch: the paper does not hold these words.
    """
    typed = typed.strip()
    words = words_of(paper, passages)
    if numbers := re.fullmatch(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?", typed):
        first, last = int(numbers[1]), int(numbers[2] or numbers[1])
        if 1 <= first <= last <= len(words):
            return _joined(paper, words[first - 1], words[last - 1])
    places = [span for passage in passages for span in _places(paper, passage.field, typed, passage)]
    places = places or [span for field in ("abstract", "title") for span in _places(paper, field, typed)]
    if not places:
        raise Mismatch(f"the paper does not hold the words {typed[:80]!r}; type them as they stand there, or their numbers")
    if near is None:
        return places[0]
    return min(places, key=lambda span: (span.field != near.field, abs(span.start - near.start), span.start))


def _joined(paper: Paper, first: Span, last: Span) -> Span:
    if first.field != last.field:
        raise Mismatch("these words do not stand in one text")
    text = (paper.text(first.field) or "")[first.start : last.end]
    start = first.start + len(text) - len(text.lstrip(_EDGES))
    end = last.end - (len(text) - len(text.rstrip(_EDGES)))
    return Span(first.field, start, end) if start < end else Span(first.field, first.start, last.end)


def _places(paper: Paper, field: TextField, typed: str, within: Span | None = None) -> Iterator[Span]:
    text = paper.text(field)
    if text is None or not typed:
        return
    words = r"\s+".join(map(re.escape, typed.split()))
    start, end = (within.start, within.end) if within else (0, len(text))
    # Whole words first; writing without blanks has none.
    for pattern in (rf"(?<!\w){words}(?!\w)", words):
        matches = list(re.compile(pattern, re.IGNORECASE).finditer(text, start, end))
        if matches:
            yield from (Span(field, *match.span()) for match in matches)
            return

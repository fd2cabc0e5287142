"""Lets through only what the text bears out: every phrase and quote must stand in it, word for word, whatever the model says.

Runs of blanks count as one, for models fold lines; all else must agree, and no word may be cut. What comes out is the
text's own words at their true offsets, names from closed vocabularies, and concept names of plain words akin to the text's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, cast

from ingest.extract._llm_answer import score
from ingest.extract._llm_prompt import functions
from ingest.ground import readable
from ingest.text import sentences
from kg.model import RELATIONS, Found, Paper, Relation, Span, TextField

LONGEST_PHRASE = 200
"""Characters of a mechanism or technique; the longest of thousands annotated by hand has 113."""
LONGEST_QUOTE = 2000
MOST_SENTENCES = 3
MOST_FUNCTIONS = 3
LONGEST_NAME = 80
_NAME = re.compile(r"[^\W_][\w '’+-]*")
_WORD = re.compile(r"[^\W_]{4,}")
_ROOT = 5
"""Letters by which words count as akin: "hippocampal" and "hippocampus"."""


class Dropped(Exception):
    """A stated mapping that the text does not bear out; its text says why, in words to count by."""


class Window(NamedTuple):
    """The part of a paper that the model saw: its title and these characters of its abstract or body."""

    paper: Paper
    start: int
    end: int

    @property
    def text(self) -> str:
        return (self.paper.abstract or "")[self.start : self.end]

    def fields(self) -> Iterator[tuple[TextField, int, str]]:
        yield "abstract", self.start, self.text
        yield "title", 0, self.paper.title


def verified(stated: object, window: Window, *, why: tuple[str, ...] = ()) -> Found:
    """The mapping that one entry of an answer states.

    Raises:
        Dropped: it is no object, a phrase or quote is not in the text, the relation is unknown, both sides are the same words.
    """
    if not isinstance(stated, dict):
        raise Dropped("no object")
    relation = stated.get("relation")
    if relation not in RELATIONS:
        raise Dropped("unknown relation")
    passages = _passages(stated.get("evidence"), window)
    mechanism = _phrase(stated.get("mechanism"), window, passages, "mechanism")
    technique = _phrase(stated.get("technique"), window, passages, "technique")
    if mechanism.field == technique.field and mechanism.start < technique.end and technique.start < mechanism.end:
        raise Dropped("both sides are the same words")
    return Found(
        mechanism=_words(window, mechanism),
        mechanism_span=mechanism,
        technique=_words(window, technique),
        technique_span=technique,
        relation=cast(Relation, relation),
        passages=passages,
        mechanism_concept=_concept(stated.get("mechanism_concept"), _words(window, mechanism), window),
        technique_concept=_concept(stated.get("technique_concept"), _words(window, technique), window),
        score=score(stated.get("confidence")),
        hedged=stated.get("hedged") is True,
        functions=_functions(stated.get("functions")),
        why=why,
    )


def places(phrase: str, text: str) -> Iterator[tuple[int, int]]:
    """Where ``phrase`` stands in ``text`` as whole words, any run of blanks for any other."""
    words = phrase.split()
    if words:
        pattern = r"\s+".join(map(re.escape, words))
        before = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
        after = r"(?!\w)" if re.search(r"\w\Z", words[-1]) else ""
        yield from (match.span() for match in re.finditer(before + pattern + after, text))


def _passages(quotes: object, window: Window) -> tuple[Span, ...]:
    """The sentences that the quotes stand in, in order; all in one field."""
    quotes = [quotes] if isinstance(quotes, str) else quotes
    if not isinstance(quotes, list) or not quotes or len(quotes) > MOST_SENTENCES:
        raise Dropped("no evidence")
    if not all(isinstance(quote, str) and 0 < len(quote.strip()) <= LONGEST_QUOTE for quote in quotes):
        raise Dropped("no evidence")
    for field, _, text in window.fields():
        found = [next(places(quote, text), None) for quote in quotes]
        spans = {sentence for place in found if place for sentence in _sentences(field, place, window)}
        if all(found) and 0 < len(spans) <= MOST_SENTENCES:
            return tuple(sorted(spans))
        if all(found):
            raise Dropped("evidence of too many sentences")
    raise Dropped("evidence not in the text")


def _sentences(field: TextField, place: tuple[int, int], window: Window) -> list[Span]:
    offset = window.start if field == "abstract" else 0
    start, end = place[0] + offset, place[1] + offset
    return [Span(field, s, e) for s, e in _cut(window.paper.text(field) or "") if s < end and start < e]


@lru_cache(maxsize=64)
def _cut(text: str) -> list[tuple[int, int]]:
    return sentences(text)


def _phrase(phrase: object, window: Window, passages: tuple[Span, ...], side: str) -> Span:
    """The place of ``phrase``: within the evidence where it stands there, else the one nearest to it, else in the other field."""
    if not isinstance(phrase, str) or not phrase.strip() or len(phrase) > LONGEST_PHRASE:
        raise Dropped(f"no {side}")
    claim = passages[0]
    found = [Span(field, offset + s, offset + e) for field, offset, text in window.fields() for s, e in places(phrase, text)]
    if not found:
        raise Dropped(f"{side} not in the text")

    def distance(span: Span) -> tuple[bool, bool, int]:
        inside = any(p.field == span.field and p.start <= span.start and span.end <= p.end for p in passages)
        return not inside, span.field != claim.field, abs(span.start - claim.start)

    return min(found, key=distance)


def _concept(name: object, words: str, window: Window) -> str:
    """The model's name for a concept if it is one: short, of plain words, one of them akin to a word of the text."""
    if isinstance(name, str) and len(name) <= LONGEST_NAME and name.isprintable() and _NAME.fullmatch(name):
        if {word[:_ROOT] for word in _WORD.findall(name.casefold())} & _roots(f"{window.paper.title}\n{window.text}"):
            return readable(name)
    return readable(words)


@lru_cache(maxsize=64)
def _roots(text: str) -> frozenset[str]:
    return frozenset(word[:_ROOT] for word in _WORD.findall(text.casefold()))


def _functions(names: Any) -> tuple[str, ...]:
    """Keys of the known functions among ``names``; others are left out."""
    known = functions()
    wanted = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return tuple(dict.fromkeys(known[name] for name in wanted if name in known))[:MOST_FUNCTIONS]


def _words(window: Window, span: Span) -> str:
    return (window.paper.text(span.field) or "")[span.start : span.end]

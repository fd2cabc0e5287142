"""Mappings that an essay states in prose.

Each rule looks at one sentence (some at the sentence before it too) and finds two phrases; here the vocabulary says which of
them is biology, and where it cannot, the find is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.extract._essay_borrowing import idea, inspired, suggests
from ingest.extract._essay_claim import Claim, mechanism_name, place, quote, sentence_extents, technique_name
from ingest.extract._essay_likeness import between, both, how_how, in_brackets, likewise, seen_as
from ingest.extract._essay_limits import contrast, halves
from ingest.extract._essay_naming import short_name
from ingest.extract._essay_outline import Block, Extent
from ingest.extract._essay_sentence import Hit, Rule, Sentence
from ingest.extract._essay_sides import is_generic, opposed, weigh
from ingest.extract._essay_simile import fronted, matches, simile
from kg.model import Relation

_PERSON = re.compile(
    r"\b(?:\w*(?:biolog|neuroscient|ecolog|immunolog)\w*ists?|\w+ists|researchers?|engineers?"
    r"|scientists?|practitioners?|students?|readers?)\b",
    re.I,
)


def prose(text: str, blocks: Sequence[Block]) -> Iterator[Claim]:
    """All mappings that the sentences of ``blocks`` state by a cue."""
    earlier: tuple[tuple[Extent, int], ...] = ()
    previous: Block | None = None
    for block in blocks:
        if block.kind not in ("item", "paragraph", "lead_in", "label"):
            previous = None
            continue
        where = place(text, block)
        before: tuple[tuple[Extent, int], ...] = (
            earlier[-1:] if previous and previous.path == block.path and block.kind != "item" else ()
        )
        spans = sentence_extents(text, block.body)
        for number, span in enumerate(spans):
            extent = Extent(block.extent.start, span.end) if number == 0 else span
            sentence = Sentence(extent, span.start, block.head, where, before)
            for rule in RULES:
                for hit in rule(text, sentence):
                    if claim := _claim(text, sentence, hit):
                        yield claim
            before = (*before, (extent, span.start))
        earlier, previous = before, block


def _claim(text: str, sentence: Sentence, hit: Hit) -> Claim | None:
    one, two = hit.around or (hit.one, hit.two)
    first_is_biology = opposed(quote(text, one), quote(text, two))
    if first_is_biology is None:
        first_is_biology = opposed(quote(text, hit.one), quote(text, hit.two))
    certain = first_is_biology is not None
    if first_is_biology is None:
        first_is_biology = _by_context(text, sentence, hit)
    if first_is_biology is None:
        return None
    mechanism, technique = (hit.one, hit.two) if first_is_biology else (hit.two, hit.one)
    mechanism_words, technique_words = quote(text, mechanism), quote(text, technique)
    if any(_PERSON.search(words) and len(words.split()) < 4 for words in (mechanism_words, technique_words)):
        return None
    vague = [is_generic(words) for words in (mechanism_words, technique_words)]
    if all(vague) and hit.relation != "contrasts":
        return None
    relation: Relation = hit.relation or ("contrasts" if sentence.where.limits else "analogous")
    names = hit.names if first_is_biology else (hit.names[1], hit.names[0])
    return Claim(
        mechanism=mechanism,
        technique=technique,
        passages=hit.passages or (sentence.extent,),
        relation=relation,
        mechanism_name=short_name(names[0]) if names[0] else mechanism_name(text, mechanism),
        technique_name=short_name(names[1]) if names[1] else technique_name(text, technique),
        score=hit.score * (0.8 if any(vague) else 1.0) * (1.0 if certain else 0.85),
        hedged=bool(
            re.search(
                r"\b(?:perhaps|arguably|loosely|might be (?:seen|considered)|in a sense)\b", quote(text, sentence.extent), re.I
            )
        ),
        why=hit.why,
        listed=hit.listed,
        sweeping=hit.why not in _EXACT,
    )


def _by_context(text: str, sentence: Sentence, hit: Hit) -> bool | None:
    """The sides where the lists know no word of one phrase: told by the rest of the sentence and the headings."""
    if hit.why in _NEEDS_BOTH:
        return None
    weights = [weigh(quote(text, part)) for part in (hit.one, hit.two)]
    headings = " ".join(heading.of(text) for heading in sentence.where.block.path)
    for known, unknown, first in ((hit.one, weights[1], True), (hit.two, weights[0], False)):
        lean = weigh(quote(text, known)).lean
        rest = weigh(f"{text[sentence.extent.start : known.start]} {text[known.end : sentence.extent.end]} {headings}")
        if lean >= 2 and unknown == (0, 0) and rest.machine:
            return first
        if lean <= -2 and unknown == (0, 0) and rest.biology:
            return not first
    return None


_NEEDS_BOTH = frozenset({"both … and …", "two cases in brackets", "whether … or …", "while X, Y", "X, while Y", "more … than"})
_EXACT = frozenset({"two cases in brackets", "same link of two chains", "what could be built", "studying X could lead to Y"})
RULES: tuple[Rule, ...] = (
    between,
    both,
    in_brackets,
    simile,
    matches,
    fronted,
    how_how,
    likewise,
    seen_as,
    halves,
    inspired,
    suggests,
    idea,
    contrast,
)

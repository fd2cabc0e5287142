"""Entries of an essay's lists as the two ends of a mapping: which side each speaks for, and what it names."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import MODAL, Claim, mechanism_name, place, quote, sentence_extents, technique_name
from ingest.extract._essay_naming import short_name
from ingest.extract._essay_outline import Block, Extent
from ingest.extract._essay_sides import Side, is_generic, named_techniques, side_of, weigh
from ingest.extract._essay_verb import finite_verb
from kg.model import Relation

SIDE_WORD = re.compile(
    r"\b(?:bio\w*|nature|natural|living|brains?|ml|ai|machine|machines|artificial|comput\w+"
    r"|algorithmic|llms?|anns?|digital|engineered"
    r"|engineering|technical|silicon|software|robot\w*)\b",
    re.I,
)
"""Words that name a side as such."""
_EXAMPLE = re.compile(r"(?:an? )?(?:for )?(?:example|instance|illustration|case study)s?$", re.I)
IN_SIDE = re.compile(r"(?:in|within|among|on)\s+(?:the\s+)?\w", re.I)
_BROAD = frozenset(
    "cell cells organism organisms animal animals brain brains plant plants bodies body protein proteins genes gene".split()
)
_COPULA = re.compile(r"(?:is|are|serves?|acts?|functions?|provides?|plays?|represents?|operates?|works?|becomes?)\b", re.I)


class _End(NamedTuple):
    """One end of a pair: where it stands, what it is called, the passage that states it."""

    extent: Extent
    name: str
    passage: Extent


def paired(
    text: str, living: Block, machine: Block, heads: Counter[str], *, score: float, why: str, topic: Block | None = None
) -> Claim:
    """The mapping between an entry of each side; the heading ``topic`` above both may name the technique."""
    title = topic.of(text) if topic and topic.kind == "heading" else ""
    words = weigh(title)
    # The heading above a pair names its technique only where it is plainly the name of one.
    named = words.biology == 0 and (words.machine >= 3 or named_techniques(title)) and not is_generic(title)
    mechanism = _end(text, living, heads, "biology", "")
    technique = _end(text, machine, heads, "machine", title if named else "")
    return Claim(
        mechanism=mechanism.extent,
        technique=technique.extent,
        passages=in_text_order(mechanism.passage, technique.passage),
        relation=stated_relation(text, living, technique.passage),
        mechanism_name=mechanism.name,
        technique_name=technique.name,
        score=score,
        why=why,
    )


def _end(text: str, block: Block, heads: Counter[str], side: Side, title: str) -> _End:
    """What one entry names: its head where the head says something, else its clause, or the subject of "X serves as …"."""
    first = sentence_extents(text, block.body)[0]
    passage = Extent(block.extent.start, first.end)
    main = phrase.clause(text, *first)
    naming = mechanism_name(text, main) if side == "biology" else technique_name(text, main, fallback=title)
    if block.head and not (is_side_label(text, block.head, heads) if heads else is_generic(quote(text, block.head))):
        head = quote(text, block.head)
        if heads and phrase.subject(text, main):
            # In a pair of entries the head may be a topic or a side: the clause is what is said, the head its name.
            return _End(phrase.shortened(text, main), short_name(head), passage)
        if side == "machine":
            known = weigh(head).machine > 1 and len(short_name(head).split()) > 1
            naming = short_name(head) if known and naming not in short_name(quote(text, main)) else naming
        # "They help …" and "Ensures that …" have no subject of their own: the head names it.
        return _End(block.head, naming if phrase.subject(text, main) else short_name(head), passage)
    subject = phrase.subject(text, main)
    found = finite_verb(quote(text, main))
    if subject and found and _COPULA.match(quote(text, main)[found[0] :]):
        return _End(
            subject,
            short_name(title or quote(text, subject)) if side == "machine" else short_name(quote(text, subject)),
            passage,
        )
    # The clause is the span; a subject that is known by name is the shorter name for it.
    if side == "biology" and subject and weigh(quote(text, subject)).biology >= 2 and weigh(quote(text, subject)).machine == 0:
        specific = len(quote(text, subject).split()) > 1 or not is_generic(quote(text, subject))
        naming = short_name(quote(text, subject)) if specific and quote(text, subject).lower() not in _BROAD else naming
    return _End(phrase.shortened(text, main), naming, passage)


def is_example(text: str, block: Block) -> bool:
    """Whether the head of ``block`` says that an example follows."""
    return block.head is not None and _EXAMPLE.match(quote(text, block.head)) is not None


def entry_side(text: str, block: Block) -> Side | None:
    """The side that an entry speaks for: by its head, else by its first sentence."""
    if block.head and (side := side_of(quote(text, block.head))):
        return side
    first = sentence_extents(text, block.body)
    return side_of(quote(text, first[0])) if first else None


def is_side_label(text: str, head: Extent, heads: Counter[str]) -> bool:
    """Whether ``head`` names a side and nothing on it; one that comes back, as ``heads`` counts, does."""
    words = quote(text, head)
    return bool(SIDE_WORD.search(words) or IN_SIDE.match(words)) or is_generic(words) or heads[words.lower()] > 1


def stated_relation(text: str, block: Block, technique_passage: Extent) -> Relation:
    """A contrast under a heading on limits, a proposal where the technique's passage says what could be, else an analogy."""
    where = place(text, block)
    if where.limits:
        return "contrasts"
    return "proposes" if MODAL.search(quote(text, technique_passage)) else "analogous"


def in_text_order(*passages: Extent) -> tuple[Extent, ...]:
    return tuple(sorted(set(passages)))

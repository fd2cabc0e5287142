"""Mappings between lists or prose under parallel labels: "Epigenetics:" … "ML application:" …"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import Claim, mechanism_name, quote, sentence_extents, technique_name
from ingest.extract._essay_entry import IN_SIDE, SIDE_WORD, entry_side, in_text_order, is_example, paired, stated_relation
from ingest.extract._essay_naming import short_name
from ingest.extract._essay_outline import Block, Extent
from ingest.extract._essay_sides import Side, is_generic, side_of, weigh
from ingest.extract._essay_verb import finite_verb

_CORRESPONDS = re.compile(
    r"\b(?:similar\w*|likewise|equivalent\w*|correspond\w*|analog\w+|parallel\w*|counterparts?|the same|mirror\w*|in turn)\b",
    re.I,
)
_LEAD = re.compile(r"(?:in|for|within|on)\s+(?:the\s+)?[\w -]{2,40},", re.I)


class _Group(NamedTuple):
    """A label with the blocks right below it."""

    label: Block
    children: tuple[Block, ...]
    side: Side | None

    @property
    def items(self) -> list[Block]:
        rows = [child for child in self.children if child.kind == "item"]
        return [row for row in rows if row.indent == min(one.indent for one in rows)]


def under_labels(text: str, blocks: Sequence[Block], heads: Counter[str]) -> Iterator[Claim]:
    """What stands in the same place under a label for biology and the label for machine learning beside it."""
    groups = _groups(text, blocks)
    for place_of_first, first in enumerate(groups):
        # The next label beside this one; what lies deeper between them belongs to this one.
        second = next((group for group in groups[place_of_first + 1 :] if len(group.label.path) <= len(first.label.path)), None)
        if second is None or second.label.path != first.label.path or first.label.level != second.label.level:
            continue
        living, machine = (first, second) if first.side == "biology" else (second, first)
        if (living.side, machine.side) != ("biology", "machine"):
            continue
        if not all(_stands_for_side(text, group, heads) for group in (living, machine)):
            continue
        marked = [
            bool(_LEAD.match(group.label.of(text)) or _CORRESPONDS.search(group.label.of(text))) for group in (first, second)
        ]
        if any(_sentence_like(text, group.label) for group in (first, second)):
            if not all(marked):
                continue
            yield from _lead_ins(text, living, machine)
        yield from _aligned(text, living, machine, heads)


def _groups(text: str, blocks: Sequence[Block]) -> list[_Group]:
    below: dict[int, list[Block]] = {}
    for block in blocks:
        if block.path:
            below.setdefault(block.path[-1].extent.start, []).append(block)
    groups = []
    for block in blocks:
        if block.kind in ("heading", "label", "lead_in"):
            children = tuple(child for child in below.get(block.extent.start, []) if child.kind in ("item", "paragraph"))
            groups.append(_Group(block, children, side_of(block.of(text))))
    return groups


def _sentence_like(text: str, label: Block) -> bool:
    return label.kind != "heading" and len(label.of(text).split()) >= 4 and finite_verb(label.of(text)) is not None


def _stands_for_side(text: str, group: _Group, heads: Counter[str]) -> bool:
    """Whether a label names a side; a heading without a colon does so only by a word such as "biology", or by coming back."""
    words = group.label.of(text)
    if group.label.kind != "heading":
        return True
    mixed = {entry_side(text, item) for item in group.items} >= {"biology", "machine"}
    if mixed or len(words.split()) > 7:
        return False
    # A heading over a bare list may name the side by any word of it.
    named = SIDE_WORD.search(words) or is_generic(words) or heads[words.lower()] > 1 or IN_SIDE.match(words)
    return bool(named) or (bool(group.items) and min(weigh(words)) == 0)


def _lead_ins(text: str, living: _Group, machine: _Group) -> Iterator[Claim]:
    ends = []
    for group in (living, machine):
        sentence = sentence_extents(text, group.label.extent)[-1]
        ends.append((sentence, phrase.shortened(text, phrase.clause(text, *sentence), longest=9)))
    (mechanism_passage, mechanism), (technique_passage, technique) = ends
    yield Claim(
        mechanism=mechanism,
        technique=phrase.subject(text, technique) or technique,
        passages=in_text_order(mechanism_passage, technique_passage),
        relation=stated_relation(text, living.label, technique_passage),
        mechanism_name=mechanism_name(text, mechanism),
        technique_name=technique_name(text, technique),
        score=0.8,
        why="two lines that lead into lists side by side",
    )


def _aligned(text: str, living: _Group, machine: _Group, heads: Counter[str]) -> Iterator[Claim]:
    ones, twos = living.items, machine.items
    if not ones and not twos:
        yield from _prose_side_by_side(text, living, machine)
        return
    if not ones or not twos or abs(len(ones) - len(twos)) > 1:
        return
    score = (0.85 if len(ones) > 1 else 0.8) if len(ones) == len(twos) else 0.55
    for one, two in zip(ones, twos, strict=False):
        yield paired(
            text,
            one,
            two,
            Counter(),
            score=score,
            why=f"same place under {living.label.of(text)!r} and {machine.label.of(text)!r}",
        )
    examples = [[child for child in group.children if is_example(text, child)][:1] for group in (living, machine)]
    if all(examples):
        yield _example_pair(text, examples[0][0], examples[1][0])


def _prose_side_by_side(text: str, living: _Group, machine: _Group) -> Iterator[Claim]:
    """Paragraphs under two labels: sentence by sentence where there are as many on both sides, else the first of each."""
    paragraphs = [[child for child in group.children if not is_example(text, child)][:1] for group in (living, machine)]
    if not all(paragraphs):
        return
    ones, twos = (sentence_extents(text, found[0].body) for found in paragraphs)
    alike = len(ones) == len(twos) <= 4
    for one, two in list(zip(ones, twos, strict=False))[: None if alike else 1]:
        mechanism, technique = (phrase.shortened(text, phrase.clause(text, *sentence)) for sentence in (one, two))
        yield Claim(
            mechanism=mechanism,
            technique=technique,
            passages=in_text_order(one, two),
            relation=stated_relation(text, living.label, two),
            mechanism_name=mechanism_name(text, mechanism),
            technique_name=technique_name(text, technique),
            score=0.7 if alike else 0.55,
            why=f"prose side by side under {living.label.of(text)!r} and {machine.label.of(text)!r}",
        )


def _example_pair(text: str, living: Block, machine: Block) -> Claim:
    ends = []
    for block in (living, machine):
        first = sentence_extents(text, block.body)[0]
        main = phrase.clause(text, *first)
        topic = phrase.subject(text, main) or phrase.shortened(text, main)
        ends.append((phrase.noun_phrase(text, *topic) or topic, Extent(block.extent.start, first.end)))
    (mechanism, mechanism_passage), (technique, technique_passage) = ends
    return Claim(
        mechanism=mechanism,
        technique=technique,
        passages=in_text_order(mechanism_passage, technique_passage),
        relation="analogous",
        mechanism_name=short_name(quote(text, mechanism)),
        technique_name=short_name(quote(text, technique)),
        score=0.3,
        hedged=True,
        why="examples given in the same place on both sides",
    )

"""Mappings between neighbours in one list: "Biology: …" and "Machine learning: …"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import MODAL, Claim, mechanism_name, quote, sentence_extents
from ingest.extract._essay_entry import entry_side, in_text_order, is_example, is_side_label, paired
from ingest.extract._essay_naming import short_name
from ingest.extract._essay_outline import Block, Extent
from ingest.extract._essay_sides import weigh


def within_lists(text: str, blocks: Sequence[Block], heads: Counter[str]) -> Iterator[Claim]:
    """Two entries beside each other that speak for one side each, by their labels or in turn through the whole list."""
    rows = [block for block in blocks if not is_example(text, block)]
    for _, members in groupby(
        rows, key=lambda block: (block.kind, block.indent, tuple(heading.extent for heading in block.path))
    ):
        run = [block for block in members if block.kind == "item" or (block.kind == "paragraph" and block.head)]
        sides = [entry_side(text, block) for block in run]
        if len(run) < 2:
            continue
        under_side = bool(run[0].path) and run[0].path[-1].kind != "lead_in" and _labels_one_side(text, run[0].path[-1])
        alternating = len(run) % 2 == 0 and all(
            {one, two} == {"biology", "machine"} for one, two in zip(sides[::2], sides[1::2], strict=True)
        )
        taken = -1
        for index, (one, two) in enumerate(pairwise(run)):
            if index <= taken or {sides[index], sides[index + 1]} != {"biology", "machine"}:
                continue
            labelled = all(block.head and is_side_label(text, block.head, heads) for block in (one, two))
            if not labelled and (
                under_side or not alternating or index % 2 or not (_one_sided(text, one) and _one_sided(text, two))
            ):
                continue
            if not labelled and not all(block.head for block in (one, two)) and len(run) != 2:
                continue
            taken = index + 1
            living, machine = (one, two) if sides[index] == "biology" else (two, one)
            topic = living.path[-1] if living.path else None
            yield paired(
                text,
                living,
                machine,
                heads,
                score=0.88 if labelled else 0.6,
                why="two entries of one list, one for each side",
                topic=topic,
            )
            yield from _implemented(text, living, machine)


def _labels_one_side(text: str, label: Block) -> bool:
    words = weigh(label.of(text))
    return bool(words.biology) != bool(words.machine) and label.kind == "label"


def _one_sided(text: str, block: Block) -> bool:
    words = weigh(quote(text, Extent(block.extent.start, sentence_extents(text, block.body)[0].end)))
    return min(words) == 0 or max(words) >= 3 * min(words)


def _implemented(text: str, living: Block, machine: Block) -> Iterator[Claim]:
    """What the technique's entry says could be built: "By implementing layered feedback, it would be possible …"."""
    for sentence in sentence_extents(text, machine.body)[1:]:
        words = quote(text, sentence)
        found = re.match(
            r"(?:by|through)\s+(?:implementing|introducing|adopting|adding|building|integrating|incorporating|using)\s+",
            words,
            re.I,
        )
        if not found or not MODAL.search(words):
            continue
        technique = phrase.noun_phrase(text, sentence.start + found.end(), sentence.end)
        source = sentence_extents(text, living.body)[0]
        if technique:
            mechanism = phrase.clause(text, *source)
            yield Claim(
                mechanism=mechanism,
                technique=technique,
                passages=in_text_order(Extent(living.extent.start, source.end), sentence),
                relation="proposes",
                mechanism_name=mechanism_name(text, mechanism),
                technique_name=short_name(quote(text, technique)),
                score=0.65,
                why="what could be implemented, beside the biology that it answers",
            )

"""Mappings that an essay states by its layout: lists under parallel labels, pairs in a list, tables, and ``A ↔ B`` lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import MODAL, Claim, mechanism_name, place, quote, sentence_extents, technique_name
from ingest.extract._essay_columns import arrows, tables
from ingest.extract._essay_outline import Block, Extent
from ingest.extract._essay_sides import Side, is_generic, named_techniques, side_of, weigh
from kg.model import Relation

_SIDE_WORD = re.compile(
    r"\b(?:bio\w*|nature|natural|living|brains?|ml|ai|machine|machines|artificial|comput\w+"
    r"|algorithmic|llms?|anns?|digital|engineered"
    r"|engineering|technical|silicon|software|robot\w*)\b",
    re.I,
)
_CORRESPONDS = re.compile(
    r"\b(?:similar\w*|likewise|equivalent\w*|correspond\w*|analog\w+|parallel\w*|counterparts?|the same|mirror\w*|in turn)\b",
    re.I,
)
_LEAD = re.compile(r"(?:in|for|within|on)\s+(?:the\s+)?[\w -]{2,40},", re.I)
_EXAMPLE = re.compile(r"(?:an? )?(?:for )?(?:example|instance|illustration|case study)s?$", re.I)
_IN_SIDE = re.compile(r"(?:in|within|among|on)\s+(?:the\s+)?\w", re.I)
_BROAD = frozenset(
    "cell cells organism organisms animal animals brain brains plant plants bodies body protein proteins genes gene".split()
)
_COPULA = re.compile(r"(?:is|are|serves?|acts?|functions?|provides?|plays?|represents?|operates?|works?|becomes?)\b", re.I)


class Group(NamedTuple):
    """A label with the blocks right below it."""

    label: Block
    children: tuple[Block, ...]
    side: Side | None

    @property
    def items(self) -> list[Block]:
        rows = [child for child in self.children if child.kind == "item"]
        return [row for row in rows if row.indent == min(one.indent for one in rows)]


class End(NamedTuple):
    """One end of a pair: where it stands, what it is called, the passage that states it."""

    extent: Extent
    name: str
    passage: Extent


def structural(text: str, blocks: Sequence[Block]) -> Iterator[Claim]:
    """All mappings that the layout of ``blocks`` states."""
    heads = Counter(quote(text, block.head).lower() for block in blocks if block.head)
    heads.update(block.of(text).lower() for block in blocks if block.kind in ("heading", "label"))
    yield from arrows(text, blocks)
    yield from tables(text, blocks)
    yield from _under_labels(text, blocks, heads)
    yield from _within_lists(text, blocks, heads)


# Lists under parallel labels


def _groups(text: str, blocks: Sequence[Block]) -> list[Group]:
    below: dict[int, list[Block]] = {}
    for block in blocks:
        if block.path:
            below.setdefault(block.path[-1].extent.start, []).append(block)
    groups = []
    for block in blocks:
        if block.kind in ("heading", "label", "lead_in"):
            children = tuple(child for child in below.get(block.extent.start, []) if child.kind in ("item", "paragraph"))
            groups.append(Group(block, children, side_of(block.of(text))))
    return groups


def _sentence_like(text: str, label: Block) -> bool:
    return label.kind != "heading" and len(label.of(text).split()) >= 4 and phrase.verb(label.of(text)) is not None


def _under_labels(text: str, blocks: Sequence[Block], heads: Counter[str]) -> Iterator[Claim]:
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


def _lead_ins(text: str, living: Group, machine: Group) -> Iterator[Claim]:
    ends = []
    for group in (living, machine):
        sentence = sentence_extents(text, group.label.extent)[-1]
        ends.append((sentence, phrase.shortened(text, phrase.clause(text, *sentence), longest=9)))
    (mechanism_passage, mechanism), (technique_passage, technique) = ends
    yield Claim(
        mechanism=mechanism,
        technique=phrase.subject(text, technique) or technique,
        passages=_ordered(mechanism_passage, technique_passage),
        relation=_relation(text, living.label, technique_passage),
        mechanism_name=mechanism_name(text, mechanism),
        technique_name=technique_name(text, technique),
        score=0.8,
        why="two lines that lead into lists side by side",
    )


def _aligned(text: str, living: Group, machine: Group, heads: Counter[str]) -> Iterator[Claim]:
    ones, twos = living.items, machine.items
    if not ones and not twos:
        yield from _prose_side_by_side(text, living, machine)
        return
    if not ones or not twos or abs(len(ones) - len(twos)) > 1:
        return
    score = (0.85 if len(ones) > 1 else 0.8) if len(ones) == len(twos) else 0.55
    for one, two in zip(ones, twos, strict=False):
        yield _paired(
            text,
            one,
            two,
            Counter(),
            score=score,
            why=f"same place under {living.label.of(text)!r} and {machine.label.of(text)!r}",
        )
    examples = [[child for child in group.children if _is_example(text, child)][:1] for group in (living, machine)]
    if all(examples):
        yield _example_pair(text, examples[0][0], examples[1][0])


def _prose_side_by_side(text: str, living: Group, machine: Group) -> Iterator[Claim]:
    """Paragraphs under two labels: sentence by sentence where there are as many on both sides, else the first of each."""
    paragraphs = [[child for child in group.children if not _is_example(text, child)][:1] for group in (living, machine)]
    if not all(paragraphs):
        return
    ones, twos = (sentence_extents(text, found[0].body) for found in paragraphs)
    alike = len(ones) == len(twos) <= 4
    for one, two in list(zip(ones, twos, strict=False))[: None if alike else 1]:
        mechanism, technique = (phrase.shortened(text, phrase.clause(text, *sentence)) for sentence in (one, two))
        yield Claim(
            mechanism=mechanism,
            technique=technique,
            passages=_ordered(one, two),
            relation=_relation(text, living.label, two),
            mechanism_name=mechanism_name(text, mechanism),
            technique_name=technique_name(text, technique),
            score=0.7 if alike else 0.55,
            why=f"prose side by side under {living.label.of(text)!r} and {machine.label.of(text)!r}",
        )


def _is_example(text: str, block: Block) -> bool:
    return block.head is not None and _EXAMPLE.match(quote(text, block.head)) is not None


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
        passages=_ordered(mechanism_passage, technique_passage),
        relation="analogous",
        mechanism_name=phrase.name(quote(text, mechanism)),
        technique_name=phrase.name(quote(text, technique)),
        score=0.3,
        hedged=True,
        why="examples given in the same place on both sides",
    )


# Pairs within one list: "Biology: …" and "Machine learning: …"


def _within_lists(text: str, blocks: Sequence[Block], heads: Counter[str]) -> Iterator[Claim]:
    rows = [block for block in blocks if not _is_example(text, block)]
    for _, members in groupby(
        rows, key=lambda block: (block.kind, block.indent, tuple(heading.extent for heading in block.path))
    ):
        run = [block for block in members if block.kind == "item" or (block.kind == "paragraph" and block.head)]
        sides = [_side(text, block) for block in run]
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
            labelled = all(block.head and _is_side_label(text, block.head, heads) for block in (one, two))
            if not labelled and (
                under_side or not alternating or index % 2 or not (_one_sided(text, one) and _one_sided(text, two))
            ):
                continue
            if not labelled and not all(block.head for block in (one, two)) and len(run) != 2:
                continue
            taken = index + 1
            living, machine = (one, two) if sides[index] == "biology" else (two, one)
            topic = living.path[-1] if living.path else None
            yield _paired(
                text,
                living,
                machine,
                heads,
                score=0.88 if labelled else 0.6,
                why="two entries of one list, one for each side",
                topic=topic,
            )
            yield from _implemented(text, living, machine)


def _stands_for_side(text: str, group: Group, heads: Counter[str]) -> bool:
    """Whether a label names a side; a heading without a colon does so only by a word such as "biology", or by coming back."""
    words = group.label.of(text)
    if group.label.kind != "heading":
        return True
    mixed = {_side(text, item) for item in group.items} >= {"biology", "machine"}
    if mixed or len(words.split()) > 7:
        return False
    # A heading over a bare list may name the side by any word of it.
    named = _SIDE_WORD.search(words) or is_generic(words) or heads[words.lower()] > 1 or _IN_SIDE.match(words)
    return bool(named) or (bool(group.items) and min(weigh(words)) == 0)


def _labels_one_side(text: str, label: Block) -> bool:
    words = weigh(label.of(text))
    return bool(words.biology) != bool(words.machine) and label.kind == "label"


def _one_sided(text: str, block: Block) -> bool:
    words = weigh(quote(text, Extent(block.extent.start, sentence_extents(text, block.body)[0].end)))
    return min(words) == 0 or max(words) >= 3 * min(words)


def _side(text: str, block: Block) -> Side | None:
    if block.head and (side := side_of(quote(text, block.head))):
        return side
    first = sentence_extents(text, block.body)
    return side_of(quote(text, first[0])) if first else None


def _is_side_label(text: str, head: Extent, heads: Counter[str]) -> bool:
    words = quote(text, head)
    return bool(_SIDE_WORD.search(words) or _IN_SIDE.match(words)) or is_generic(words) or heads[words.lower()] > 1


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
                passages=_ordered(Extent(living.extent.start, source.end), sentence),
                relation="proposes",
                mechanism_name=mechanism_name(text, mechanism),
                technique_name=phrase.name(quote(text, technique)),
                score=0.65,
                why="what could be implemented, beside the biology that it answers",
            )


# Both ends of a pair of entries


def _paired(
    text: str, living: Block, machine: Block, heads: Counter[str], *, score: float, why: str, topic: Block | None = None
) -> Claim:
    title = topic.of(text) if topic and topic.kind == "heading" else ""
    words = weigh(title)
    # The heading above a pair names its technique only where it is plainly the name of one.
    named = words.biology == 0 and (words.machine >= 3 or named_techniques(title)) and not is_generic(title)
    mechanism = _end(text, living, heads, "biology", "")
    technique = _end(text, machine, heads, "machine", title if named else "")
    return Claim(
        mechanism=mechanism.extent,
        technique=technique.extent,
        passages=_ordered(mechanism.passage, technique.passage),
        relation=_relation(text, living, technique.passage),
        mechanism_name=mechanism.name,
        technique_name=technique.name,
        score=score,
        why=why,
    )


def _end(text: str, block: Block, heads: Counter[str], side: Side, title: str) -> End:
    """What one entry names: its head where the head says something, else its clause, or the subject of "X serves as …"."""
    first = sentence_extents(text, block.body)[0]
    passage = Extent(block.extent.start, first.end)
    main = phrase.clause(text, *first)
    naming = mechanism_name(text, main) if side == "biology" else technique_name(text, main, fallback=title)
    if block.head and not (_is_side_label(text, block.head, heads) if heads else is_generic(quote(text, block.head))):
        head = quote(text, block.head)
        if heads and phrase.subject(text, main):
            # In a pair of entries the head may be a topic or a side: the clause is what is said, the head its name.
            return End(phrase.shortened(text, main), phrase.name(head), passage)
        if side == "machine":
            known = weigh(head).machine > 1 and len(phrase.name(head).split()) > 1
            naming = phrase.name(head) if known and naming not in phrase.name(quote(text, main)) else naming
            return End(block.head, naming if phrase.subject(text, main) else phrase.name(head), passage)
        # "They help …" and "Ensures that …" have no subject of their own: the head names it.
        return End(block.head, naming if phrase.subject(text, main) else phrase.name(head), passage)
    subject = phrase.subject(text, main)
    found = phrase.verb(quote(text, main))
    if subject and found and _COPULA.match(quote(text, main)[found[0] :]):
        return End(
            subject,
            phrase.name(title or quote(text, subject)) if side == "machine" else phrase.name(quote(text, subject)),
            passage,
        )
    # The clause is the span; a subject that is known by name is the shorter name for it.
    if side == "biology" and subject and weigh(quote(text, subject)).biology >= 2 and weigh(quote(text, subject)).machine == 0:
        specific = len(quote(text, subject).split()) > 1 or not is_generic(quote(text, subject))
        naming = phrase.name(quote(text, subject)) if specific and quote(text, subject).lower() not in _BROAD else naming
    return End(phrase.shortened(text, main), naming, passage)


def _relation(text: str, block: Block, technique_passage: Extent) -> Relation:
    where = place(text, block)
    if where.limits:
        return "contrasts"
    return "proposes" if MODAL.search(quote(text, technique_passage)) else "analogous"


def _ordered(*passages: Extent) -> tuple[Extent, ...]:
    return tuple(sorted(set(passages)))

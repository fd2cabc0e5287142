"""Mappings that stand side by side on one line: ``A ↔ B`` lists and the rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import Claim, mechanism_name, place, quote, sentence_extents, technique_name
from ingest.extract._essay_naming import short_name
from ingest.extract._essay_outline import Block, Extent
from ingest.extract._essay_sides import opposed, weigh

_TWO_WAY = re.compile(r"\s*(?:↔️?|⟷|⇔|⇄|⇌|<-+>|<=+>|≈|≙|~=)\s*")
_ONE_WAY = re.compile(r"\s*(?:→|⟶|➔|➡️?|⇒|-+>|=+>|\s::\s|\s=\s|\bvs?\.?\s|\bversus\b)\s*")
_ARROW_END = re.compile(r":\s|\s[—–-]\s|\s\(|\.\s|\.$|;|,\s(?:where|which|both|as)\b")


# Lines such as "Genes ↔ Model architecture: …"


def arrows(text: str, blocks: Sequence[Block]) -> Iterator[Claim]:
    lines = [
        (block, pair) for block in blocks if block.kind in ("item", "paragraph", "row") for pair in _arrow_pairs(text, block)
    ]
    for _, rows in groupby(lines, key=lambda line: line[0].path):
        found = list(rows)
        order = [opposed(quote(text, one), quote(text, two)) for _, (one, two, _) in found]
        usual = _usual_order([(quote(text, one), quote(text, two)) for _, (one, two, sure) in found if sure])
        for (block, (one, two, sure)), known in zip(found, order, strict=True):
            first_is_biology = known if known is not None or not sure else usual
            if first_is_biology is None:
                continue
            mechanism, technique = (one, two) if first_is_biology else (two, one)
            passage = sentence_extents(text, block.extent)[0]
            passage = Extent(block.extent.start, max(passage.end, one.end, two.end))
            yield Claim(
                mechanism=mechanism,
                technique=technique,
                passages=(passage,),
                relation="contrasts" if place(text, block).limits else "analogous",
                mechanism_name=short_name(quote(text, mechanism)),
                technique_name=short_name(quote(text, technique)),
                score=0.95 if known is not None else 0.75,
                why="two names joined by an arrow",
                listed=True,
            )


def _usual_order(pairs: Sequence[tuple[str, str]]) -> bool | None:
    """Whether a whole list of correspondences has biology first: a name that no list knows follows its neighbours."""
    ones, twos = (weigh(" ; ".join(pair[side] for pair in pairs)) for side in (0, 1))
    if ones.lean - twos.lean >= 2 and ones.biology and twos.machine:
        return True
    if twos.lean - ones.lean >= 2 and twos.biology and ones.machine:
        return False
    return None


def _arrow_pairs(text: str, block: Block) -> Iterator[tuple[Extent, Extent, bool]]:
    whole = block.of(text)
    for mark, sure in ((_TWO_WAY, True), (_ONE_WAY, False)):
        found = list(mark.finditer(whole))
        if not found:
            continue
        if len(found) == 1:
            end = _ARROW_END.search(whole, found[0].end())
            one = phrase.trimmed(text, block.extent.start, block.extent.start + found[0].start())
            two = phrase.trimmed(
                text, block.extent.start + found[0].end(), block.extent.start + (end.start() if end else len(whole))
            )
            if label := re.match(r"[^:]{2,40}:\s+", quote(text, one)):
                one = Extent(one.start + label.end(), one.end)
            if all(1 <= len(quote(text, part).split()) <= 10 for part in (one, two)):
                yield _unmarked(text, one), _unmarked(text, two), sure
        return


def _unmarked(text: str, extent: Extent) -> Extent:
    start, end = extent
    while start < end and text[start] in "*_`":
        start += 1
    while end > start and text[end - 1] in "*_`":
        end -= 1
    return Extent(start, end)


# Tables


def tables(text: str, blocks: Sequence[Block]) -> Iterator[Claim]:
    for is_row, members in groupby(blocks, key=lambda block: block.kind == "row"):
        rows = [row for row in members if not all(set(quote(text, cell)) <= set("-:= ") for cell in row.cells)] if is_row else []
        width = max((len(row.cells) for row in rows), default=0)
        rows = [row for row in rows if len(row.cells) == width]
        if len(rows) < 2:
            continue
        headers = [quote(text, cell) for cell in rows[0].cells]
        leans = [
            3 * weigh(headers[column]).lean + sum(weigh(quote(text, row.cells[column])).lean for row in rows[1:])
            for column in range(width)
        ]
        living, machine = leans.index(max(leans)), leans.index(min(leans))
        if leans[living] < 2 or leans[machine] > -2:
            continue
        limits = place(text, rows[0]).limits
        for row in rows[1:]:
            mechanism, technique = row.cells[living], row.cells[machine]
            yield Claim(
                mechanism=mechanism,
                technique=technique,
                passages=(row.extent,),
                relation="contrasts" if limits else "analogous",
                mechanism_name=mechanism_name(text, mechanism),
                technique_name=technique_name(text, technique),
                score=0.9,
                why=f"one row of a table headed {headers[living]!r} and {headers[machine]!r}",
                listed=True,
            )

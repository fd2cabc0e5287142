"""All mappings that an essay states by its layout: arrows, tables, lists under parallel labels, and pairs within a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.extract._essay_claim import Claim, quote
from ingest.extract._essay_columns import arrows, tables
from ingest.extract._essay_labels import under_labels
from ingest.extract._essay_lists import within_lists
from ingest.extract._essay_outline import Block


def structural(text: str, blocks: Sequence[Block]) -> Iterator[Claim]:
    """All mappings that the layout of ``blocks`` states."""
    heads = Counter(quote(text, block.head).lower() for block in blocks if block.head)
    heads.update(block.of(text).lower() for block in blocks if block.kind in ("heading", "label"))
    yield from arrows(text, blocks)
    yield from tables(text, blocks)
    yield from under_labels(text, blocks, heads)
    yield from within_lists(text, blocks, heads)

"""Extraction without a store: one document in, one object of facts and spans out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from ingest import atlas
from ingest.extract import Reader, reader_for
from ingest.ground import Grounder, lexicon_concepts
from ingest.sources import Skipped, hf_daily, jsonl, whole
from ingest.sources._content import Source, opened
from ingest.sources._records import Record, looks_like_json, records
from ingest.statements import sides
from kg.errors import BadRecord, Unreadable
from kg.model import Found, Paper, Reading, Span


class Named(NamedTuple):
    """A paper and the id that its file gives it."""

    id: str
    paper: Paper


def documents(source: Source) -> Iterator[Named | BadRecord]:
    """The papers of a JSONL file, an essay, a saved page or answer of arXiv; ``"-"`` is standard input. A bad line is yielded.

    Raises:
        Unreadable: nothing of it can be read.
    """
    with opened(source) as content:
        if not looks_like_json(content.head()):
            for paper in whole(content):
                yield paper if isinstance(paper, BadRecord) else Named(paper.key, paper)
            return
        for record in records(content):
            yield record if isinstance(record, BadRecord) else _named(record)


def _named(record: Record) -> Named | BadRecord:
    parse = hf_daily.paper if hf_daily.is_listing(record.value) else jsonl.paper
    paper = record.parse(parse)
    given = record.value.get("id")
    return paper if isinstance(paper, BadRecord) else Named(str(given) if given not in (None, "") else paper.key, paper)


def extracted(document: Named, *, explain: bool = False, reader: Reader | ModuleType | None = None) -> dict[str, Any] | Skipped:
    """``document`` read for mappings, as one JSON line holds it; a reader that fails costs this document only.

    Args:
        explain: say of each mapping what it rests on.
        reader: in place of the one that fits the document.
    """
    try:
        reading: Reading = (reader or reader_for(document.paper)).read(document.paper, explain=explain)
    except (ValueError, LookupError, RecursionError) as error:
        return Skipped(document.id, 0, f"the reader failed on it ({type(error).__name__}: {error})")
    except Unreadable as error:
        return Skipped(document.id, 0, error.why)
    return {
        "id": document.id,
        "label": reading.label,
        "label_score": round(reading.label_score, 4),
        "mappings": [_mapping(document.paper, found, explain=explain) for found in reading.found],
    }


def _mapping(paper: Paper, found: Found, *, explain: bool) -> dict[str, Any]:
    quotes = [_quote(paper, span) for span in found.passages]
    spans = [list(span) for span in found.passages]
    mechanism, technique = sides(_names(), found, paper)
    row: dict[str, Any] = {
        "mechanism": found.mechanism,
        "mechanism_span": list(found.mechanism_span),
        "technique": found.technique,
        "technique_span": list(found.technique_span),
        "relation": found.relation,
        # Where an essay states a mapping in two passages, both are listed.
        "evidence": quotes[0] if len(quotes) == 1 else quotes,
        "evidence_span": spans[0] if len(spans) == 1 else spans,
        "mechanism_concept": mechanism.name,
        "technique_concept": technique.name,
        "score": round(found.score, 4),
        "hedged": found.hedged,
    }
    if explain:
        row["why"] = list(found.why)
    return row


@cache
def _names() -> Grounder:
    """The concepts that ship with exapt, the lexicon first, as the pipeline grounds what it keeps."""
    return Grounder([*lexicon_concepts(), *atlas.concepts()])


def _quote(paper: Paper, span: Span) -> str:
    return (paper.text(span.field) or "")[span.start : span.end]

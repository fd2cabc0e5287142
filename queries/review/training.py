"""A curator's decisions in the form of annotated abstracts, to train on and to score against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kg.belief import CURATOR
from kg.model import Evidence, Paper, Span, sha256

if TYPE_CHECKING:
    from kg.store import Store

Row = dict[str, object]


def training_rows(store: Store) -> Iterator[Row]:
    """One row for each paper that a curator decided on, in order of key.

    ``mappings`` holds what was accepted, ``rejected`` what was not, each with ``fixed`` where right words took its place;
    ``open`` counts the findings that nobody decided yet. Title and abstract are there where the store holds them; the words and
    the quote of a mapping only where the text is the one that was read.
    """
    decided: dict[str, list[Evidence]] = {}
    for evidence in store.evidence():
        if evidence.by == CURATOR:
            decided.setdefault(evidence.paper, []).append(evidence)
    fixed = {(store.mapping(one.subject).key, one.paper) for one in store.decisions() if one.action == "fix"}
    waiting = Counter(finding.evidence.paper for finding in store.open_findings()) if decided else Counter[str]()
    for key, words in sorted(decided.items()):
        paper = store.paper(key)
        row: Row = {"id": paper.key, "title": paper.title}
        if paper.abstract is not None:
            row["abstract"] = paper.abstract
        if paper.year:
            row["year"] = paper.year
        accepted = [_mapping(store, paper, one) for one in words if one.stance == "for"]
        rejected = [
            _mapping(store, paper, one) | ({"fixed": True} if (one.mapping, key) in fixed else {})
            for one in words
            if one.stance == "against"
        ]
        yield row | {"label": _label(paper, bool(accepted)), "mappings": accepted, "rejected": rejected, "open": waiting[key]}


def _label(paper: Paper, accepted: bool) -> str:
    """What the accepted mappings make of it; where there is none, a reader's word for it stands unless it was of mappings."""
    if accepted:
        return "bio_inspired"
    return paper.label if paper.label not in (None, "bio_inspired") else "other"


def _mapping(store: Store, paper: Paper, evidence: Evidence) -> Row:
    mapping = store.mapping(evidence.mapping)
    mechanism, technique = store.concept(mapping.mechanism).name, store.concept(mapping.technique).name
    quote = store.quote(evidence)
    row: Row = {
        "mechanism": quote.mechanism or mechanism,
        "technique": quote.technique or technique,
        "relation": mapping.relation,
        "mechanism_concept": mechanism,
        "technique_concept": technique,
        "passages": [list(span) for span in evidence.passages],
        "text_sha256": evidence.text_sha256,
    }
    if quote.state == "quoted":
        row["evidence"] = quote.texts[0] if len(quote.texts) == 1 else list(quote.texts)
    for name, span in (("mechanism_span", evidence.mechanism_span), ("technique_span", evidence.technique_span)):
        if span is not None and _is_there(paper, span):
            row[name] = list(span)
    return row


def _is_there(paper: Paper, span: Span) -> bool:
    text = paper.text(span.field)
    return text is None or (span.end <= len(text) and (span.field == "title" or paper.abstract_sha256 in (None, sha256(text))))

"""Evidence in words: the quote where the store holds the text that was read, else the paper and the place in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kg.belief import CURATOR
from kg.model import Concept, Evidence, Mapping, Paper

if TYPE_CHECKING:
    from kg.view import View


def cited(store: View, evidence: Evidence) -> dict[str, object]:
    """``evidence`` as facts that JSON can hold; its ``"text"`` is how a person reads it."""
    paper = store.paper(evidence.paper)
    quote = store.quote(evidence)
    place = ", ".join(f"{span.field} {span.start}–{span.end}" for span in evidence.passages)
    sources = store.sources(evidence.paper)
    where = f"{paper.title} ({paper.year})" if paper.year else paper.title
    if len(sources) > 1:
        where += f", from {', '.join(sources)}"
    if quote.state == "quoted":
        text = f"“{' … '.join(quote.texts)}” ({where})"
    elif quote.state == "by_reference":
        text = f"by reference: {where}, {place}"
    else:
        text = f"not shown, since the text held is not the text that was read: {where}, {place}"
    # A curator who rejects a reading says nothing against the mapping itself.
    rejected = (evidence.mapping, evidence.paper) in rejections(store.evidence(mapping=evidence.mapping, paper=evidence.paper))
    if rejected or evidence.stance == "against":
        text = f"rejected by a curator: {text}" if rejected else f"against: {text}"
    return {
        "text": text,
        "state": quote.state,
        "quotes": list(quote.texts) if quote.state == "quoted" else [],
        "paper": evidence.paper,
        "title": paper.title,
        "year": paper.year,
        "sources": list(sources),
        "passages": [list(span) for span in evidence.passages],
        "by": evidence.by,
        "score": round(evidence.score, 3),
        "stance": evidence.stance,
        "hedged": evidence.hedged,
        "rejected": rejected,
    }


def rejections(evidence: Iterable[Evidence]) -> set[tuple[str, str]]:
    """(mapping, paper) for each finding among ``evidence`` that a curator rejected, and did not accept under another name."""
    words = {(one.stance, one.mapping, one.paper) for one in evidence if one.by == CURATOR}
    return {(mapping, paper) for stance, mapping, paper in words if stance == "against"} - {
        (mapping, paper) for stance, mapping, paper in words if stance == "for"
    }


def standing(evidence: Sequence[Evidence]) -> list[Evidence]:
    """``evidence``, which is all there is of its findings, without those that a curator rejected."""
    gone = rejections(evidence)
    return [one for one in evidence if (one.mapping, one.paper) not in gone]


def listed(store: View, concept: Concept) -> dict[str, object]:
    """A concept as evidence by reference: what the graph itself holds of it where no paper says more."""
    family = f", in family {store.concept(concept.parent).name}" if concept.parent else ""
    see = f" ({', '.join(concept.see)})" if concept.see else ""
    definition = f": {concept.definition}" if concept.definition else ""
    text = f"listed as a {concept.kind}: {readable(concept.name)}{family}{see}{definition}"
    return {"text": text, "state": "listed", "concept": concept.key, "see": list(concept.see)}


def best(evidence: Sequence[Evidence], limit: int | None) -> list[Evidence]:
    """The surest first, one of each paper before a second of any; all of them where ``limit`` is ``None``."""
    seen: dict[str, int] = {}
    ranked = []
    for item in sorted(evidence, key=lambda one: (-one.score, one.hedged, one.paper, one.passages)):
        seen[item.paper] = seen.get(item.paper, 0) + 1
        ranked.append((seen[item.paper], item))
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])[:limit]]


def readable(name: str) -> str:
    """A function's name as words: ``"respond_to_stress"`` reads ``"respond to stress"``."""
    return name.replace("_", " ")


def function_names(store: View, keys: Sequence[str]) -> list[str]:
    return [readable(store.concept(key).name) for key in keys]


def shared_functions(mapping: Mapping, mechanism: Concept, technique: Concept) -> tuple[str, ...]:
    """What both sides do: as stated with the mapping, else what both concepts serve, else what the mechanism does."""
    both = tuple(key for key in mechanism.functions if key in technique.functions)
    return mapping.functions or both or mechanism.functions


def mapping_row(store: View, mapping: Mapping, *, quotes: int | None = 2) -> dict[str, object]:
    """``mapping`` as a row that any question can show: names, belief, what both sides do, evidence (all of it with ``None``)."""
    mechanism, technique = store.concept(mapping.mechanism), store.concept(mapping.technique)
    evidence = store.evidence(mapping=mapping.key)
    held = store.belief_of(mapping.key)
    return {
        "mapping": mapping.key,
        "mechanism": mechanism.name,
        "relation": mapping.relation,
        "technique": technique.name,
        "belief": round(held.value, 3),
        "papers": held.papers,
        "shared": function_names(store, shared_functions(mapping, mechanism, technique)),
        "evidence": [cited(store, item) for item in best(evidence, quotes)] or _without_paper(store, mapping),
    }


def _without_paper(store: View, mapping: Mapping) -> list[dict[str, object]]:
    """What speaks of a mapping that no paper states any more: the races that keep it, else that its two ends are listed."""
    from queries.verdicts import verdict_rows

    raced = [row["evidence"] for row in verdict_rows(store.results(mapping=mapping.key))]
    told: list[dict[str, object]] = [item for evidence in raced for item in evidence]  # type: ignore[attr-defined]
    return told or [listed(store, store.concept(key)) for key in (mapping.mechanism, mapping.technique)]


MAPPING_COLUMNS = ("mapping", "mechanism", "relation", "technique", "belief", "papers", "shared", "evidence")
"""The columns of :func:`mapping_row`."""


def title_and_year(paper: Paper) -> str:
    return f"{paper.title} ({paper.year})" if paper.year else paper.title

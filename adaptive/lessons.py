"""Where an analogy ends, as races show it: contrasts for the graph, quoted from what exapt itself says of a race.

Two things speak against a likeness. The mechanism does harm: its base step does better without it. Or it helps, but not for the
reason that the analogy gives: a replay of another run's response, the same shuffled in time, or its constant average do as well,
so nothing is gained by answering when there is something to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adaptive import telling_shams, telling_words
from adaptive.campaign import Finding, module_of
from adaptive.provenance import digest
from kg.errors import NotFound
from kg.model import Evidence, Mapping, Paper, Span, sha256, title_key

if TYPE_CHECKING:
    from kg.store import Store

BY = "race"
SURE = 0.5
"""A race of one task says so of that task; as likely as not, another would not."""


def lesson(finding: Finding) -> str:
    """What the race of a prototype on its own task says against its analogy, in one sentence; empty where it says nothing."""
    module = module_of(finding.prototype)
    mechanism, technique = str(module.MECHANISM), str(module.TECHNIQUE)
    task, off = telling_words.where(finding.task), finding.against("off")
    if off is None or finding.verdict.fired == 0.0:
        return ""
    opening = f"{technique[:1].upper()}{technique[1:]} is unlike {mechanism} in that, raced on {task} as {module.TITLE},"
    shown = telling_words.shown(finding, "off")
    if shown == "loss":
        return f"{opening} it does harm: its base step alone does better by {telling_words.amount(finding, off, sign=-1)}."
    equal = telling_shams.as_good(finding) if shown == "gain" and not telling_shams.lucky(finding) else ()
    if equal:
        names = telling_words.listed(equal)
        return f"{opening} its gain over the base step alone does not come from answering in time: {names} did as well."
    return ""


def record_lesson(store: Store, finding: Finding) -> str | None:
    """Keeps what the race says against its analogy as a contrast between the two concepts; its key, or None for nothing."""
    said = lesson(finding) if finding.role == "own" else ""
    if not said:
        return None
    module = module_of(finding.prototype)
    try:
        ends = [
            store.resolve_concept(str(module.MECHANISM), "mechanism").key,
            store.resolve_concept(str(module.TECHNIQUE), "technique").key,
        ]
    except NotFound:
        return None
    title = f"Race {finding.race} of {module.TITLE}, told by exapt ({digest(said)[:8]})"
    key, _ = store.add_paper(Paper(key=title_key(title), title=title, abstract=said, kind="essay", source=BY))
    mapping = store.add_mapping(Mapping(mechanism=ends[0], relation="contrasts", technique=ends[1]))
    evidence = Evidence(
        mapping=mapping, paper=key, passages=(Span("abstract", 0, len(said)),), mechanism_span=_span(said, str(module.MECHANISM)),
        technique_span=_span(said, str(module.TECHNIQUE)), text_sha256=sha256(said), by=BY, score=SURE,
    )  # fmt: skip
    store.add_evidence(evidence)
    return mapping


def lessons(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """The findings that say something against their analogy, and what."""
    return [(finding, said) for finding in findings if finding.role == "own" and (said := lesson(finding))]


def _span(text: str, words: str) -> Span | None:
    start = text.casefold().find(words.casefold())
    return Span("abstract", start, start + len(words)) if start >= 0 else None

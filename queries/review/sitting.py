"""One sitting of a curator: which finding is next, and what deciding it does. Knows no terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from kg.belief import THRESHOLD
from kg.decisions import Decision, Finding
from kg.errors import NotFound
from kg.model import Concept, Relation, Span
from queries.review.spans import span_of

if TYPE_CHECKING:
    from kg.store import Store

Side = Literal["mechanism", "technique"]
DONE = {
    "accept": "accepted", "reject": "rejected", "fix": "fixed", "rename": "renamed", "merge": "merged", "split": "split",
    "skip": "skipped",
}  # fmt: skip
"""How each decision is told of when it is done."""


class Place(NamedTuple):
    """A finding in the queue: the mapping as it was stored, and the paper."""

    mapping: str
    paper: str


def queue(
    store: Store,
    *,
    least: float = 0.0,
    most: float = 1.0,
    relation: Relation | None = None,
    paper: str | None = None,
    limit: int | None = None,
) -> list[Place]:
    """Findings to decide, those first whose mapping's belief is nearest to the threshold of doubt."""
    findings = store.open_findings(relation=relation, paper=paper)
    beliefs = store.beliefs({finding.evidence.mapping for finding in findings})

    def doubt(finding: Finding) -> tuple[float, str, str]:
        evidence = finding.evidence
        return round(abs(beliefs[evidence.mapping].value - THRESHOLD), 4), evidence.mapping, evidence.paper

    wanted = [finding for finding in findings if least <= beliefs[finding.evidence.mapping].value <= most]
    return [Place(finding.stored, finding.evidence.paper) for finding in sorted(wanted, key=doubt)[:limit]]


class Sitting:
    """The findings of a queue, one after the other; each decision is kept in the store before the next is asked for."""

    def __init__(self, store: Store, places: list[Place], *, by: str = "curator") -> None:
        self.store, self.by = store, by
        self.places, self.position = places, 0
        self._done: list[str] = []
        self._skipped = 0

    @property
    def tally(self) -> Counter[str]:
        """How often what was done in this sitting and still stands."""
        return Counter({**Counter(self._done), **({"skip": self._skipped} if self._skipped else {})})

    @property
    def left(self) -> int:
        return max(0, len(self.places) - self.position)

    def current(self) -> Finding | None:
        """The finding to decide now; those that meanwhile are decided, or gone, are passed over."""
        while self.position < len(self.places):
            finding = self._finding(self.places[self.position])
            if finding is not None:
                return finding
            self.position += 1
        return None

    def _finding(self, place: Place) -> Finding | None:
        shown = self._shown(place.mapping)
        found = self.store.open_findings(paper=place.paper) if shown else []
        return next((finding for finding in found if finding.evidence.mapping == shown), None)

    def _shown(self, mapping: str) -> str | None:
        try:
            return self.store.mapping(mapping).key
        except NotFound:
            return None

    def accept(self, finding: Finding) -> None:
        self._decide(finding, accept=True)

    def reject(self, finding: Finding) -> None:
        self._decide(finding, accept=False)

    def _decide(self, finding: Finding, *, accept: bool) -> None:
        self.store.decide(finding.evidence.mapping, finding.evidence.paper, accept=accept, by=self.by)
        self._done.append("accept" if accept else "reject")
        self.position += 1

    def skip(self) -> None:
        self._skipped += 1
        self.position += 1

    def fix(self, finding: Finding, mechanism: str, technique: str) -> str:
        """Accept ``finding`` with these words for its ends, each typed as they stand in the paper; empty ones stay as they are.

        Where the words of an end change, they say what is meant too: the concept of that name, or a new one.

        Returns:
            Key of the mapping that it is now.
        """
        evidence = finding.evidence
        paper, mapping = self.store.paper(evidence.paper), self.store.mapping(evidence.mapping)
        spans: list[Span] = []
        concepts: list[Concept] = []
        sides: tuple[tuple[Side, str, Span | None, str], ...] = (
            ("mechanism", mechanism, evidence.mechanism_span, mapping.mechanism),
            ("technique", technique, evidence.technique_span, mapping.technique),
        )
        for side, typed, old, key in sides:
            known = self.store.concept(key)
            # Without words of its own in the paper, an end can only be the concept by its name.
            span = old if old and not typed.strip() else span_of(paper, evidence.passages, typed.strip() or known.name, near=old)
            text = paper.text(span.field) or ""
            words = " ".join(text[span.start : span.end].split())
            before = " ".join(text[old.start : old.end].split()) if old and old.field == span.field else ""
            spans.append(span)
            concepts.append(known if words.casefold() == before.casefold() else self._meant(side, words))
        key = self.store.fix(
            evidence.mapping, evidence.paper, mechanism=concepts[0], technique=concepts[1],
            mechanism_span=spans[0], technique_span=spans[1], by=self.by,
        )  # fmt: skip
        self._done.append("fix")
        self.position += 1
        return key

    def _meant(self, side: Side, words: str) -> Concept:
        try:
            return self.store.resolve_concept(words, side)
        except NotFound:
            return Concept(kind=side, name=words)

    def rename(self, finding: Finding, side: Side, name: str) -> Concept:
        """Give one end another name; the concept as it is then."""
        old = self.store.concept(self._end(finding, side))
        concept = self.store.concept(self.store.rename_concept(old.key, name, by=self.by))
        if concept.name != old.name:
            self._done.append("rename")
        return concept

    def merge(self, finding: Finding, side: Side, target: str) -> Concept:
        """Say that one end is the concept called ``target``; that concept."""
        concept = self.store.resolve_concept(target, side)
        self.store.merge_concepts(self._end(finding, side), concept.key, by=self.by)
        self._done.append("merge")
        return self.store.concept(concept.key)

    def _end(self, finding: Finding, side: Side) -> str:
        mapping = self.store.mapping(finding.evidence.mapping)
        return mapping.mechanism if side == "mechanism" else mapping.technique

    def undo(self) -> Decision | None:
        """Take back the last decision, and go back to the finding that it was on."""
        decision = self.store.undo_decision()
        if decision is None:
            return None
        if self._done and self._done[-1] == decision.action:
            self._done.pop()
        if decision.paper is not None and (shown := self._shown(decision.subject)):
            self._go_to(Place(decision.subject, decision.paper), shown)
        return decision

    def _go_to(self, place: Place, shown: str) -> None:
        for number, known in enumerate(self.places):
            if known.paper == place.paper and self._shown(known.mapping) == shown:
                self.position = number
                return
        self.places.insert(self.position, place)


def told(store: Store, decision: Decision) -> str:
    """``decision`` in words: what was done to what."""
    if decision.paper is None:
        what = decision.subject + (f" as {decision.became}" if decision.action == "rename" else "")
        return f"{DONE[decision.action]} {what}" + (f" into {decision.became}" if decision.action == "merge" else "")
    try:
        mapping = store.mapping(decision.subject)
        name = f"{store.concept(mapping.mechanism).name} -> {store.concept(mapping.technique).name}"
    except NotFound:
        name = decision.subject
    return f"{DONE[decision.action]} {name} in {decision.paper}"

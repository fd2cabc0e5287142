"""The store as a question reads it: the graph in one SQLite file, as :class:`kg.view.View` wants it.

Its twin over a server is :class:`kg.mirror.view.MirrorView`; :class:`kg.store.Store` adds all that changes a store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from kg import beliefs, concepts, evidence, mappings, overview, papers, results, search
from kg.belief import Belief
from kg.database import Database
from kg.evidence import Quote
from kg.model import KINDS, Concept, Evidence, Kind, Mapping, Paper, Relation, Result
from kg.view import Appearance, Dispute, Edge, FunctionCount, Link


class StoreView:
    """The reading methods of a store, over its open file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def paper(self, key: str) -> Paper:
        """The paper of this key, former key or outside id."""
        return papers.get(self._database, key)

    def sources(self, key: str) -> tuple[str, ...]:
        """Names of all sources that brought this paper, the first one first."""
        return papers.sources(self._database, key)

    def concept(self, key: str) -> Concept:
        """The concept of this key, or the one that it was merged into."""
        return concepts.get(self._database, key)

    def concepts(self, kind: Kind | None = None) -> list[Concept]:
        return concepts.every(self._database, kind)

    def find_concept(self, text: str, kind: Kind | None = None) -> Concept | None:
        """The same as :meth:`resolve_concept`, or none where nothing is called so; it does not look for what is near."""
        return concepts.called_so(self._database, text, kind)

    def resolve_concept(self, text: str, kind: Kind | None = None) -> Concept:
        """The concept whose key, name or alias is ``text``, blind to case and punctuation."""
        return concepts.resolve(self._database, text, kind)

    def mapping(self, key: str) -> Mapping:
        """The mapping of this key, or of the only key that starts so; a key from before a merge finds what it became."""
        return mappings.get(self._database, key)

    def mappings(
        self,
        *,
        relation: Relation | None = None,
        mechanism: str | None = None,
        technique: str | None = None,
        function: str | None = None,
    ) -> list[Mapping]:
        """Mappings in order of key that fit all that is given (keys of concepts); none where nothing does."""
        return mappings.every(self._database, relation=relation, mechanism=mechanism, technique=technique, function=function)

    def evidence(
        self, mapping: str | None = None, paper: str | None = None, *, stance: Literal["for", "against"] | None = None
    ) -> list[Evidence]:
        return evidence.every(self._database, mapping=mapping, paper=paper, stance=stance)

    def evidence_in(self, papers: Iterable[str]) -> list[Evidence]:
        """All evidence in the papers of exactly these keys, in order of mapping, paper and place."""
        return evidence.within(self._database, papers)

    def results(
        self, *, race: str | None = None, prototype: str | None = None, mapping: str | None = None, arm: str | None = None
    ) -> list[Result]:
        return results.every(self._database, race=race, prototype=prototype, mapping=mapping, arm=arm)

    def search(self, text: str, *, kinds: Sequence[Kind] = KINDS, limit: int = 20) -> list[tuple[str, float]]:
        """(concept key, score above 0), best first, for any string; an exact name or alias comes first."""
        return search.concepts(self._database, text, kinds=kinds, limit=limit)

    def search_passages(self, text: str, *, limit: int = 20) -> list[tuple[str, float]]:
        """(mapping key, score above 0), best first, by the words of the papers that state it."""
        return search.passages(self._database, text, limit=limit)

    def near_names(self, text: str, *, limit: int = 5) -> list[str]:
        """Names of concepts most like ``text``: what to suggest where nothing is called so."""
        return concepts.near_names(self._database, text, limit=limit)

    def gather(self, mappings: Iterable[str]) -> None:
        """Say which mappings will be asked for one by one. A file has nothing to prepare; a server is asked once for all."""

    def edges(
        self,
        *,
        relation: Relation | None = None,
        concept: str | None = None,
        function: str | None = None,
        limit: int | None = None,
    ) -> list[Edge]:
        """Mappings in order of key that fit all that is given, without what they say: for counting and choosing among many."""
        return overview.edges(self._database, relation=relation, concept=concept, function=function, limit=limit)

    def edges_of(self, mappings: Iterable[str]) -> list[Edge]:
        """The mappings of these keys, without what they say."""
        return overview.edges_of(self._database, mappings)

    def rejected(self) -> list[str]:
        """Keys of the mappings of which a curator rejected every reading: they answer nothing."""
        return overview.rejected(self._database)

    def serving(self, function: str) -> list[str]:
        """Keys of the concepts that serve ``function`` by themselves, whatever their mappings say."""
        return overview.serving(self._database, function)

    def unanswered(self, function: str | None = None) -> list[str]:
        """Keys of the mechanisms that became no technique: no mapping of theirs that stands inspires or is analogous."""
        return overview.unanswered(self._database, function)

    def function_counts(self) -> list[FunctionCount]:
        """How many mechanisms and techniques serve each function that any serves, in order of key."""
        return overview.function_counts(self._database)

    def neighbours(self, keys: Iterable[str]) -> list[Link]:
        """All steps that lead on from the concepts, functions and families of ``keys``."""
        return overview.neighbours(self._database, keys)

    def disputes(self) -> list[Dispute]:
        """All mappings between two concepts on which papers disagree, or a race disagrees with papers."""
        return overview.disputes(self._database)

    def appearances(
        self,
        *,
        mappings: Iterable[str] | None = None,
        first: str | None = None,
        last: str | None = None,
        limit: int | None = None,
    ) -> list[Appearance]:
        """The first dated paper of each mapping, in order of date, from ``first`` to ``last`` where given (ISO, or a year)."""
        return overview.appearances(self._database, mappings=mappings, first=first, last=last, limit=limit)

    def statements(self, mappings: Iterable[str]) -> list[tuple[str, str]]:
        """(mapping, paper) for each paper that states one of ``mappings``."""
        return overview.statements(self._database, mappings)

    def papers_stating(self, relation: Relation, *, at_least: int) -> list[str]:
        """Keys of the papers that state at least so many mappings of ``relation``."""
        return overview.papers_stating(self._database, relation, at_least=at_least)

    def quote(self, evidence_: Evidence) -> Quote:
        """The words at the evidence's spans, where the stored text is the one that was read."""
        return evidence.quote(self._database, evidence_)

    def mismatches(self) -> list[Evidence]:
        """Evidence whose paper's text is here but is not the text that was read."""
        return evidence.every(self._database, state="mismatch")

    def belief_of(self, mapping: str) -> Belief:
        """Belief in one mapping, from its evidence, its races and the contrasts between the same two concepts."""
        return beliefs.one(self._database, mapping)

    def beliefs(self, keys: Iterable[str] | None = None) -> dict[str, Belief]:
        """Belief in all mappings, or in those of ``keys``, by key."""
        return beliefs.many(self._database, keys)

    def counts(self) -> dict[str, int]:
        """How much there is, after merges.

        Keys: papers, papers_with_text; concepts, mechanisms, techniques, functions, families; mappings, mappings_inspires and so
        on; evidence, evidence_quoted, evidence_by_reference, evidence_mismatch; results; race_notes, which are no papers; merges.
        """
        from kg import export  # it knows all that a store holds, and only this question wants that

        return export.counts(self._database)

"""The store: one SQLite file that holds the graph, its papers, its evidence and its races.

All SQL lives in :mod:`kg`, a module a noun; this class is what the rest of the program calls. Records go in and come out as
:mod:`kg.model` has them. Everything that changes the store is all or nothing, and the same record twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal, Self

from kg import (
    beliefs,
    concepts,
    decisions,
    evidence,
    export,
    intake,
    mappings,
    merges,
    overview,
    papers,
    raw,
    readings,
    results,
    search,
)
from kg.belief import Belief
from kg.database import Database
from kg.decisions import Decision, Finding
from kg.errors import Refused
from kg.evidence import Quote
from kg.intake import Arrival, Kept
from kg.model import KINDS, Concept, Evidence, Kind, Mapping, Paper, Relation, Result, Span
from kg.papers import Change
from kg.raw import Raw, Watched
from kg.readings import Glance, Known
from kg.view import Appearance, Dispute, Edge, FunctionCount, Link

__all__ = ["Arrival", "Decision", "Finding", "Glance", "Kept", "Known", "Quote", "Raw", "Store"]


class Store:
    """An open store; a context manager that closes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: str | Path, *, write: bool = True, create: bool = True) -> Self:
        """Open the store at ``path``, or an empty one in memory for ``":memory:"``.

        Args:
            write: whether it will be changed; reading alone works on a read-only file and in a read-only folder.
            create: whether to make the file where there is none (only with ``write``).

        Raises:
            StoreError: missing, of a newer version, another program's file, not to be written, or busy.
        """
        return cls(Database(path, write=write, create=create))

    @property
    def path(self) -> str:
        return self._database.path

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All of the block is kept or nothing of it. Nested, a block that fails takes back its own part only."""
        return self._database.transaction()

    @contextmanager
    def snapshot(self) -> Iterator[Database]:
        """The file beneath, for what reads all of it: everything in the block is of one moment. Nothing is written there."""
        with self._database.reading():
            yield self._database

    def add_paper(self, paper: Paper) -> tuple[str, Change]:
        """Keep ``paper``; the key it has here, and whether it was ``"new"``, ``"known"`` or is now ``"completed"``.

        It is a known paper where an outside id is the same, or the title and no arXiv id or DOI differs. What is known is never
        lost or overwritten; only a label is replaced. A paper known by its title takes the key of its arXiv id or DOI when it
        gains one; the old key still finds it.
        """
        return papers.add(self._database, paper)

    def add_papers(self, arrivals: Sequence[Arrival], glances: Sequence[Glance | None]) -> list[Kept | Refused]:
        """Keep many papers as :meth:`add_paper` would in turn, and faster; for each what became of it, or why it is refused.

        Args:
            arrivals: each from :func:`kg.intake.arrival`.
            glances: for each paper, what a first look told; it counts only where the paper is new.
        """
        return intake.add(self._database, arrivals, glances)

    def known(self, key: str) -> Known:
        """The paper of this key, and which readers in which versions have read its text as it is now."""
        return readings.of(self._database, key)

    def add_reading(self, paper: Paper, by: str, version: str) -> None:
        """Note that reader ``by`` has read the text of ``paper``, whatever it found."""
        readings.add(self._database, paper.key, by, version, readings.digest(paper))

    def wait(self, key: str, promise: float) -> None:
        """Note that this paper is still to be read, and how likely it states something, 0 to 1; until :meth:`add_reading`."""
        readings.wait(self._database, key, promise)

    def to_read(self, keys: Sequence[str]) -> list[Paper]:
        """Those of the papers of ``keys``, in that order, that still are to be read."""
        return readings.to_read(self._database, keys)

    def waiting(self) -> list[tuple[str, float]]:
        """(key, promise) of the papers that are still to be read, the most promising first."""
        return readings.waiting(self._database)

    def count_waiting(self) -> int:
        """How many papers are still to be read."""
        return readings.count_waiting(self._database)

    def add_concept(self, concept: Concept) -> str:
        """Keep ``concept`` or what it adds to the one of the same key: aliases, outside ids and functions join."""
        return concepts.add(self._database, concept)

    def add_mapping(self, mapping: Mapping) -> str:
        """Keep ``mapping`` or what it adds to the one of the same key. Both its concepts must be there (``NotFound``)."""
        return mappings.add(self._database, mapping)

    def add_evidence(self, evidence_: Evidence) -> bool:
        """Keep evidence for a mapping and paper that are there; whether it is new.

        Raises:
            Refused: no passage, no hash of the text, or a score outside 0 to 1.
            Mismatch: a span that does not lie in the text that the hash names.
        """
        return evidence.add(self._database, evidence_).new

    def add_result(self, result: Result) -> bool:
        """Keep ``result``, in place of an older one of the same race, task, arm, seed and metric; whether it is new."""
        return results.add(self._database, result)

    def replace_readings(self, paper_key: str, by: str, evidence_: Sequence[Evidence]) -> None:
        """Let ``evidence_`` be all that reader ``by`` says of a paper; its older evidence goes, and mappings left with none."""
        evidence.replace(self._database, paper_key, by, evidence_)

    def add_raw(self, answer: Raw, *, run: str | None = None) -> bool:
        """Keep an answer of the network, as a page of ``run`` where one is named; whether it is new."""
        with self.transaction():
            new = raw.add(self._database, answer)
            if run is not None:
                raw.add_page(self._database, run, answer)
            return new

    def raw(self, sha256: str) -> Raw:
        """The kept answer whose body has this digest, as ``Paper.raw_sha256`` names it."""
        return raw.get(self._database, sha256)

    def raws(self, *, source: str | None = None) -> Iterator[Raw]:
        """Kept answers in the order in which they came, streamed."""
        return raw.every(self._database, source=source)

    def page(self, run: str, url: str) -> Raw | None:
        """The answer to ``url`` that a run which was stopped has already."""
        return raw.page(self._database, run, url)

    def pages(self, run: str) -> tuple[int, str]:
        """How many pages a run has that was stopped, and when its first was fetched."""
        return raw.pages(self._database, run)

    def end_run(self, run: str) -> None:
        """Forget what was a page of ``run``, as it is complete or too old; the answers themselves stay."""
        raw.end_run(self._database, run)

    def watched(self, query: str) -> Watched:
        """How far ``query`` was watched; empty where it never was."""
        return raw.watched(self._database, query)

    def set_watched(self, query: str, state: Watched) -> None:
        raw.set_watched(self._database, query, state)

    def paper(self, key: str) -> Paper:
        """The paper of this key, former key or outside id."""
        return papers.get(self._database, key)

    def papers(self, *, source: str | None = None) -> Iterator[Paper]:
        """Papers in order of key, streamed: there may be a million."""
        return papers.every(self._database, source=source)

    def sources(self, key: str) -> tuple[str, ...]:
        """Names of all sources that brought this paper, the first one first."""
        return papers.sources(self._database, key)

    def concept(self, key: str) -> Concept:
        """The concept of this key, or the one that it was merged into."""
        return concepts.get(self._database, key)

    def concepts(self, kind: Kind | None = None) -> list[Concept]:
        return concepts.every(self._database, kind)

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

    def serving(self, function: str) -> list[str]:
        """Keys of the concepts that serve ``function`` by themselves, whatever their mappings say."""
        return overview.serving(self._database, function)

    def unanswered(self, function: str | None = None) -> list[str]:
        """Keys of the mechanisms that became no technique: no mapping of theirs inspires or is analogous."""
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

    def merge_concepts(self, source_key: str, target_key: str, *, by: str = "curator") -> None:
        """Show the target in place of the source everywhere; :meth:`split_concept` takes it back."""
        decisions.merge(self._database, source_key, target_key, by=by)

    def split_concept(self, source_key: str, *, by: str = "curator") -> None:
        """Undo the merge of this concept into another, or its rename."""
        decisions.split(self._database, source_key, by=by)

    def rename_concept(self, key: str, name: str, *, by: str = "curator") -> str:
        """Show the concept as ``name`` everywhere, its old name an alias; the key it has now. The old key still finds it."""
        return decisions.rename(self._database, key, name, by=by)

    def merges(self) -> list[tuple[str, str, str]]:
        """(source, target, by) of each merge that stands; a rename that changed the key is among them."""
        return merges.every(self._database)

    def renames(self) -> list[tuple[str, str, str]]:
        """(key of the concept that was renamed, its new name, by) of each rename that stands."""
        return merges.renames(self._database)

    def changed_concept(self, text: str, kind: Kind | None = None) -> str:
        """Key of the merged or renamed concept that was called ``text`` before: what :meth:`split_concept` wants."""
        return merges.changed(self._database, text, kind)

    def open_findings(self, *, relation: Relation | None = None, paper: str | None = None) -> list[Finding]:
        """What readers found in papers whose text is here, and no curator has decided on; in order of mapping and paper."""
        return decisions.open_findings(self._database, relation=relation, paper=paper)

    def decide(self, mapping: str, paper: str, *, accept: bool, by: str = "curator") -> bool:
        """Accept or reject that ``paper`` states ``mapping``; whether that is new.

        It becomes evidence by ``"curator"``, for or against, at the passages that were read. It outlives every new reading.
        """
        return decisions.decide(self._database, mapping, paper, accept=accept, by=by)

    def fix(
        self,
        mapping: str,
        paper: str,
        *,
        mechanism: Concept,
        technique: Concept,
        mechanism_span: Span,
        technique_span: Span,
        by: str = "curator",
    ) -> str:
        """Accept what ``paper`` states after setting right which words name it, or what they mean; key of the right mapping.

        Where that is another mapping, the one that was read is rejected for this paper.

        Raises:
            Mismatch: a span outside of the text.
        """
        ends = decisions.Ends(mechanism, technique, mechanism_span, technique_span)
        return decisions.fix(self._database, mapping, paper, ends, by=by)

    def undo_decision(self) -> Decision | None:
        """Take back the last decision, merge, split or rename that stands, exactly; what it was, or ``None`` if there is none."""
        return decisions.undo(self._database)

    def decisions(self) -> list[Decision]:
        """What curators decided of findings and still stands, in order of mapping and paper."""
        return list(decisions.standing(self._database))

    def export(self) -> Iterator[dict[str, object]]:
        """Rows such as ``{"type": "paper", ...}``, in an order that depends only on what the store holds."""
        return export.rows(self._database)

    def restore(self, rows: Iterable[dict[str, Any]]) -> int:
        """Put the rows of an export into this store, which is empty; how many there were. Exporting gives the same rows."""
        from kg.restore import restore  # no question needs it

        return restore(self._database, rows)

    def counts(self) -> dict[str, int]:
        """How much there is, after merges.

        Keys: papers, papers_with_text; concepts, mechanisms, techniques, functions, families; mappings, mappings_inspires and so
        on; evidence, evidence_quoted, evidence_by_reference, evidence_mismatch; results; merges.
        """
        return export.counts(self._database)

"""The store: one SQLite file that holds the graph, its papers, its evidence and its races.

All SQL lives in :mod:`kg`, a module a noun; this class is what the rest of the program calls. Records go in and come out as
:mod:`kg.model` has them. Everything that changes the store is all or nothing, and the same record twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from kg import beliefs, concepts, evidence, export, mappings, papers, results, search
from kg.belief import Belief
from kg.database import Database
from kg.evidence import Quote
from kg.model import KINDS, Concept, Evidence, Kind, Mapping, Paper, Relation, Result
from kg.papers import Change

__all__ = ["Quote", "Store"]


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

    def add_paper(self, paper: Paper) -> tuple[str, Change]:
        """Keep ``paper``; the key it has here, and whether it was ``"new"``, ``"known"`` or is now ``"completed"``.

        It is a known paper where an outside id is the same, or the title and no arXiv id or DOI differs. What is known is never
        lost or overwritten; only a label is replaced. A paper known by its title takes the key of its arXiv id or DOI when it
        gains one; the old key still finds it.
        """
        return papers.add(self._database, paper)

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

    def paper(self, key: str) -> Paper:
        """The paper of this key, former key or outside id."""
        return papers.get(self._database, key)

    def papers(self, *, source: str | None = None) -> Iterator[Paper]:
        """Papers in order of key, streamed: there may be a million."""
        return papers.every(self._database, source=source)

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

    def evidence(self, mapping: str | None = None, paper: str | None = None) -> list[Evidence]:
        return evidence.every(self._database, mapping=mapping, paper=paper)

    def results(self, *, race: str | None = None, prototype: str | None = None, mapping: str | None = None) -> list[Result]:
        return results.every(self._database, race=race, prototype=prototype, mapping=mapping)

    def search(self, text: str, *, kinds: Sequence[Kind] = KINDS, limit: int = 20) -> list[tuple[str, float]]:
        """(concept key, score above 0), best first, for any string; an exact name or alias comes first."""
        return search.concepts(self._database, text, kinds=kinds, limit=limit)

    def search_passages(self, text: str, *, limit: int = 20) -> list[tuple[str, float]]:
        """(mapping key, score above 0), best first, by the words of the papers that state it."""
        return search.passages(self._database, text, limit=limit)

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
        concepts.merge(self._database, source_key, target_key, by=by)

    def split_concept(self, source_key: str) -> None:
        """Undo the merge of this concept into another."""
        concepts.split(self._database, source_key)

    def merges(self) -> list[tuple[str, str, str]]:
        """(source, target, by) of each merge that stands."""
        return concepts.merges(self._database)

    def counts(self) -> dict[str, int]:
        """How much there is, after merges.

        Keys: papers, papers_with_text; concepts, mechanisms, techniques, functions, families; mappings, mappings_inspires and so
        on; evidence, evidence_quoted, evidence_by_reference, evidence_mismatch; results; merges.
        """
        return export.counts(self._database)

    def export(self) -> Iterator[dict[str, object]]:
        """Rows such as ``{"type": "paper", ...}``, in an order that depends only on what the store holds."""
        return export.rows(self._database)

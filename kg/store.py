"""The store: one SQLite file that holds the graph, its papers, its evidence and its races.

All SQL lives in :mod:`kg`, a module a noun; this class is what the rest of the program calls. Records go in and come out as
:mod:`kg.model` has them. Everything that changes the store is all or nothing, and the same record twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kg import concepts, decisions, evidence, export, intake, mappings, merges, notes, papers, raw, readings, results
from kg.database import Database
from kg.decisions import Decision, Finding
from kg.errors import Refused
from kg.evidence import Quote
from kg.intake import Arrival, Kept
from kg.model import Concept, Evidence, Kind, Mapping, Paper, Relation, Result, Span
from kg.papers import Change
from kg.raw import Raw, Watched
from kg.readings import Glance, Known
from kg.store_view import StoreView

if TYPE_CHECKING:
    from kg.joining import Joined

__all__ = ["Arrival", "Decision", "Finding", "Glance", "Kept", "Known", "Quote", "Raw", "Store"]


class Store(StoreView):
    """An open store, to read and to change; a context manager that closes it."""

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

        It is a known paper where an outside id is the same and no arXiv id or DOI that says more differs, or the title, where
        texts, authors or years do not tell two papers. What is known is never lost or overwritten; only a label is replaced. A
        paper known by its title takes the key of its arXiv id or DOI when it gains one; the old key still finds it.
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

    def remove_note(self, key: str) -> None:
        """Take away what exapt noted of a race, by the note's key as a paper, and the mappings that nothing else states."""
        notes.remove(self._database, key)

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

    def papers(self, *, source: str | None = None) -> Iterator[Paper]:
        """Papers in order of key, streamed: there may be a million."""
        return papers.every(self._database, source=source)

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

    def join(self, rows: Iterable[dict[str, Any]]) -> Joined:
        """Take in the rows of an export, whatever the store holds, all or none; into an empty one as :meth:`restore` does.

        Raises:
            Refused: a row does not fit, or curators contradict each other; the text says what to do.
        """
        from kg.joining import join  # no question needs it

        return join(self._database, rows)

"""From papers to the graph: keep each paper, read it, ground what it states, keep the mappings with their evidence.

Work goes by batches. A batch's papers are kept in one transaction, then read (the slow part, outside of any), then what they
state is kept in another; a paper's label is written with its readings. So whatever ends the program, every paper is in the
store whole or not at all, and running again reads those that were not read yet. Doing it twice changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import ModuleType

from ingest import atlas
from ingest.extract import reader_for
from ingest.ground import Grounder, lexicon_concepts
from ingest.sources import Skipped
from ingest.text import clean
from kg.errors import BadRecord, Mismatch, Refused
from kg.model import Concept, Evidence, Found, Mapping, Paper, Reading, Span, concept_key, sha256
from kg.store import Store

BATCH = 500
"""Papers kept at a time: enough to make commits cheap, few enough to lose little when stopped."""

Progress = Callable[[int, int | None, str], None]
"""Called with papers done, papers in all where known, and what is being done."""
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What ingesting did."""

    new: int = 0
    known: int = 0
    completed: int = 0
    """Known papers of which this source told more."""
    read: int = 0
    """Papers that a reader went through this time; those it had read before are not read again."""
    failed: tuple[BadRecord, ...] = ()
    mappings: int = 0
    """Mappings that gained evidence."""
    evidence: int = 0
    """Pieces of evidence that were not known before."""
    seconds: float = 0.0


def ingest(
    store: Store,
    papers: Iterable[Paper | BadRecord],
    *,
    extract: bool = True,
    again: bool = False,
    progress: Progress | None = None,
    batch: int = BATCH,
    clock: Clock = time.monotonic,
) -> Summary:
    """Take ``papers`` into ``store``.

    Args:
        store: open for writing.
        papers: from any source; bad records among them are passed on to the summary.
        extract: read the papers for mappings, or only keep them.
        again: read also papers that this version of their reader has read before.
        progress: told after each paper.
        batch: papers to a commit.
        clock: seconds, for the summary.

    Raises:
        Refused: a reader cannot start, for want of a library or of its weights.
        KeyboardInterrupt: after keeping what was read until then; the same call again completes the rest.
    """
    total = len(papers) if isinstance(papers, Sized) else None
    work = _Work(store, extract=extract, again=again, progress=progress or _silent, total=total)
    start = clock()
    for records in _batches(papers, max(1, batch)):
        work.take(records)
    return work.summary(clock() - start)


def ingest_atlas(store: Store, *, progress: Progress | None = None, clock: Clock = time.monotonic) -> Summary:
    """Take the mappings that ship with the package into ``store``, all or nothing, with the curated lexicon."""
    start = clock()
    progress = progress or _silent
    work = _Work(store, extract=False, again=False, progress=_silent, total=None)
    entries = list(atlas.entries())
    with store.transaction():
        for concept in (*atlas.concepts(), *lexicon_concepts()):
            store.add_concept(concept)
        for done, entry in enumerate(entries, 1):
            key = work.keep(entry.paper)
            for mapping, evidence in zip(entry.mappings, entry.evidence, strict=True):
                work.state(mapping, replace(evidence, paper=key))
            progress(done, len(entries), "atlas")
    return work.summary(clock() - start)


def _silent(done: int, total: int | None, message: str) -> None:
    return None


def _batches(papers: Iterable[Paper | BadRecord], size: int) -> Iterator[list[Paper | BadRecord]]:
    records: list[Paper | BadRecord] = []
    for record in papers:
        records.append(record)
        if len(records) == size:
            yield records
            records = []
    if records:
        yield records


class _Work:
    """One run: the store, and what has been counted so far."""

    def __init__(self, store: Store, *, extract: bool, again: bool, progress: Progress, total: int | None) -> None:
        self._store, self._extract, self._again = store, extract, again
        self._progress, self._total, self._done = progress, total, 0
        self._count = {"new": 0, "known": 0, "completed": 0}
        self._failed: list[BadRecord] = []
        self._read = 0
        self._evidence = 0
        self._mappings: set[str] = set()
        self._concepts: _Concepts | None = None

    def summary(self, seconds: float) -> Summary:
        return Summary(
            **self._count,
            read=self._read,
            failed=tuple(self._failed),
            mappings=len(self._mappings),
            evidence=self._evidence,
            seconds=seconds,
        )

    def take(self, records: list[Paper | BadRecord]) -> None:
        """Keep one batch of papers and what they state."""
        unread: dict[str, Paper] = {}
        with self._store.transaction():
            for record in records:
                if isinstance(record, BadRecord):
                    self._failed.append(record)
                    self._tell("reading")
                else:
                    paper = self._kept(record)
                    if paper is None or paper.key in unread:
                        self._tell("keeping")
                    if paper is not None:
                        # The later one of two alike: it has what both told.
                        unread[paper.key] = paper
        readings: list[tuple[Paper, str, str, Reading]] = []
        try:
            for paper in unread.values():
                if (result := self._reading(paper)) is not None:
                    readings.append((paper, *result))
                self._tell("reading")
        finally:
            # Also when stopped: what has been read is not read again next time.
            with self._store.transaction():
                for paper, by, version, reading in readings:
                    self._state_all(paper, by, version, reading)

    def keep(self, paper: Paper) -> str:
        key, change = self._store.add_paper(paper)
        self._count[change] += 1
        return key

    def state(self, mapping: Mapping, evidence: Evidence) -> None:
        self._store.add_mapping(mapping)
        if self._store.add_evidence(evidence):
            self._evidence += 1
            self._mappings.add(mapping.key)

    def _tell(self, message: str) -> None:
        self._done += 1
        self._progress(self._done, self._total, message)

    def _kept(self, paper: Paper) -> Paper | None:
        """Keep ``paper``; the paper as the store has it now where it is still to be read."""
        try:
            key = self.keep(paper)
        except Refused as error:
            self._failed.append(Skipped(paper.key, 0, str(error)))
            return None
        if not self._extract:
            return None
        # The store may know more of the paper, or another text of it: that is what is read and quoted.
        stored = self._store.paper(key)
        return stored if self._again or not self._is_read(stored) else None

    def _is_read(self, paper: Paper) -> bool:
        """Whether the reader of today has read the text of today; a label tells that, where nothing was found too."""
        if paper.label is None or paper.abstract is None:
            return False
        reader = reader_for(paper)
        mine = [evidence for evidence in self._store.evidence(paper=paper.key) if evidence.by == _name(reader)]
        texts = {sha256(paper.title), sha256(paper.abstract)} if mine else set()
        return all(evidence.version == reader.VERSION and evidence.text_sha256 in texts for evidence in mine)

    def _reading(self, paper: Paper) -> tuple[str, str, Reading] | None:
        reader = reader_for(paper)
        try:
            reading: Reading = reader.read(paper)
        except (ImportError, OSError) as error:
            # The reader itself is not whole: saying so once for each of a hundred thousand papers would help nobody.
            why = clean(f"{type(error).__name__}: {error}")[:200]
            raise Refused(
                f"the {_name(reader)} reader cannot start ({why}); the papers are kept, read them once it can"
            ) from error
        except Exception as error:
            # Whatever a reader trips over in one paper must not cost the others.
            why = clean(f"{type(error).__name__}: {error}")[:200]
            self._failed.append(Skipped(paper.key, 0, f"the {_name(reader)} reader stopped at it ({why})"))
            return None
        self._read += 1
        return _name(reader), reader.VERSION, reading

    def _state_all(self, paper: Paper, by: str, version: str, reading: Reading) -> None:
        try:
            with self._store.transaction() if reading.found else nullcontext():
                stated = self._stated(paper, by, version, reading)
                self._store.replace_readings(paper.key, by, stated)
        except (Refused, Mismatch) as error:
            self._failed.append(Skipped(paper.key, 0, f"what the {by} reader found in it does not hold ({error})"))
            return
        # A label on a title alone would keep the abstract from being read when it comes.
        if paper.abstract is not None:
            self._store.add_paper(replace(paper, label=reading.label, label_score=reading.label_score))

    def _stated(self, paper: Paper, by: str, version: str, reading: Reading) -> list[Evidence]:
        """Keep the mappings that a reader found, and return all their evidence; of two findings alike the surer one counts."""
        if self._concepts is None and reading.found:
            self._concepts = _Concepts(self._store)
        surest: dict[tuple[str, tuple[Span, ...]], tuple[Mapping, Evidence]] = {}
        for found in reading.found:
            assert self._concepts is not None
            mapping = self._concepts.mapping(found)
            evidence = _evidence(paper, mapping, found, by=by, version=version)
            other = surest.get((mapping.key, evidence.passages))
            if other is None or other[1].score < evidence.score:
                surest[mapping.key, evidence.passages] = mapping, evidence
        for mapping, evidence in surest.values():
            self.state(mapping, evidence)
        return [evidence for _, evidence in surest.values()]


def _name(reader: ModuleType) -> str:
    return reader.__name__.rpartition(".")[2]


def _evidence(paper: Paper, mapping: Mapping, found: Found, *, by: str, version: str) -> Evidence:
    return Evidence(
        mapping=mapping.key,
        paper=paper.key,
        passages=found.passages,
        mechanism_span=found.mechanism_span,
        technique_span=found.technique_span,
        text_sha256=sha256(paper.text(found.passages[0].field) or ""),
        by=by,
        version=version,
        score=found.score,
        hedged=found.hedged,
    )


class _Concepts:
    """Grounds mentions in the curated concepts (atlas, lexicon, and what a curator added), and keeps those that are named.

    The atlas's concepts count whether or not the atlas is in the store, so that a paper reads the same in every store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        curated = [*atlas.concepts(), *lexicon_concepts()]
        own = [concept for concept in store.concepts() if concept.status == "curated"]
        self._known = {concept.key: concept for concept in [*own, *curated]}
        # The lexicon speaks first: its names were chosen to be read.
        self._grounder = Grounder([*lexicon_concepts(), *curated, *own])
        self._kept: set[str] = set()

    def mapping(self, found: Found) -> Mapping:
        """What ``found`` states, between concepts; where the reader names no function, those that both sides are known for."""
        mechanism = self._grounder.ground("mechanism", found.mechanism, found.mechanism_concept).concept
        technique = self._grounder.ground("technique", found.technique, found.technique_concept).concept
        named = [name if name.startswith("function:") else concept_key("function", name) for name in found.functions]
        functions = named or sorted({*mechanism.functions} & {*technique.functions})
        return Mapping(
            mechanism=self._keep(mechanism),
            relation=found.relation,
            technique=self._keep(technique),
            functions=tuple(self._keep(self._of_key(key)) for key in functions),
        )

    def _keep(self, concept: Concept) -> str:
        if concept.key not in self._kept or concept.status == "proposed":
            self._kept.add(concept.key)
            for key in (concept.parent, *concept.functions):
                if key is not None and key not in self._kept:
                    self._keep(self._of_key(key))
            self._store.add_concept(concept)
        return concept.key

    def _of_key(self, key: str) -> Concept:
        if key in self._known:
            return self._known[key]
        kind, _, words = key.partition(":")
        return Concept(kind="function" if kind == "function" else "family", name=words.replace("-", " "))

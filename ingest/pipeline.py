"""From papers to the graph: keep each paper, read it, ground what it states, keep the mappings with their evidence.

Work goes by batches. A batch's papers are read first (the slow part, on as many cores as there are, see :mod:`ingest.engines`),
then kept together with what they state, in one transaction and in the order in which they came. So whatever ends the program,
every paper is in the store whole or not at all, running again completes the rest, doing it twice changes nothing, and it makes
no difference how many read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace

from ingest import atlas, engines
from ingest.engines import Outcome, Readers, Start, name_of
from ingest.extract import reader_for
from ingest.ground import lexicon_concepts
from ingest.sources import Skipped
from ingest.statements import Statements, evidence_of
from kg.errors import BadRecord, Mismatch, Refused
from kg.model import Evidence, Mapping, Paper, Reading, Span
from kg.store import Arrival, Known, Read, Store

BATCH = 500
"""Papers kept at a time: enough to make commits cheap, few enough to lose little when stopped."""
MANY = 1000
"""So many papers to read are worth starting worker processes for, where nobody says how many."""

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
    readers: Readers = reader_for,
    jobs: int | None = None,
    engine: str | None = None,
    scheduler: str | None = None,
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
        readers: which reader reads a paper.
        jobs: processes that read; 1 reads in this one. By default this one, and one a core when more than :data:`MANY` papers
            turn out to be unread.
        engine: who runs those processes: ``"loky"`` (here, the default), ``"dask"`` or ``"ray"``.
        scheduler: address of the Dask scheduler or the Ray head.
        progress: told after each paper.
        batch: papers to a commit.
        clock: seconds, for the summary.

    Raises:
        Refused: a reader cannot start, for want of a library or of its weights, or an engine cannot.
        KeyboardInterrupt: after keeping what was read until then; the same call again completes the rest.
    """
    total = len(papers) if isinstance(papers, Sized) else None
    work = _Work(store, extract=extract, again=again, readers=readers, progress=progress or _silent, total=total)
    start = clock()
    few = MANY if jobs is None and engine is None else 0
    alone = not extract or (engine is None and (jobs == 1 or (jobs is None and engines.cores() == 1)))
    with ExitStack() as stack:
        pool: Start | None = None
        ahead: tuple[_Batch, Iterator[Outcome]] | None = None
        for records in _batches(papers, max(1, batch)):
            now = work.prepared(records)
            alone = alone or engines.waits(now.unread, readers)
            if pool is None and not alone and (few := few - len(now.unread)) < 0:
                pool = stack.enter_context(engines.opened(engine or "loky", readers=readers, jobs=jobs, scheduler=scheduler))
            if pool is None:
                work.hear(now, engines.here(now.unread, readers, jobs))
                work.keep(now)
                continue
            # While the workers read one batch, the one before is kept here.
            before, ahead = ahead, (now, pool(now.unread))
            if before:
                work.hear(*before)
                work.keep(before[0])
        if ahead:
            work.hear(*ahead)
            work.keep(ahead[0])
    return work.summary(clock() - start)


def ingest_atlas(store: Store, *, progress: Progress | None = None, clock: Clock = time.monotonic) -> Summary:
    """Take the mappings that ship with the package into ``store``, all or nothing, with the curated lexicon."""
    start = clock()
    progress = progress or _silent
    work = _Work(store, extract=False, again=False, readers=reader_for, progress=_silent, total=None)
    entries = list(atlas.entries())
    with store.transaction():
        for concept in (*atlas.concepts(), *lexicon_concepts()):
            store.add_concept(concept)
        for done, entry in enumerate(entries, 1):
            key = work.keep_paper(entry.paper)
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


@dataclass(slots=True)
class _Batch:
    """Records on their way into the store."""

    records: list[Arrival | BadRecord]
    sent: list[Paper | None]
    """For each record the paper as it goes to its reader; ``None`` where it need not be read."""
    outcomes: list[Outcome | None] = field(default_factory=list)
    """One a record, as far as they were heard."""

    @property
    def unread(self) -> list[Paper]:
        return [paper for paper in self.sent if paper is not None]


class _Work:
    """One run: the store, and what has been counted so far."""

    def __init__(
        self, store: Store, *, extract: bool, again: bool, readers: Readers, progress: Progress, total: int | None
    ) -> None:
        self._store, self._extract, self._again, self._readers = store, extract, again, readers
        self._progress, self._total, self._done = progress, total, 0
        self._count = {"new": 0, "known": 0, "completed": 0}
        self._failed: list[BadRecord] = []
        self._read = 0
        self._evidence = 0
        self._mappings: set[str] = set()
        self._concepts: Statements | None = None

    def summary(self, seconds: float) -> Summary:
        return Summary(
            **self._count,
            read=self._read,
            failed=tuple(self._failed),
            mappings=len(self._mappings),
            evidence=self._evidence,
            seconds=seconds,
        )

    def prepared(self, records: list[Paper | BadRecord]) -> _Batch:
        """Which of ``records`` are to be read, and with which text: the store may know more of a paper."""
        expected = iter(self._store.expect([record for record in records if isinstance(record, Paper)]))
        arriving = [next(expected) if isinstance(record, Paper) else record for record in records]
        return _Batch(arriving, [self._to_send(one) if isinstance(one, Arrival) else None for one in arriving])

    def _to_send(self, arrival: Arrival) -> Paper | None:
        if not self._extract or arrival.refused:
            return None
        if arrival.known is None:
            return arrival.paper
        return None if self._is_read(arrival.known) else arrival.known.paper

    def _is_read(self, known: Known) -> bool:
        """Whether the reader of today has read the text of today."""
        if self._again:
            return False
        reader = self._readers(known.paper)
        return (name_of(reader), str(reader.VERSION)) in known.readers

    def hear(self, batch: _Batch, outcomes: Iterator[Outcome]) -> None:
        """Wait for the readings of ``batch``; when stopped, keep what was read: it is not read again next time."""
        try:
            for sent in batch.sent:
                batch.outcomes.append(None if sent is None else next(outcomes))
                self._done += 1
                self._progress(self._done, self._total, "keeping" if sent is None else "reading")
        except BaseException:
            self.keep(batch)
            raise

    def keep(self, batch: _Batch) -> None:
        """Keep one batch of papers and what they state."""
        heard = [*batch.outcomes, *[None] * (len(batch.records) - len(batch.outcomes))]
        arrived = [
            (arrival, sent, outcome)
            for arrival, sent, outcome in zip(batch.records, batch.sent, heard, strict=True)
            if isinstance(arrival, Arrival)
        ]
        self._failed += [record for record in batch.records if isinstance(record, BadRecord)]
        with self._store.transaction():
            read = [_first(arrival.paper, outcome) for arrival, _, outcome in arrived]
            kept = self._store.add_papers([arrival for arrival, _, _ in arrived], read=read)
            for (arrival, sent, outcome), first, result in zip(arrived, read, kept, strict=True):
                if isinstance(result, Refused):
                    self._failed.append(Skipped(arrival.paper.key, 0, str(result)))
                    continue
                key, change = result
                self._count[change] += 1
                if change == "new" and first is not None:
                    self._read += 1
                elif self._extract and (sent is None or outcome is not None):
                    self._settle(key, sent, outcome)

    def _settle(self, key: str, sent: Paper | None, outcome: Outcome | None) -> None:
        """Keep what was read of a paper that states something or was known before."""
        known = self._store.known(key)
        if sent is None and self._is_read(known):
            return
        paper = known.paper
        if sent is not None and outcome is not None and _text(sent) == _text(paper):
            if not self._again and (outcome.by, outcome.version) in known.readers:
                return
        elif self._is_read(known):
            return
        else:
            # Two records of one paper came together, and its text is not what either was thought to make it.
            outcome = engines.read(paper, self._readers)
        if outcome.reading is None:
            self._failed.append(Skipped(paper.key, 0, outcome.why))
            return
        self._read += 1
        self._state_all(paper, outcome.by, outcome.version, outcome.reading)

    def keep_paper(self, paper: Paper) -> str:
        key, change = self._store.add_paper(paper)
        self._count[change] += 1
        return key

    def state(self, mapping: Mapping, evidence: Evidence) -> None:
        self._store.add_mapping(mapping)
        if self._store.add_evidence(evidence):
            self._evidence += 1
            self._mappings.add(mapping.key)

    def _state_all(self, paper: Paper, by: str, version: str, reading: Reading) -> None:
        try:
            with self._store.transaction() if reading.found else nullcontext():
                stated = self._stated(paper, by, version, reading)
                self._store.replace_readings(paper.key, by, stated)
        except (Refused, Mismatch) as error:
            self._failed.append(Skipped(paper.key, 0, f"what the {by} reader found in it does not hold ({error})"))
            return
        self._store.add_reading(paper, by, version)
        # A title alone says too little of what kind of paper it is.
        if paper.abstract is not None:
            self._store.add_paper(replace(paper, label=reading.label, label_score=reading.label_score))

    def _stated(self, paper: Paper, by: str, version: str, reading: Reading) -> list[Evidence]:
        """Keep the mappings that a reader found, and return all their evidence; of two findings alike the surer one counts."""
        if self._concepts is None and reading.found:
            self._concepts = Statements(self._store)
        surest: dict[tuple[str, tuple[Span, ...]], tuple[Mapping, Evidence]] = {}
        for found in reading.found:
            assert self._concepts is not None
            mapping = self._concepts.mapping(found, paper)
            evidence = evidence_of(paper, mapping, found, by=by, version=version)
            other = surest.get((mapping.key, evidence.passages))
            if other is None or other[1].score < evidence.score:
                surest[mapping.key, evidence.passages] = mapping, evidence
        for mapping, evidence in surest.values():
            self.state(mapping, evidence)
        return [evidence for _, evidence in surest.values()]


def _first(paper: Paper, outcome: Outcome | None) -> Read | None:
    """What is written with a new paper itself: the reading of one that states nothing, as most do."""
    if outcome is None or outcome.reading is None or outcome.reading.found:
        return None
    if paper.abstract is None:
        # A title alone says too little of what kind of paper it is.
        return Read(outcome.by, outcome.version)
    return Read(outcome.by, outcome.version, outcome.reading.label, outcome.reading.label_score)


def _text(paper: Paper) -> tuple[str, str]:
    return paper.title, paper.abstract or ""

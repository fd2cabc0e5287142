"""Keeping papers and what they state, a batch to a transaction, and counting what was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from ingest.arriving import Arrived, looks
from ingest.engines import Outcome, Readers
from ingest.sources import Skipped
from ingest.statements import Statements, evidence_of
from kg.errors import BadRecord, Mismatch, Refused
from kg.model import Evidence, Mapping, Paper, Reading, Span
from kg.store import Arrival, Glance, Kept, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What ingesting or reading did."""

    new: int = 0
    known: int = 0
    completed: int = 0
    """Known papers of which this source told more."""
    read: int = 0
    """Papers that a reader was done with this time, be it after a look; those it had read before are not read again."""
    waiting: int = 0
    """Papers in the store that are still to be read."""
    failed: tuple[BadRecord, ...] = ()
    mappings: int = 0
    """Mappings that gained evidence."""
    evidence: int = 0
    """Pieces of evidence that were not known before."""
    seconds: float = 0.0


class Keeping:
    """One run: the store, what has been counted so far, and which papers are to be read."""

    def __init__(self, store: Store, *, readers: Readers, again: bool = False) -> None:
        self._store, self._readers, self._again = store, readers, again
        self._count = {"new": 0, "known": 0, "completed": 0}
        self._failed: list[BadRecord] = []
        self._read = 0
        self._evidence = 0
        self._mappings: dict[str, None] = {}
        self._concepts: Statements | None = None
        self._to_read: dict[str, float] = {}

    def summary(self, seconds: float) -> Summary:
        return Summary(
            **self._count,
            read=self._read,
            waiting=self._store.count_waiting(),
            failed=tuple(self._failed),
            mappings=len(self._mappings),
            evidence=self._evidence,
            seconds=seconds,
        )

    def to_read(self) -> list[str]:
        """Keys of the papers of this run that are to be read, the most promising first, then as they came."""
        return sorted(self._to_read, key=lambda key: -self._to_read[key])

    def take_in(self, arrived: Sequence[Arrived]) -> None:
        """Keep papers with what a look at them told, all or none."""
        ready: list[tuple[Arrival, Glance | None]] = []
        for one in arrived:
            if isinstance(one, BadRecord):
                self._failed.append(one)
            else:
                ready.append(one)
        with self._store.transaction():
            kept = self._store.add_papers([arrival for arrival, _ in ready], [glance for _, glance in ready])
            for (arrival, glance), result in zip(ready, kept, strict=True):
                if isinstance(result, Refused):
                    self._failed.append(Skipped(arrival.key, 0, str(result)))
                    continue
                self._count[result.change] += 1
                if glance is None:
                    continue
                if not result.glanced:
                    self._settle(result, glance)
                elif glance.promise is None:
                    self._read += 1
                else:
                    self._to_read[result.key] = glance.promise

    def _settle(self, kept: Kept, glance: Glance) -> None:
        """What is to be done for a paper that the store knew already."""
        if kept.paper is not None:  # a look at one of its texts says nothing of the other
            (glance,) = looks([kept.paper], self._readers)
        if (glance.by, glance.version) in kept.readers and not self._again:
            return
        if glance.promise is not None:
            self._store.wait(kept.key, glance.promise)
            self._to_read[kept.key] = glance.promise
            return
        self._read += 1
        paper = self._store.paper(kept.key)
        self._store.replace_readings(paper.key, glance.by, ())
        self._store.add_reading(paper, glance.by, glance.version)
        if glance.label is not None:
            self._store.add_paper(replace(paper, label=glance.label, label_score=glance.label_score))

    def hear(self, heard: Sequence[tuple[Paper, Outcome]]) -> None:
        """Keep what readers made of some papers, all or none."""
        if self._concepts is None and any(outcome.reading and outcome.reading.found for _, outcome in heard):
            self._concepts = Statements(self._store)
        with self._all_or_none():
            for paper, outcome in heard:
                if outcome.reading is None:
                    self._failed.append(Skipped(paper.key, 0, outcome.why))
                    continue
                now = self._store.paper(paper.key)
                # Another process may have told more of it meanwhile; then it waits on.
                if (now.title, now.abstract) == (paper.title, paper.abstract):
                    self._read += 1
                    self._state_all(now, outcome.by, outcome.version, outcome.reading)

    def keep_paper(self, paper: Paper) -> str:
        key, change = self._store.add_paper(paper)
        self._count[change] += 1
        return key

    def state(self, mapping: Mapping, evidence: Evidence) -> None:
        self._store.add_mapping(mapping)
        if self._store.add_evidence(evidence):
            self._evidence += 1
            self._mappings[mapping.key] = None

    @contextmanager
    def _all_or_none(self) -> Iterator[None]:
        """A transaction; where it fails, this run no longer takes for kept, nor counts, what goes with it."""
        evidence, mappings = self._evidence, len(self._mappings)
        try:
            with self._concepts.undone_on_error() if self._concepts else nullcontext(), self._store.transaction():
                yield
        except BaseException:
            self._evidence = evidence
            while len(self._mappings) > mappings:
                self._mappings.popitem()
            raise

    def _state_all(self, paper: Paper, by: str, version: str, reading: Reading) -> None:
        try:
            with self._all_or_none() if reading.found else nullcontext():
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

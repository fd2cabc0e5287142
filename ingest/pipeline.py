"""From papers to the graph: keep each paper, read it, ground what it states, keep the mappings with their evidence.

It goes in two passes. The first takes papers in at full speed: each is kept with what a quick look told of it, and most say
nothing of biology, which ends their reading. The second reads the others, the most promising first, and takes far longer. Both
go by batches, a transaction each, on as many cores as there are (see :mod:`ingest.engines`), with one writer. So whatever ends
the program, every paper is in the store whole or not at all, with all that was found in it or waiting to be read; running again
completes the rest, doing it twice changes nothing, and it makes no difference how many read, or in how many runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import replace
from itertools import islice
from typing import Any

from ingest import atlas
from ingest.arriving import Record
from ingest.crew import Crew
from ingest.engines import Outcome, Readers
from ingest.extract import reader_for
from ingest.ground import lexicon_concepts
from ingest.keeping import Keeping, Summary
from ingest.sources import Export, Skipped
from kg.model import Paper
from kg.store import Store

__all__ = ["Summary", "ingest", "ingest_atlas", "ingest_export", "read_waiting"]

BATCH = 500
"""Papers taken in at a time: enough to make commits cheap, few enough to lose little when stopped."""
HEARD = 8
"""Papers read between two commits."""

Progress = Callable[[int, int | None, str], None]
"""Called with papers done, papers in all where known, and what is being done."""
Clock = Callable[[], float]
Approve = Callable[[Iterable[Paper]], bool]
"""Shown the papers that are about to be read, before any of them is; says whether to read them now."""


def ingest(
    store: Store,
    papers: Iterable[Record | Export],
    *,
    extract: bool = True,
    again: bool = False,
    at_most: int | None = None,
    minutes: float | None = None,
    approve: Approve | None = None,
    readers: Readers = reader_for,
    jobs: int | None = None,
    engine: str | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    batch: int = BATCH,
    clock: Clock = time.monotonic,
) -> Summary:
    """Take ``papers`` into ``store``, then read those that are worth it.

    Args:
        store: open for writing.
        papers: from any source; bad records among them are passed on to the summary, and so are whole graphs (see
            :func:`ingest_export`).
        extract: look at the papers and read them, or only keep them.
        again: read also papers that this version of their reader has read before.
        at_most: read so many papers and let the others wait for :func:`read_waiting`; 0 reads none now.
        minutes: stop reading after so long, counted from its beginning.
        approve: shown the papers that are about to be read; where it says no, they wait.
        readers: which reader reads a paper.
        jobs: processes that work; 1 is this one alone. By default this one, and one a core when there turns out to be much to do.
        engine: who runs those processes: ``"loky"`` (here, the default), ``"dask"`` or ``"ray"``.
        scheduler: address of the Dask scheduler or the Ray head.
        progress: told after each batch that is taken in, and each paper that is read.
        batch: papers to a commit while they are taken in.
        clock: seconds.

    Raises:
        Refused: a reader cannot start, for want of a library or of its weights, or an engine cannot.
        KeyboardInterrupt: after keeping what was read until then; the same call again completes the rest.
    """
    total = len(papers) if isinstance(papers, Sized) else None
    progress = progress or _silent
    work, start = Keeping(store, readers=readers, again=again), clock()
    with Crew(readers, engine=engine, jobs=jobs, scheduler=scheduler) as crew:
        done = 0
        for lot, ready in crew.arrive(_batches(papers, max(1, batch)), look=extract):
            work.take_in(ready)
            done += lot
            progress(done, total, "taking in")
        keys = work.to_read()[:at_most]
        if approve is None or approve(_of(store, keys)):
            _read(store, work, keys, crew, progress=progress, minutes=minutes, clock=clock)
    return work.summary(clock() - start)


def read_waiting(
    store: Store,
    *,
    at_most: int | None = None,
    minutes: float | None = None,
    approve: Approve | None = None,
    readers: Readers = reader_for,
    jobs: int | None = None,
    engine: str | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    clock: Clock = time.monotonic,
) -> Summary:
    """Read the papers of ``store`` that wait to be read, the most promising first; arguments as for :func:`ingest`."""
    work, start = Keeping(store, readers=readers), clock()
    keys = [key for key, _ in store.waiting()[:at_most]]
    with Crew(readers, engine=engine, jobs=jobs, scheduler=scheduler) as crew:
        if approve is None or approve(_of(store, keys)):
            _read(store, work, keys, crew, progress=progress or _silent, minutes=minutes, clock=clock)
    return work.summary(clock() - start)


def ingest_atlas(store: Store, *, progress: Progress | None = None, clock: Clock = time.monotonic) -> Summary:
    """Take the mappings that ship with the package into ``store``, all or nothing, with the curated lexicon."""
    start = clock()
    progress = progress or _silent
    work = Keeping(store, readers=reader_for)
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


def ingest_export(store: Store, export: Export, *, progress: Progress | None = None, clock: Clock = time.monotonic) -> Summary:
    """Take the graph that exapt exported into ``store``, all or nothing; into an empty one so that it exports the same again.

    Raises:
        BadRecord: at the first line that is no row of an export.
        Refused: the rows do not fit each other, or a curator says otherwise in this store.
    """
    start = clock()
    progress = progress or _silent

    def told() -> Iterator[dict[str, Any]]:
        for done, row in enumerate(export.rows, 1):
            if done % BATCH == 0:
                progress(done, None, f"{row['type']} rows of an export")
            yield row

    joined = store.join(told())
    return Summary(
        new=joined.new, completed=joined.completed, known=joined.known, mappings=joined.mappings, evidence=joined.evidence,
        waiting=store.count_waiting(), seconds=clock() - start,
    )  # fmt: skip


def _silent(done: int, total: int | None, message: str) -> None:
    return None


def _batches(records: Iterable[Record | Export], size: int) -> Iterator[list[Record]]:
    rest = (_record(record) for record in records)
    while lot := list(islice(rest, size)):
        yield lot


def _record(record: Record | Export) -> Record:
    if isinstance(record, Export):
        return Skipped(record.where, 0, "it is an export of exapt, a whole graph; take it in by itself, before the papers")
    return record


def _of(store: Store, keys: Sequence[str]) -> Iterator[Paper]:
    """The papers of ``keys``, some at a time: there may be a million."""
    for first in range(0, len(keys), HEARD):
        yield from store.to_read(keys[first : first + HEARD])


def _read(
    store: Store, work: Keeping, keys: Sequence[str], crew: Crew, *, progress: Progress, minutes: float | None, clock: Clock
) -> None:
    """Read the papers of ``keys`` in their order; when stopped, keep what was read: it is not read again next time."""
    if not keys:
        return
    start = clock()
    until = None if minutes is None else start + 60 * minutes

    def papers() -> Iterator[Paper]:
        for first in range(0, len(keys), HEARD):
            if until is not None and clock() >= until:
                return
            yield from store.to_read(keys[first : first + HEARD])

    heard: list[tuple[Paper, Outcome]] = []
    try:
        for done, told in enumerate(crew.read(papers(), len(keys)), 1):
            heard.append(told)
            if len(heard) == HEARD:
                work.hear(heard)
                heard = []
            progress(done, len(keys), f"reading, {_left(clock() - start, done, len(keys))} left")
    finally:
        work.hear(heard)


def _left(seconds: float, done: int, total: int) -> str:
    """How long the rest takes if it goes on as until now."""
    left = seconds / done * (total - done)
    return f"{left:.0f} s" if left < 100 else f"{left / 60:.0f} min" if left < 6000 else f"{left / 3600:.0f} h"

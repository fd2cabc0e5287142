"""Who takes papers in and reads them: this process, and others beside it once there is much to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from types import TracebackType

from ingest import engines
from ingest.arriving import Arrived, Record, arrived
from ingest.engines import Outcome, Pool, Readers
from ingest.sources import Line
from kg.model import Paper

MANY_TO_TAKE_IN, MANY_TO_READ = 3000, 40
"""So many papers are worth starting other processes for, where nobody says how many."""


class Crew:
    """A context manager: no process of ours outlives its block.

    Args:
        readers: which reader reads a paper.
        engine: who runs other processes, one of :data:`ingest.engines.ENGINES`.
        jobs: how many processes; 1 is this one alone.
        scheduler: address of the Dask scheduler or the Ray head.
    """

    def __init__(self, readers: Readers, *, engine: str | None, jobs: int | None, scheduler: str | None) -> None:
        self._readers, self._engine, self._jobs, self._scheduler = readers, engine, jobs, scheduler
        self._asked = jobs is not None or engine is not None
        self._alone = engine is None and (jobs == 1 or (jobs is None and engines.cores() == 1))
        self._stack = ExitStack()
        self._pool: Pool | None = None

    def __enter__(self) -> Crew:
        self._stack.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def arrive(self, lots: Iterator[list[Record]], *, look: bool) -> Iterator[tuple[int, list[Arrived]]]:
        """Make each of ``lots`` ready to be kept; with each, how many records it had."""
        readers = self._readers if look else None
        done = 0
        for lot in lots:
            if not done and look and self._waits(lot):
                self._alone = True
            if pool := self._called(much=done >= MANY_TO_TAKE_IN):
                rest = ((later, readers) for later in chain([lot], lots))
                for (records, _), ready in engines.each(pool, arrived, rest):
                    yield len(records), ready
                return
            yield len(lot), arrived(lot, readers)
            done += len(lot)

    def read(self, papers: Iterator[Paper], number: int) -> Iterator[tuple[Paper, Outcome]]:
        """Read ``papers``, of which there are about ``number``, in their order."""
        first = next(papers, None)
        if first is None:
            return
        papers = chain([first], papers)
        self._alone = self._alone or engines.waits(first, self._readers)
        if pool := self._called(much=number >= MANY_TO_READ):
            yield from engines.elsewhere(pool, papers, self._readers)
        else:
            yield from engines.here(papers, self._readers, self._jobs)

    def _called(self, *, much: bool) -> Pool | None:
        """Others to work, if that was asked for or there is ``much`` to do."""
        if self._pool is None and not self._alone and (self._asked or much):
            opened = engines.opened(self._engine or "loky", jobs=self._jobs, scheduler=self._scheduler)
            self._pool = self._stack.enter_context(opened)
        return None if self._alone else self._pool

    def _waits(self, lot: list[Record]) -> bool:
        made = (record.paper() if isinstance(record, Line) else record for record in lot)
        first = next((paper for paper in made if isinstance(paper, Paper)), None)
        return first is not None and engines.waits(first, self._readers)

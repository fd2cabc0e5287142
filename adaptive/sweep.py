"""Many runs at once, each written down as soon as it is done, none done twice.

Where tuning runs of one arm can be lived as a population they are: the same results within float error, several times
faster. Every number that counts in the end, the evaluation's, comes from lives lived one by one, unless the caller wants a first
look sooner.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent import futures
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol

from adaptive import circuits, guard, isolated, population, provenance
from adaptive.isolated import Limits
from adaptive.journal import Done, Journal, run_key
from adaptive.trial import Job, run
from kg.errors import ExaptError, Refused

Progress = Callable[[int, int, str], None]
Unit = tuple[Job, ...]
"""What is done in one go: one run, or all settings of an arm on all seeds that are asked for at once."""
LEFT_OUT = (isolated.NOT_BEGUN, isolated.DIED)
"""How notes begin of runs that are not written down: they are done again when the race is."""


class Pool(Protocol):
    """Others who work for us: loky, a Dask or a Ray cluster."""

    @property
    def submit(self) -> Callable[..., Any]:
        """Has a function called with arguments elsewhere; gives a future, as ``concurrent.futures`` has them."""

    @property
    def workers(self) -> int:
        """How many they are."""


class Sweep:
    """Does jobs and keeps the journal.

    Args:
        journal: where finished runs are kept.
        n_jobs: runs at a time.
        expected: how many runs the race will have in all.
        progress: called with (runs done, runs expected, what is going on).
        limits: of one run.
        pool: who does the runs, in place of processes here.
        alone: runs get processes of their own. Without, they happen in this process, one after the other and without limits.
        together: evaluation runs are lived as populations, too, all seeds of an arm at once.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        n_jobs: int,
        expected: int,
        progress: Progress | None = None,
        limits: Limits | None = None,
        pool: Pool | None = None,
        alone: bool = True,
        together: bool = False,
    ) -> None:
        self.journal, self.n_jobs, self.expected, self.progress = journal, n_jobs, expected, progress
        self.limits, self.pool, self.alone = limits or Limits(), pool, alone and isolated.possible()
        self.together = together
        self.done = 0
        self.versions = provenance.versions()
        self._sources: dict[tuple[str, str, bool], str] = {}
        self._able: dict[tuple[str, str], bool] = {}
        self._notes: dict[tuple[str, str], list[str]] = {}
        """For each task and arm, what is noted of each run."""

    def __call__(self, jobs: Sequence[Job], message: str) -> list[Done]:
        """What each of ``jobs`` gave, in their order."""
        units = self._units(jobs)
        keys: dict[int, str] = {}
        for unit in units:
            keys |= zip(unit, self._keys([jobs[number] for number in unit]), strict=True)
        found: dict[int, Done] = {}
        for number, key in keys.items():
            for known in (key, self._limited(key)):
                if known in self.journal:
                    found[number] = self.journal[known]
        missing = [unit for unit in units if any(number not in found for number in unit)]
        self._tell(len(jobs) - sum(map(len, missing)), message)
        # What is under way is stopped here and now, not when this generator happens to be cleared away.
        with closing(self._each([tuple(jobs[number] for number in unit) for unit in missing])) as coming:
            for place, results in coming:
                for number, done in zip(missing[place], results, strict=True):
                    note = done[0].note
                    if note.startswith(guard.PREFIX):
                        job = jobs[number]
                        raise Refused(f"{job.arm} on {job.task}, seed {job.seed}: {note.removeprefix(guard.PREFIX)}")
                    if number not in found and not note.startswith(LEFT_OUT):
                        self.journal.add(self._limited(keys[number]) if note.startswith(isolated.PAST) else keys[number], done)
                    found.setdefault(number, done)
                self._tell(len(results), message)
        return [found[number] for number in range(len(jobs))]

    def _units(self, jobs: Sequence[Job]) -> list[tuple[int, ...]]:
        """Numbers of the jobs, those that can be lived together joined; always the same ones, whatever has been done before."""
        together: dict[tuple[Any, ...], list[int]] = {}
        for number, job in enumerate(jobs):
            joined = (job.phase == "tuning" or self.together) and self._joinable(job)
            place = (job.task, job.steps, job.plugin, job.arm, job.phase, job.reorder) if joined else (number,)
            together.setdefault(place, []).append(number)
        return [tuple(unit) for unit in together.values()]

    def _limited(self, key: str) -> str:
        """Under what a run is kept that a limit ended: with other limits it may not."""
        return provenance.digest([key, self.limits.seconds, self.limits.memory, self.limits.wall])[:24]

    def _joinable(self, job: Job) -> bool:
        if 0 < job.limit < job.steps or not (job.plugin.startswith("adaptive.") or circuits.is_ours(job.plugin)):
            return False
        place = (job.plugin, job.task)
        if place not in self._able:
            self._able[place] = population.able(job)
        return self._able[place]

    def _keys(self, unit: Sequence[Job]) -> list[str]:
        joined = len(unit) > 1
        plain = [run_key(job, self._source(job, joined=joined), self.versions) for job in unit]
        if not joined:
            return plain
        # In other company a life may differ in its last digits.
        company = provenance.digest(sorted(plain))
        return [provenance.digest([key, company])[:24] for key in plain]

    def _source(self, job: Job, *, joined: bool) -> str:
        place = (job.plugin, job.task, joined)
        if place not in self._sources:
            files = set(provenance.source_files(job.plugin, job.task))
            if joined:
                files |= provenance.imported(provenance.HERE / "population.py") - {provenance.HERE / provenance.RECORDS}
            self._sources[place] = provenance.digest(provenance.hashes(files))
        return self._sources[place]

    def _tell(self, more: int, message: str) -> None:
        self.done += more
        if self.progress is not None:
            self.progress(self.done, max(self.expected, self.done), message)

    def _each(self, units: Sequence[Unit]) -> Generator[tuple[int, list[Done]], None, None]:
        """The number of each unit with its results, as they come."""
        if not self.alone and self.pool is None:
            for place, unit in enumerate(units):
                yield place, _here(unit)
            return
        with _Hands(self.pool, self.n_jobs, self.limits) as hands:
            # The long ones first, so that nobody waits at the end for the one who began a long one last.
            waiting = deque(sorted(range(len(units)), key=lambda place: -len(units[place])))
            under_way: dict[Any, int] = {}
            while waiting or under_way:
                while waiting and len(under_way) < 2 * hands.workers:
                    place = waiting.popleft()
                    if self._is_futile(units[place]):
                        yield place, [isolated.failed(job, f"{isolated.NOT_BEGUN}: {isolated.WHY}") for job in units[place]]
                    else:
                        under_way[hands.submit(units[place])] = place
                for future in hands.finished(under_way):
                    place, results = under_way.pop(future), future.result()
                    notes = self._notes.setdefault((units[place][0].task, units[place][0].arm), [])
                    notes.extend(done[0].note for done in results)
                    yield place, results

    def _is_futile(self, unit: Unit) -> bool:
        return isolated.is_futile(self._notes.get((unit[0].task, unit[0].arm), []))


def _here(unit: Unit) -> list[Done]:
    if len(unit) > 1:
        with suppress(Exception):  # Each for itself, then, with a note on whoever fails.
            return population.run(unit)
    return [run(job) for job in unit]


class _Hands:
    """Who does the runs: threads that each wait for a process of their own here, or a pool elsewhere."""

    def __init__(self, pool: Pool | None, n_jobs: int, limits: Limits) -> None:
        self.limits, self.pool = limits, pool
        self.workers = max(1, pool.workers if pool is not None else n_jobs)
        self._threads = futures.ThreadPoolExecutor(self.workers) if pool is None else None

    def __enter__(self) -> _Hands:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._threads is not None:
            if error is not None:
                isolated.close()  # Threads cannot be stopped; what they wait for can.
            self._threads.shutdown(wait=True, cancel_futures=True)

    def submit(self, unit: Unit) -> Any:
        """A future of the results of ``unit``."""
        submit = self._threads.submit if self._threads is not None else self.pool.submit  # type: ignore[union-attr]
        return submit(isolated.run, unit, self.limits)

    def finished(self, under_way: Mapping[Any, int]) -> list[Any]:
        """At least one future that is done, where there is any."""
        if not under_way:
            return []
        if self._threads is not None:
            return list(futures.wait(under_way, return_when=futures.FIRST_COMPLETED).done)
        first = next(iter(under_way))
        first.result()
        return [first, *(future for future in under_way if future is not first and future.done())]


def folder_of(folder: Path, key: str) -> tuple[Path, list[Path]]:
    """The folder of one race in the ``folder`` of all, and the journals of its siblings."""
    mine = folder / key
    return mine, [path for path in sorted(folder.glob("*/journal.jsonl")) if path.parent != mine]


def same_for_all(done: Sequence[Done]) -> None:
    """Checks that every arm began with the same weights and met the same batches on each seed.

    Raises:
        ExaptError: two arms did not; their results cannot be compared.
    """
    seen: dict[tuple[str, int, str], tuple[str, str, str]] = {}
    for run_, _ in done:
        if not run_.init_sha256:
            continue  # It never began, and its note says why.
        life = (run_.init_sha256, run_.stream_sha256, run_.arm)
        first = seen.setdefault((run_.task, run_.seed, run_.phase), life)
        if first[:2] != life[:2]:
            what = "initial weights" if first[0] != life[0] else "batches"
            raise ExaptError(
                f"{run_.task}, seed {run_.seed}: {first[2]} and {run_.arm} did not get the same {what}; the race is void"
            )

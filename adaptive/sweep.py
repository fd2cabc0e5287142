"""Many runs at once, each written down as soon as it is done, none done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from adaptive import provenance
from adaptive.journal import Done, Journal, run_key
from adaptive.trial import Job, run
from kg.errors import ExaptError

Progress = Callable[[int, int, str], None]


class Sweep:
    """Does jobs on ``n_jobs`` processes and keeps the journal; ``expected`` is how many runs the race will have in all."""

    def __init__(self, journal: Journal, *, n_jobs: int, expected: int, progress: Progress | None = None) -> None:
        self.journal, self.n_jobs, self.expected, self.progress = journal, n_jobs, expected, progress
        self.done = 0
        self.versions = provenance.versions()
        self._sources: dict[tuple[str, str], str] = {}

    def __call__(self, jobs: Sequence[Job], message: str) -> list[Done]:
        """What each of ``jobs`` gave, in their order."""
        keys = [run_key(job, self._source(job), self.versions) for job in jobs]
        missing = [number for number, key in enumerate(keys) if key not in self.journal]
        self._tell(len(jobs) - len(missing), message)
        for number, done in self._each([(number, jobs[number]) for number in missing]):
            self.journal.add(keys[number], done)
            self._tell(1, message)
        return [self.journal[key] for key in keys]

    def _source(self, job: Job) -> str:
        place = (job.plugin, job.task)
        if place not in self._sources:
            self._sources[place] = provenance.digest(provenance.hashes(provenance.source_files(*place)))
        return self._sources[place]

    def _tell(self, more: int, message: str) -> None:
        self.done += more
        if self.progress is not None:
            self.progress(self.done, max(self.expected, self.done), message)

    def _each(self, jobs: Sequence[tuple[int, Job]]) -> Iterator[tuple[int, Done]]:
        if self.n_jobs == 1 or len(jobs) <= 1:
            for number, job in jobs:
                yield number, run(job)
            return
        import joblib
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        parallel = joblib.Parallel(n_jobs=self.n_jobs, backend="loky", return_as="generator_unordered")
        try:
            yield from parallel(joblib.delayed(_numbered)(number, job) for number, job in jobs)
        except TerminatedWorkerError as error:
            raise ExaptError(
                "a worker process was killed; what was finished is kept: run the same race again to go on"
            ) from error


def _numbered(number: int, job: Job) -> tuple[int, Done]:
    return number, run(job)


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

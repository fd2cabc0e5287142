"""Reading papers on several cores or machines: the same readings in the same order as in this process, sooner.

Reading is pure, so it may happen anywhere: papers go out in small lots, readings come back in the order of the papers, and the
one writer keeps them. Lots are carried by loky, joblib's pool of processes on this machine, or by a Dask or a Ray cluster.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import cache, partial
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from ingest.text import clean
from kg.errors import ExaptError, Refused
from kg.model import Paper, Reading

ENGINES = ("loky", "dask", "ray")
LOT = 50
"""Papers in a lot: enough to make its journey cheap, few enough that every worker has some of each batch."""


class Reader(Protocol):
    """A module of :mod:`ingest.extract`, or an object like one: of a paper it uses key, kind, title and abstract alone."""

    VERSION: str
    __name__: str

    def read(self, paper: Paper) -> Reading: ...


Readers = Callable[[Paper], Any]
"""Which :class:`Reader` reads a paper; typed loosely, as a module satisfies no protocol of attributes."""


class Outcome(NamedTuple):
    """What a reader made of one paper: a reading, or why there is none."""

    by: str
    version: str
    reading: Reading | None
    why: str = ""


Start = Callable[[Sequence[Paper]], Iterator[Outcome]]
"""Begin to read papers; their outcomes follow in the same order."""
Submit = Callable[..., Any]
"""Have a function called with arguments elsewhere; returns a future, as ``concurrent.futures`` has them."""


def name_of(reader: Any) -> str:
    """The reader's name as evidence carries it."""
    return str(reader.__name__).rpartition(".")[2]


def read(paper: Paper, readers: Readers) -> Outcome:
    """What the reader of ``paper`` makes of it; whatever it trips over must not cost the other papers.

    Raises:
        Refused: the reader cannot read at all.
    """
    reader = readers(paper)
    by, version = name_of(reader), str(reader.VERSION)
    try:
        return Outcome(by, version, reader.read(paper))
    except Refused:
        raise
    except ExaptError as error:
        return Outcome(by, version, None, f"the {by} reader passed it over ({error})")
    except (ImportError, OSError) as error:
        # The reader itself is not whole: saying so once for each of a hundred thousand papers would help nobody.
        raise Refused(f"the {by} reader cannot start ({_line(error)}); the papers are kept, read them once it can") from error
    except Exception as error:
        return Outcome(by, version, None, f"the {by} reader stopped at it ({_line(error)})")


def _line(error: Exception) -> str:
    return clean(f"{type(error).__name__}: {error}")[:200]


def waits(papers: Sequence[Paper], readers: Readers) -> bool:
    """Whether the reader of these papers waits for another machine, so that processes of ours would be of no help."""
    return bool(papers) and hasattr(readers(papers[0]), "ahead")


def here(papers: Sequence[Paper], readers: Readers, jobs: int | None = None) -> Iterator[Outcome]:
    """Read in this process, one paper at a time; a reader that waits is asked for ``jobs`` papers ahead."""
    if waits(papers, readers):
        papers = readers(papers[0]).ahead(papers, **({"jobs": jobs} if jobs else {}))
        yield from (read(paper, readers) for paper in papers)
        return
    # Sums of several threads may differ from sums of one in the last digit; every engine is to say the same.
    with _one_thread() if any(paper.kind != "essay" for paper in papers) else nullcontext():
        for paper in papers:
            yield read(paper, readers)


@contextmanager
def _one_thread() -> Iterator[None]:
    try:
        import numpy  # noqa: F401  # its threads can be limited once it is loaded
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(1):
        yield


def cores() -> int:
    """How many processes are worth starting here; one where joblib is not installed."""
    try:
        import joblib
    except ImportError:
        return 1
    return int(joblib.cpu_count())


@contextmanager
def opened(engine: str, *, readers: Readers, jobs: int | None = None, scheduler: str | None = None) -> Iterator[Start]:
    """Start ``engine`` for the time of the block; no process of ours outlives it.

    Args:
        engine: one of :data:`ENGINES`.
        readers: goes to the workers with every lot, so it must be a plain function of a module.
        jobs: worker processes, for loky and for a Ray that starts here; by default one a core.
        scheduler: address of the Dask scheduler or of the Ray head.

    Raises:
        Refused: the engine is not installed, cannot be reached, or lost its workers.
    """
    if engine not in ENGINES:
        raise Refused(f"no engine is called {engine!r:.40}; there are: {', '.join(ENGINES)}")
    if engine == "loky" and scheduler:
        raise Refused("loky starts its own processes and has no scheduler; use --engine dask or ray with --scheduler")
    with {"loky": _loky, "dask": _dask, "ray": _ray}[engine](jobs, scheduler) as submit:

        def start(papers: Sequence[Paper]) -> Iterator[Outcome]:
            lots = (papers[first : first + LOT] for first in range(0, len(papers), LOT))
            # All of a batch at once: the pipeline bounds how much is under way by its batches.
            under_way = [submit(_read_lot, [_packed(paper) for paper in lot], readers) for lot in lots]
            return (_unpacked(*told) for future in under_way for told in future.result())

        yield start


def _read_lot(papers: Sequence[tuple[Any, ...]], readers: Readers) -> list[tuple[Any, ...]]:
    """What a worker does. Records travel as plain tuples, which are packed several times as fast."""
    _one_thread_for_good()
    told = []
    for key, kind, title, abstract in papers:
        by, version, reading, why = read(Paper(key=key, kind=kind, title=title, abstract=abstract), readers)
        told.append((by, version, why, *((reading.label, reading.label_score, reading.found) if reading else ())))
    return told


def _packed(paper: Paper) -> tuple[Any, ...]:
    return paper.key, paper.kind, paper.title, paper.abstract


def _unpacked(by: str, version: str, why: str, *reading: Any) -> Outcome:
    return Outcome(by, version, Reading(label=reading[0], label_score=reading[1], found=reading[2]) if reading else None, why)


@cache
def _one_thread_for_good() -> None:
    """A worker shares its machine with others: one thread each, as in :func:`here`."""
    limit = _one_thread()
    limit.__enter__()
    _kept.append(limit)


_kept: list[object] = []
"""What must not be given up while the process lives."""


@contextmanager
def _loky(jobs: int | None, _scheduler: str | None) -> Iterator[Submit]:
    _imported("joblib", "fast")
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    executor = ProcessPoolExecutor(jobs or cores(), initializer=_follow_the_parent, env=one_thread)
    try:
        yield executor.submit
    except BaseException as error:
        # Not by shutdown(kill_workers=True): loky then trips over the lots that no worker has begun, and says so at length.
        for worker in tuple(executor._processes):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        if not isinstance(error, BrokenProcessPool):
            raise
        raise Refused(
            "a worker process was killed, perhaps for want of memory; what was committed is kept, run it again with fewer --jobs"
        ) from error
    finally:
        executor.shutdown(wait=True)


def _follow_the_parent() -> None:
    """Make this worker end when its parent does, and not before."""
    # Ctrl-C reaches every process of a terminal; the parent stops its workers in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)  # it was killed, and nobody waits for what is under way here


@contextmanager
def _dask(_jobs: int | None, scheduler: str | None) -> Iterator[Submit]:
    distributed = _imported("distributed", "dask")
    if not scheduler:
        raise Refused("Dask needs the address of its scheduler: --engine dask --scheduler tcp://HOST:8786")
    try:
        client = distributed.Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Refused(f"no Dask scheduler answers at {scheduler}; start one with `dask scheduler`") from error
    with client:
        # A lot whose worker is lost is read by another one.
        yield partial(client.submit, pure=False, retries=3)


@contextmanager
def _ray(jobs: int | None, scheduler: str | None) -> Iterator[Submit]:
    ray = _imported("ray", "ray")
    begun = not ray.is_initialized()
    if begun:
        where: dict[str, Any] = {"address": scheduler} if scheduler else {"address": "local", "num_cpus": jobs or cores()}
        try:
            ray.init(**where, include_dashboard=None if scheduler else False, log_to_driver=False, logging_level="error")
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise Refused(f"Ray cannot be reached or started at {scheduler or 'this machine'} ({_line(error)})") from error
    try:
        yield lambda task, *given: ray.remote(max_retries=3)(task).remote(*given).future()
    finally:
        if begun:
            ray.shutdown()


def _imported(name: str, extra: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Refused(f"this needs {name}, which is not installed here; add it: pip install 'exapt[{extra}]'") from error

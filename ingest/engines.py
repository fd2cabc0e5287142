"""Work on papers on several cores or machines: the same results in the same order as in this process, sooner.

Making papers ready and reading them is pure, so it may happen anywhere: lots go out, results come back in the order of the lots,
and the one writer keeps them. Lots are carried by loky, joblib's pool of processes here, or by a Dask or a Ray cluster.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from itertools import chain, islice
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from ingest.text import clean
from kg.errors import ExaptError, Refused
from kg.model import Paper, Reading

ENGINES = ("loky", "dask", "ray")
LOT = 8
"""Papers that are sent to be read at a time: some take a tenth of a second each, so stopping loses little."""
AHEAD = 4
"""Lots under way for each worker: enough that none is idle while this process writes."""
WAIT = 30.0
"""Seconds for a first worker to come to a Dask scheduler that has none."""


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


_KEPT = "what was committed is kept, run it again"

Submit = Callable[..., Any]
"""Have a function called with arguments elsewhere; returns a future, as ``concurrent.futures`` has them."""


class Pool(NamedTuple):
    """Others who work for us."""

    submit: Submit
    workers: int
    """How many of them, when it was opened."""


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


def waits(paper: Paper, readers: Readers) -> bool:
    """Whether the reader of ``paper`` waits for another machine, so that processes of ours would be of no help."""
    return hasattr(readers(paper), "ahead")


def here(papers: Iterator[Paper], readers: Readers, jobs: int | None = None) -> Iterator[tuple[Paper, Outcome]]:
    """Read in this process, one paper at a time; a reader that waits is asked for ``jobs`` papers ahead."""
    if (first := next(papers, None)) is None:
        return
    papers = chain([first], papers)
    if waits(first, readers):
        papers = readers(first).ahead(papers, **({"jobs": jobs} if jobs else {}))
        yield from ((paper, read(paper, readers)) for paper in papers)
        return
    with ExitStack() as limits:
        limited = False
        for paper in papers:
            if not limited and paper.kind != "essay":
                # Sums of several threads may differ from sums of one in the last digit; every engine is to say the same.
                limits.enter_context(_one_thread())
                limited = True
            yield paper, read(paper, readers)


def elsewhere(pool: Pool, papers: Iterator[Paper], readers: Readers) -> Iterator[tuple[Paper, Outcome]]:
    """Read as :func:`here`, on all workers of ``pool``."""
    lots = ((lot, readers) for lot in iter(lambda: list(islice(papers, LOT)), []))
    for (lot, _), outcomes in each(pool, _read_lot, lots):
        yield from zip(lot, outcomes, strict=True)


def each(pool: Pool, task: Callable[..., Any], lots: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, Any]]:
    """(lot, result) for each of ``lots``, the arguments of ``task``, in their order.

    What ends ``lots`` early is raised when all before it is told.
    """
    lots = iter(lots)
    under_way: deque[tuple[Any, Any]] = deque()
    ended: Exception | None = None
    while True:
        while ended is None and len(under_way) < AHEAD * pool.workers:
            try:
                lot = next(lots)
            except Exception as error:
                ended = error
            else:
                under_way.append((lot, pool.submit(task, *lot)))
        if not under_way:
            break
        lot, future = under_way.popleft()
        yield lot, future.result()
    if ended is not None and not isinstance(ended, StopIteration):
        raise ended


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
def opened(engine: str, *, jobs: int | None = None, scheduler: str | None = None) -> Iterator[Pool]:
    """Start ``engine`` for the time of the block; no process of ours outlives it.

    Args:
        engine: one of :data:`ENGINES`.
        jobs: worker processes, for loky and for a Ray that starts here; by default one a core.
        scheduler: address of the Dask scheduler or of the Ray head.

    Raises:
        Refused: the engine is not installed, cannot be reached, or lost its workers.
    """
    if engine not in ENGINES:
        raise Refused(f"no engine is called {engine!r:.40}; there are: {', '.join(ENGINES)}")
    if engine == "loky" and scheduler:
        raise Refused("loky starts its own processes and has no scheduler; use --engine dask or ray with --scheduler")
    with {"loky": _loky, "dask": _dask, "ray": _ray}[engine](jobs, scheduler) as pool:
        yield pool


def _read_lot(papers: Sequence[Paper], readers: Readers) -> list[Outcome]:
    """What a worker does."""
    _one_thread_for_good()
    return [read(paper, readers) for paper in papers]


@cache
def _one_thread_for_good() -> None:
    """A worker shares its machine with others: one thread each, as in :func:`here`."""
    limit = _one_thread()
    limit.__enter__()
    _kept.append(limit)


_kept: list[object] = []
"""What must not be given up while the process lives."""


@contextmanager
def _loky(jobs: int | None, _scheduler: str | None) -> Iterator[Pool]:
    _imported("joblib", "fast")
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    executor = ProcessPoolExecutor(jobs or cores(), initializer=_follow_the_parent, env=one_thread)
    try:
        yield Pool(executor.submit, jobs or cores())
    except BaseException as error:
        # Not by shutdown(kill_workers=True): loky then trips over the lots that no worker has begun, and says so at length.
        for worker in tuple(executor._processes):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        # A worker may have died in the middle of a result; as long as we hold the other end, loky waits for the rest of it.
        executor._result_queue._writer.close()
        if not isinstance(error, BrokenProcessPool):
            raise
        raise Refused(f"a worker process was killed, perhaps for want of memory; {_KEPT} with fewer --jobs") from error
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
def _dask(_jobs: int | None, scheduler: str | None) -> Iterator[Pool]:
    distributed = _imported("distributed", "dask")
    if not scheduler:
        raise Refused("Dask needs the address of its scheduler: --engine dask --scheduler tcp://HOST:8786")
    try:
        client = distributed.Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Refused(f"no Dask scheduler answers at {scheduler}; start one with `dask scheduler`") from error
    with _quiet("distributed.client"), client:
        try:
            _await_worker(client, scheduler)
            # A lot whose worker is lost is read by another one.
            yield Pool(
                lambda task, *given: _OnDask(client.submit(task, *given, pure=False, retries=3), client, scheduler),
                max(2, len(client.nthreads())),
            )
        except distributed.KilledWorker as error:
            raise Refused(f"Dask workers were killed again and again, perhaps for want of memory; {_KEPT}") from error
        except Exception as error:
            lost = client.status != "running" and not isinstance(error, ExaptError)
            if not (lost or isinstance(error, CancelledError)):
                raise
            raise Refused(f"the Dask scheduler at {scheduler} is gone; {_KEPT}") from error


class _OnDask(NamedTuple):
    """A lot under way on a Dask cluster, which is not waited for where nobody is left to work."""

    future: Any
    client: Any
    scheduler: str

    def result(self) -> Any:
        while True:
            try:
                return self.future.result(timeout=WAIT)
            except TimeoutError:
                if self.future.done():  # in this very moment, or that is what the lot itself ran into
                    return self.future.result()
                _await_worker(self.client, self.scheduler)


def _await_worker(client: Any, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WAIT)
    except TimeoutError as error:
        said = f"the Dask scheduler at {scheduler} has no worker, and none came within {WAIT:g} s"
        raise Refused(f"{said}; start some with `dask worker {scheduler}`, and run it again") from error


@contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """Leave it to us to say what went wrong."""
    log = logging.getLogger(logger)
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


def _called(task: Callable[..., Any], *given: Any) -> Any:
    """``task`` of ``given``, as a function of our own: Ray takes no other callables."""
    return task(*given)


@contextmanager
def _ray(jobs: int | None, scheduler: str | None) -> Iterator[Pool]:
    ray = _imported("ray", "ray")
    begun = not ray.is_initialized()
    if begun:
        where: dict[str, Any] = {"address": scheduler} if scheduler else {"address": "local", "num_cpus": jobs or cores()}
        try:
            ray.init(**where, include_dashboard=None if scheduler else False, log_to_driver=False, logging_level="error")
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise Refused(f"Ray cannot be reached or started at {scheduler or 'this machine'} ({_line(error)})") from error
    try:
        workers = int(ray.cluster_resources().get("CPU", 1))
        yield Pool(lambda task, *given: ray.remote(max_retries=3)(_called).remote(task, *given).future(), workers)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ExaptError):  # Ray wraps it in the worker's traceback
            raise error.cause from error
        raise
    except ray.exceptions.RayError as error:
        raise Refused(f"the Ray cluster lost workers ({_line(error)}); {_KEPT}") from error
    finally:
        if begun:
            ray.shutdown()


def _imported(name: str, extra: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Refused(f"this needs {name}, which is not installed here; add it: pip install 'exapt[{extra}]'") from error

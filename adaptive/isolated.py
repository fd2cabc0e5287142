"""Every run in a process of its own, with limits: what hangs, eats memory or dies is a failed run, and the race goes on.

A server process loads PyTorch once; for each run it forks a child, which lives under the limits, and sends back what the run
gave. The server ends when the process that started it does, and takes its child with it, so nothing outlives a race that is
killed. Where processes cannot fork, runs happen in the process that asks, without limits.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import json
import math
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptive import guard
from adaptive.journal import Done, pack, unpack
from adaptive.race import Run, as_json, from_json
from adaptive.trial import Job
from kg.errors import ExaptError

MEGABYTE = 1 << 20
PAST = "ran past its limit of"
"""How the note of a run begins that a limit ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may take."""

    seconds: float = 0.0
    """Processor seconds; 0: one minute, and 20 ms for each step."""
    memory: int = 2048
    """Megabytes, beyond what PyTorch and the data of the task take. Kept where the system can limit a process (Linux)."""
    wall: float = 0.0
    """Seconds by the clock; 0: four times as many as of processor time, since others may use the machine."""

    def of(self, jobs: Sequence[Job]) -> tuple[float, float]:
        """Processor and clock seconds for all ``jobs`` together."""
        seconds = sum(self.seconds or 60.0 + job.steps / 50.0 for job in jobs)
        return seconds, self.wall * len(jobs) if self.wall else 4.0 * seconds


def possible() -> bool:
    """Whether this system can run a life in a process of its own."""
    return hasattr(os, "fork") and sys.platform != "win32"


def run(jobs: Sequence[Job], limits: Limits) -> list[Done]:
    """Does ``jobs`` (one, or several as a population) in a process of their own; what goes wrong is noted in their records.

    Raises:
        ExaptError: the server could not be started, or ended.
    """
    if not possible():
        return _here(jobs)
    with _LOCK:
        server = _FREE.pop() if _FREE else None
    if server is None:
        server = _Server()
    try:
        done = server.ask(jobs, limits)
    except BaseException:
        server.close()
        raise
    with _LOCK:
        if server in _ALL:  # Another thread may have closed all of them meanwhile.
            _FREE.append(server)
    return done


def close() -> None:
    """Ends all servers of this process, and whatever they are at."""
    with _LOCK:
        _FREE.clear()
        servers = list(_ALL)
    for server in servers:
        server.close()


_LOCK = threading.Lock()
_FREE: list[_Server] = []
_ALL: list[_Server] = []
atexit.register(close)


class _Server:
    """The asking end."""

    def __init__(self) -> None:
        places = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from adaptive.isolated import serve; serve()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
            env=os.environ | one | {"PYTHONPATH": os.pathsep.join(places)},
        )  # fmt: skip
        with _LOCK:
            _ALL.append(self)

    def ask(self, jobs: Sequence[Job], limits: Limits) -> list[Done]:
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {"jobs": [dataclasses.asdict(job) for job in jobs], "limits": dataclasses.asdict(limits)}
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except (OSError, ValueError):
            answer = b""
        if not answer:
            raise ExaptError(f"the process that does the runs ended: {self._last_words()}")
        return [(from_json(Run, line["run"]), unpack(line["trajectory"])) for line in json.loads(answer)]

    def _last_words(self) -> str:
        if self._said.closed:
            return "it was closed"
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")[:300]

    def close(self) -> None:
        """Its input ends, and with it the server and the run that it is at."""
        with _LOCK:
            if self not in _ALL:
                return
            _ALL.remove(self)
            if self in _FREE:  # A thread was done with it just as all were being closed.
                _FREE.remove(self)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._said.close()


# The serving end.


def serve() -> None:
    """Reads orders from standard input and answers on standard output, until the input ends."""
    import torch

    # What every child would load for itself.
    from adaptive import frame, population, trial  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; who asked ends us in order.
    torch.set_num_threads(1)
    _load_optimizers()
    out = os.dup(1)
    os.dup2(2, 1)
    waiting = b""
    while True:
        line, found, waiting = waiting.partition(b"\n")
        if not found:
            more = os.read(0, 1 << 16)
            if not more:
                return
            waiting = line + more
            continue
        order = json.loads(line)
        answer = _answer([_job(facts) for facts in order["jobs"]], Limits(**order["limits"]))
        with os.fdopen(os.dup(out), "wb") as file:
            file.write(answer + b"\n")


def _load_optimizers() -> None:
    """Has PyTorch load what it loads at the first step of an optimizer, a second's work, once and not in every child.

    No gradient is computed, since that might start threads, which a fork leaves behind.
    """
    import torch

    weights = torch.nn.Parameter(torch.ones(2))
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        weights.grad = torch.zeros(2)
        optimizer = kind([weights], lr=0.1)
        optimizer.step()
        optimizer.zero_grad()


def _job(facts: dict[str, Any]) -> Job:
    """The inverse of ``dataclasses.asdict``, after JSON made lists of tuples."""
    pairs = {name: tuple((key, value) for key, value in facts[name]) for name in ("knobs", "options")}
    return Job(**(facts | pairs))


def _answer(jobs: Sequence[Job], limits: Limits) -> bytes:
    _warm(jobs[0].task)
    seconds, wall = limits.of(jobs)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.setsid()
            _limit(seconds, limits.memory)
            _speak(writing, [_marked(done, limits) for done in _here(jobs, sealed=True)])
        finally:
            os._exit(0)
    os.close(writing)
    try:
        text, late = _listen(reading, time.monotonic() + wall)
    finally:
        os.close(reading)
        # Also what it started itself; a child that has just begun has no group yet.
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
    if not late and text.endswith(b"\n"):
        return text.strip()
    spent = usage.ru_utime + usage.ru_stime
    if late:
        note = f"{PAST} {wall:g} s by the clock"
    elif spent >= seconds or os.waitstatus_to_exitcode(status) == -signal.SIGXCPU:
        note = f"{PAST} {seconds:g} s of processor time"
    else:
        code = os.waitstatus_to_exitcode(status)
        note = f"its process was ended by {signal.Signals(-code).name}" if code < 0 else "its process ended without a result"
    return _lines([failed(job, note, spent) for job in jobs])


def _listen(reading: int, deadline: float) -> tuple[bytes, bool]:
    """What the child says until it ends, and whether that took it too long. Ends this process where its master's has ended."""
    text = b""
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([reading, 0], [], [], left)
        if 0 in ready and not os.read(0, 1):
            raise SystemExit(0)
        if reading in ready:
            more = os.read(reading, 1 << 16)
            if not more:
                return text, False
            text += more
            if text.endswith(b"\n"):
                return text, False
    return text, True


def _limit(seconds: float, memory: int) -> None:
    import resource

    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(quiet, number)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    whole = max(1, math.ceil(seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    pages = Path("/proc/self/statm")
    if pages.exists():
        now = int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + memory * MEGABYTE,) * 2)


def _warm(task: str) -> None:
    """Loads the data of ``task`` once, for all children to come."""
    from kg.plugins import load

    if task not in _WARM:
        _WARM.add(task)
        try:
            next(iter(load("adaptive.tasks", task, kind="task").make(0, steps=1).batches), None)
        except Exception:
            return  # The run will meet it again, and say what it is.


_WARM: set[str] = set()


def _here(jobs: Sequence[Job], *, sealed: bool = False) -> list[Done]:
    from adaptive import population, trial

    if len(jobs) > 1:
        return population.run(jobs)
    done = trial.run(jobs[0], before=guard.seal if sealed else None)
    if guard.seen:
        done = (dataclasses.replace(done[0], value=math.nan, note=guard.PREFIX + guard.seen[0]), done[1])
    return [done]


def _marked(done: Done, limits: Limits) -> Done:
    """Says it in plain words where a run failed for want of memory."""
    note = done[0].note
    if not any(word in note for word in ("MemoryError", "can't allocate memory", "bad_alloc", "Cannot allocate memory")):
        return done
    return dataclasses.replace(done[0], note=f"{PAST} {limits.memory} MB of memory ({note})"[:300]), done[1]


def failed(job: Job, note: str, seconds: float = 0.0) -> Done:
    """The record of a run that gave nothing."""
    import numpy

    run_ = Run(
        task=job.task,
        arm=job.arm,
        phase=job.phase,
        seed=job.seed,
        knobs=job.knobs,
        value=math.nan,
        seconds=seconds,
        note=note,
    )
    return run_, numpy.empty(0)


def _lines(done: Sequence[Done]) -> bytes:
    return json.dumps([{"run": as_json(run_), "trajectory": pack(path)} for run_, path in done], allow_nan=False).encode()


def _speak(writing: int, done: Sequence[Done]) -> None:
    with os.fdopen(writing, "wb") as file:
        file.write(_lines(done) + b"\n")

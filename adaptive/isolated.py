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
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adaptive.journal import Done, unpack
from adaptive.race import Run, from_json
from adaptive.trial import Job
from kg.errors import ExaptError

PAST = "ran past its limit of"
"""How the note of a run begins that a limit ended."""
DIED = "its process"
"""How the note of a run begins whose process came to grief, perhaps by what happened around it: another time it may live."""
FUTILE = 3
NOT_BEGUN, WHY = "not begun", f"{FUTILE} runs of this arm ran past their limits, and none did not"
"""Of an arm like that the other runs are not begun."""


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

    Where a population comes to no good end, each of its jobs is lived alone: one failure is not laid at the door of all.

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
        done = server.ask(jobs, limits) or _apart(server, jobs, limits)
    except BaseException:
        server.close()
        raise
    with _LOCK:
        if server in _ALL:  # Another thread may have closed all of them meanwhile.
            _FREE.append(server)
    return done


def failed(job: Job, note: str, seconds: float = 0.0) -> Done:
    """The record of a run that gave nothing."""
    import numpy

    run_ = Run(
        task=job.task, arm=job.arm, phase=job.phase, seed=job.seed, knobs=job.knobs, value=math.nan, seconds=seconds, note=note
    )  # fmt: skip
    return run_, numpy.empty(0)


def _here(jobs: Sequence[Job]) -> list[Done]:
    from adaptive import population, trial

    if len(jobs) > 1:
        with contextlib.suppress(Exception):
            return population.run(jobs)
    return [trial.run(job) for job in jobs]


def _apart(server: _Server, jobs: Sequence[Job], limits: Limits) -> list[Done]:
    done: list[Done] = []
    for job in jobs:
        if is_futile([run_.note for run_, _ in done]):
            done.append(failed(job, f"{NOT_BEGUN}: {WHY}"))
        else:
            done += server.ask([job], limits)
    return done


def is_futile(notes: Sequence[str]) -> bool:
    """Whether no more runs of an arm are worth their time, by the notes of those so far."""
    begun = [note for note in notes if not note.startswith(NOT_BEGUN)]
    return len(begun) >= FUTILE and all(note.startswith(PAST) for note in begun)


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
            [sys.executable, "-c", "from adaptive.serving import serve; serve()"],
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

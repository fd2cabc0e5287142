"""The serving end of :mod:`adaptive.isolated`: a process that has loaded PyTorch and forks a child for each order.

It reads orders from standard input, one line each, and answers on standard output with what the runs gave; it ends when its input
does. A child lives under the limits that the order names, and says nothing but its result.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import select
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adaptive import guard
from adaptive.isolated import DIED, PAST, Limits, failed
from adaptive.journal import Done, pack
from adaptive.race import as_json
from adaptive.trial import Job

MEGABYTE = 1 << 20


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
            _speak(writing, [_marked(done, limits) for done in _sealed(jobs)])
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
    if len(jobs) > 1:
        return _lines([])  # Who is to blame cannot be told; who asked has each of them live alone.
    spent = usage.ru_utime + usage.ru_stime
    if late:
        note = f"{PAST} {wall:g} s by the clock"
    elif spent >= seconds or os.waitstatus_to_exitcode(status) == -signal.SIGXCPU:
        note = f"{PAST} {seconds:g} s of processor time"
    else:
        code = os.waitstatus_to_exitcode(status)
        note = f"{DIED} was ended by {signal.Signals(-code).name}" if code < 0 else f"{DIED} ended without a result"
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


def _sealed(jobs: Sequence[Job]) -> list[Done]:
    """What a child does; it ends with it. Of a population that fails there is nothing to say."""
    from adaptive import population, trial

    if len(jobs) > 1:
        return population.run(jobs)
    try:
        run_, path = trial.run(jobs[0], before=guard.seal)
    except Exception as error:  # What an arm does wrong is in its record; this came of what lies around it.
        run_, path = failed(jobs[0], " ".join(f"{DIED} met {type(error).__name__}: {error}".split())[:300])
    if guard.seen:
        run_ = dataclasses.replace(run_, value=math.nan, note=guard.PREFIX + guard.seen[0])
    return [(run_, path)]


def _marked(done: Done, limits: Limits) -> Done:
    """Says it in plain words where a run failed for want of memory."""
    note = done[0].note
    if not any(word in note for word in ("MemoryError", "can't allocate memory", "bad_alloc", "Cannot allocate memory")):
        return done
    return dataclasses.replace(done[0], note=f"{PAST} {limits.memory} MB of memory ({note})"[:300]), done[1]


def _lines(done: Sequence[Done]) -> bytes:
    return json.dumps([{"run": as_json(run_), "trajectory": pack(path)} for run_, path in done], allow_nan=False).encode()


def _speak(writing: int, done: Sequence[Done]) -> None:
    with os.fdopen(writing, "wb") as file:
        file.write(_lines(done) + b"\n")

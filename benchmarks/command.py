"""The real command line as a process of its own, with its time and the memory of it and its workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kg.errors import Refused

_EVERY = 0.2
"""Seconds between looks at the memory."""


class Run(NamedTuple):
    seconds: float
    megabytes: float
    """The most that all its processes together had resident at once."""
    output: str


def exapt(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "kg", *map(str, arguments)]


def spent(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds of processor time, user and system, that ``command`` takes to its end: the same however busy the machine is.

    Raises:
        Refused: it fails.
    """
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Refused(f"{' '.join(command)[:200]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def installed(folder: Path) -> dict[str, str]:
    """The environment with all modules compiled once, kept in ``folder``, as they are wherever a package is installed.

    A checkout whose environment forbids Python to keep them would be compiled anew for each question.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder)}


def timed(command: Sequence[str]) -> Run:
    """Run ``command`` to its end.

    Raises:
        Refused: it fails.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    most = 0.0
    while process.poll() is None:
        most = max(most, resident(process.pid))
        time.sleep(_EVERY if time.perf_counter() - start > 2 else 0.01)
    seconds = time.perf_counter() - start
    output, complaint = process.communicate()
    if process.returncode:
        raise Refused(f"{' '.join(command)[:200]} ended with {process.returncode}: {complaint[-300:]}")
    return Run(seconds, most, output)


def session_of(leader: int) -> list[int]:
    """Ids of the living processes in the session that ``leader`` began; none where the system has no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == leader and "\nState:\tZ" not in (entry / "status").read_text():
                found.append(int(entry.name))
        except OSError:
            continue  # it ended meanwhile
    return found


def reckoned(leader: int) -> float:
    """Seconds that the living processes of a session have reckoned, whatever else the machine was busy with."""
    ticks = 0
    for process in session_of(leader):
        try:
            ticks += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]))
        except (OSError, ValueError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def resident(leader: int) -> float:
    """Megabytes that the processes of a session have in memory together, what they share counted for each."""
    pages = 0
    for process in session_of(leader):
        try:
            pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

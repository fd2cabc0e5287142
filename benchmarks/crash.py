"""Is anything lost when an ingest is killed (kill -9) at random points, and does running it again complete it?"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import made_papers
from benchmarks.command import exapt
from kg.errors import StoreError
from kg.store import Store


class Survived(NamedTuple):
    kills: int
    midway: int
    """Kills that left some papers in the store and not all, or all and some of them waiting to be read."""
    lost: int
    """Papers that were in the store before a kill and not after it, or read before and not the same after it."""
    unlike: int
    """Completed stores whose export is not that of an undisturbed run."""


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [("jobs", "kills", "midway", "papers lost", "exports unlike")]
    for jobs in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            done = survive(Path(folder), kills=5 if quick else 50, papers=4000 if quick else 8000, jobs=jobs)
        rows.append((jobs, *done))
    return rows


def survive(folder: Path, *, kills: int, papers: int, jobs: int, seed: int = 0) -> Survived:
    """Kill ``exapt ingest jsonl`` so often, at times that ``seed`` chooses, and see what is left each time."""
    chance = random.Random(seed)
    file = made_papers.write(folder / "papers.jsonl", papers)
    command = ("ingest", "jsonl", file, "--jobs", jobs)
    start = time.perf_counter()
    subprocess.run(exapt("--store", folder / "whole.db", *command), check=True, capture_output=True)
    seconds = time.perf_counter() - start
    wanted = digest(folder / "whole.db")
    store = folder / "killed.db"
    before: dict[str, str] = {}
    midway = lost = unlike = 0
    for kill in range(kills):
        process = subprocess.Popen(
            exapt("--store", store, *command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0.1, 1.0) * seconds)
        late = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        _end_session(process.pid)
        after = kept(store)
        lost += sum(key not in after or (settled(paper) and after[key] != paper) for key, paper in before.items())
        complete = len(after) == papers and all(map(settled, after.values()))
        midway += bool(after) and not complete
        # The first run may have been slower than those that follow, or the machine is busier now: aim anew.
        seconds *= 0.6 if late else 1.0 if after else 1.3
        before = after
        if complete or kill == kills - 1 or chance.random() < 0.2:
            subprocess.run(exapt("--store", store, *command), check=True, capture_output=True)
            unlike += digest(store) != wanted
            for left in folder.glob("killed.db*"):
                left.unlink()
            before = {}
    return Survived(kills, midway, lost, unlike)


def _end_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass


def kept(path: Path) -> dict[str, str]:
    """Each paper of the store with all that is known of it."""
    try:
        with Store.open(path, create=False) as store:
            return {paper.key: repr(paper) for paper in store.papers()}
    except StoreError:
        if path.exists() and path.stat().st_size:
            raise
        return {}  # killed before there was a store


def settled(paper: str) -> bool:
    """Whether a paper of :func:`kept` does not wait to be read."""
    return "label=None" not in paper


def digest(path: Path) -> str:
    """Of the store's export."""
    told = subprocess.run(exapt("--store", path, "export", "jsonl", "-o", "-"), check=True, capture_output=True)
    return hashlib.sha256(told.stdout).hexdigest()

"""Take papers of the corpus in: ``python -m benchmarks.taking_in FILE STORE JOBS PAPERS``; they are looked at, and none is read.

Papers beyond the file are the same again with other titles and ids. A line is written after each tenth: papers, seconds, seconds
of all cores, megabytes.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.command import reckoned, resident
from ingest.pipeline import ingest
from ingest.sources import Line, jsonl
from kg.model import Paper
from kg.store import Store


def replayed(file: Path, papers: int) -> Iterator[Line]:
    """``papers`` papers: those of the file, then the same with other titles and ids, as often as it takes."""
    left = papers
    for turn in itertools.count():
        make = partial(paper, turn=turn)
        for number, line in enumerate(corpus.lines(file), 1):
            if not left:
                return
            left -= 1
            yield Line(line, str(file), number, make)


def paper(record: dict[str, Any], *, turn: int) -> Paper:
    """The paper of ``record``, another one each turn."""
    return jsonl.paper(record | {"id": f"{record['id']}x{turn}", "title": f"{record['title']} ({turn})"} if turn else record)


def main() -> None:
    file, store, jobs, papers = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    start, step, told = time.perf_counter(), max(1, papers // 10), 0

    def tell(done: int, total: int | None, note: str) -> None:
        nonlocal told
        if done // step > told:
            told = done // step
            mine = os.getsid(0)
            seconds = time.perf_counter() - start
            sys.stdout.write(f"{done} {seconds:.3f} {reckoned(mine):.3f} {resident(mine):.0f}\n")
            sys.stdout.flush()

    with Store.open(store) as opened:
        ingest(opened, replayed(file, papers), at_most=0, jobs=jobs, progress=tell)


if __name__ == "__main__":
    from benchmarks import taking_in  # so that workers find functions by their module's name

    taking_in.main()

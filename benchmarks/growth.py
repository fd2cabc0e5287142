"""Does a paper cost the same when the store holds a million? The corpus is replayed with fresh titles and ids."""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

from benchmarks import corpus
from benchmarks.command import timed


def run(*, quick: bool = False, papers: int | None = None) -> list[tuple[object, ...]]:
    papers = papers or (20_000 if quick else 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "grown.db"
        arguments = [str(corpus.path()), str(store), "2", str(papers)]
        done = timed([sys.executable, "-m", "benchmarks.taking_in", *arguments])
        size = store.stat().st_size
    marks = [(0, 0.0, 0.0, 0.0), *(_mark(*line.split()) for line in done.output.splitlines())]
    rows: list[tuple[object, ...]] = [
        ("papers", "microseconds a paper", "of all cores", "cores against the second tenth", "memory, MB")
    ]
    first = 0.0
    for before, after in itertools.pairwise(marks):
        papers_between = after[0] - before[0]
        wall, cores = ((after[place] - before[place]) / papers_between * 1e6 for place in (1, 2))
        first = cores if before[0] and not first else first  # the first tenth has the start in it
        rows.append((after[0], wall, cores, cores / first if first else "", after[3]))
    return [*rows, ("file", f"{size / 1e6:,.0f} MB", f"{size / papers / 1e3:.1f} kB a paper", "", "")]


def _mark(papers: str, seconds: str, reckoned: str, megabytes: str) -> tuple[int, float, float, float]:
    return int(papers), float(seconds), float(reckoned), float(megabytes)

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
    marks = [(0, 0.0, 0.0), *((int(n), float(s), float(m)) for n, s, m in map(str.split, done.output.splitlines()))]
    rows: list[tuple[object, ...]] = [("papers", "microseconds a paper", "against the first", "memory, MB")]
    first = 0.0
    for (n, s, _), (next_n, next_s, megabytes) in itertools.pairwise(marks):
        cost = (next_s - s) / (next_n - n) * 1e6
        first = first or cost
        rows.append((next_n, cost, cost / first, megabytes))
    return [*rows, ("file", f"{size / 1e6:,.0f} MB", f"{size / papers / 1e3:.1f} kB a paper", "")]

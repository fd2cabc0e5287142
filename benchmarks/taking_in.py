"""Take papers of the corpus in: ``python -m benchmarks.taking_in FILE STORE JOBS PAPERS`` reads them by their label alone.

The reader of abstracts looks at the words first and reads few papers further; how many depends on its training. Leaving the
second step out shows what everything around it costs. Papers beyond the file are the same again with other titles and ids.
A line is written after each tenth: papers, seconds, seconds of all cores, megabytes.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import corpus
from benchmarks.command import reckoned, resident
from ingest.extract._label import label_probabilities
from ingest.pipeline import ingest
from ingest.sources.jsonl import paper as paper_of
from kg.model import Paper, Reading
from kg.store import Store


class Look:
    """A reader that stops after the look at the words."""

    __name__ = "look"
    VERSION = "1"

    def read(self, paper: Paper) -> Reading:
        labels = label_probabilities(paper.title, paper.abstract or "")
        label = max(labels, key=lambda name: labels[name])
        return Reading(label=label, label_score=round(labels[label], 4))


LOOK = Look()


def look(paper: Paper) -> Look:
    return LOOK


def replayed(file: Path, papers: int) -> Iterator[Paper]:
    """``papers`` papers: those of the file, then the same with other titles and ids, as often as it takes."""
    left = papers
    for turn in itertools.count():
        for line in corpus.lines(file):
            if not left:
                return
            left -= 1
            record = json.loads(line)
            if turn:
                record |= {"id": f"{record['id']}x{turn}", "title": f"{record['title']} ({turn})"}
            yield paper_of(record)


def main() -> None:
    file, store, jobs, papers = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    start, step = time.perf_counter(), max(1, papers // 10)

    def tell(done: int, total: int | None, note: str) -> None:
        if done % step == 0:
            mine = os.getsid(0)
            seconds = time.perf_counter() - start
            sys.stdout.write(f"{done} {seconds:.3f} {reckoned(mine):.3f} {resident(mine):.0f}\n")
            sys.stdout.flush()

    with Store.open(store) as opened:
        ingest(opened, replayed(file, papers), readers=look, jobs=jobs, progress=tell)


if __name__ == "__main__":
    from benchmarks import taking_in  # so that workers find the reader by its module's name

    taking_in.main()

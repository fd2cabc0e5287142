"""How many papers a second go into a committed store, against one pass of spaCy's blank English pipeline on one core?

Ingesting has two passes, told apart here: taking papers in with a quick look at each, and reading those that look promising.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import corpus
from benchmarks.command import Run, exapt, timed

_SPACY = """
import gzip, json, sys, time
import spacy
with gzip.open(sys.argv[1]) as lines:
    texts = [f"{record['title']}. {record['abstract']}" for record in map(json.loads, lines)]
nlp = spacy.blank("en")
nlp.add_pipe("sentencizer")
start = time.perf_counter()
for _ in nlp.pipe(texts):
    pass
print(time.perf_counter() - start)
"""


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    rounds = 1 if quick else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = corpus.cut(folder / "some.jsonl.gz", 10_000) if quick else corpus.path()
        few = corpus.spread(folder / "few.jsonl.gz", 300 if quick else 3_000)
        papers = {file: sum(1 for _ in corpus.lines(file)) for file in (whole, few)}
        rates: dict[str, list[float]] = {}
        memory: dict[str, float] = {}
        waiting: dict[str, int] = {}

        def note(label: str, file: Path, done: Run) -> None:
            rates.setdefault(label, []).append(papers[file] / done.seconds)
            memory[label] = max(memory.get(label, 0), done.megabytes)
            waiting[label] = json.loads(done.output)["waiting"]

        for turn in range(rounds):
            spacy = float(timed([sys.executable, "-c", _SPACY, str(whole)]).output)
            rates.setdefault("spaCy, one core", []).append(papers[whole] / spacy)
            for jobs in (1, 2):
                store = folder / f"{turn}-{jobs}.db"
                command = exapt("--store", store, "ingest", "jsonl", whole, "--jobs", jobs, "--format", "json")
                note(f"taken in, jobs {jobs}", whole, timed([*command, "--read-later"]))
        for jobs in (1, 2):
            command = exapt("--store", folder / f"few{jobs}.db", "ingest", "jsonl", few, "--jobs", jobs, "--format", "json")
            taken = timed([*command, "--read-later"])
            to_read = json.loads(taken.output)["waiting"]
            read = timed(exapt("--store", folder / f"few{jobs}.db", "read", "--jobs", jobs, "--format", "json"))
            rates[f"read, jobs {jobs}"], memory[f"read, jobs {jobs}"] = [to_read / read.seconds], read.megabytes
            waiting[f"read, jobs {jobs}"] = json.loads(read.output)["waiting"]
            note(f"both, jobs {jobs}", few, Run(taken.seconds + read.seconds, max(taken.megabytes, read.megabytes), read.output))
    base = statistics.median(rates["spaCy, one core"])
    head = ("what", "papers a second (median)", "against spaCy", "left to be read", "most memory, MB")
    return [
        head,
        *(
            (label, statistics.median(r), statistics.median(r) / base, waiting.get(label, ""), memory.get(label, ""))
            for label, r in rates.items()
        ),
    ]

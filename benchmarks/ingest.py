"""How many papers a second go into a committed store, against one pass of spaCy's blank English pipeline on one core?"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import corpus
from benchmarks.command import exapt, timed

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
        whole = corpus.cut(folder / "some.jsonl.gz", 6_000) if quick else corpus.path()
        few = corpus.spread(folder / "few.jsonl.gz", 300 if quick else 3_000)
        papers = {file: sum(1 for _ in corpus.lines(file)) for file in (whole, few)}
        rates: dict[str, list[float]] = {}
        memory: dict[str, float] = {}
        for turn in range(rounds):
            spacy = float(timed([sys.executable, "-c", _SPACY, str(whole)]).output)
            rates.setdefault("spaCy, one core", []).append(papers[whole] / spacy)
            for jobs in (1, 2):
                label = f"words alone, jobs {jobs}"
                arguments = [str(whole), str(folder / f"{turn}-{jobs}.db"), str(jobs), str(papers[whole])]
                done = timed([sys.executable, "-m", "benchmarks.taking_in", *arguments])
                rates.setdefault(label, []).append(papers[whole] / done.seconds)
                memory[label] = max(memory.get(label, 0), done.megabytes)
        for jobs in (1, 2):
            label = f"whole reader, jobs {jobs}"
            done = timed(exapt("--store", folder / f"few{jobs}.db", "ingest", "jsonl", few, "--jobs", jobs))
            rates[label], memory[label] = [papers[few] / done.seconds], done.megabytes
    base = statistics.median(rates["spaCy, one core"])
    head = ("what", "papers a second (median)", "against spaCy", "most memory, MB")
    return [
        head,
        *((label, statistics.median(r), statistics.median(r) / base, memory.get(label, "")) for label, r in rates.items()),
    ]

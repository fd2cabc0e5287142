"""Do questions in anyone's words find mappings that serve what is asked for? And how long does such a question take?"""

from __future__ import annotations

import csv
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.command import exapt, timed
from kg.model import concept_key
from kg.store import Store
from queries.match import Question, matches

FILES = {
    "worked with": "questions.tsv", "held out": "questions_held_out.tsv", "by others": "questions_by_others.tsv",
}  # fmt: skip
FIRST = 5
"""Mappings of an answer that are looked at."""
ASKED = "my network forgets the first task when I train it on the second"


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    """Ask all questions of the atlas; ``EXAPT_EMBED_MODEL`` names a sentence-embedding model to read them with."""
    named = os.environ.get("EXAPT_EMBED_MODEL")
    model = Path(named) if named else None
    rows: list[tuple[object, ...]] = [("questions", "how many", f"of the first {FIRST} right", "with one right at least")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "atlas.db"
        timed(exapt("--store", path, "ingest", "atlas"))
        with Store.open(path, write=False) as store:
            for what, name in FILES.items():
                for style, right in measured(store, Path("tests/queries") / name, model=model).items():
                    found = statistics.mean(n > 0 for n in right)
                    rows.append((f"{what}, {style}", len(right), statistics.mean(right) / FIRST, found))
        rows += _times(path, 3 if quick else 9)
    return rows


def measured(store: Store, questions: Path, *, model: Path | None = None) -> dict[str, list[int]]:
    """By style of question, and for all: how many of the first mappings serve a right function, for each question."""
    served = {mapping.key: set(mapping.functions) for mapping in store.mappings()}
    right: dict[str, list[int]] = defaultdict(list)
    with questions.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            wanted = {concept_key("function", name) for name in row["functions"].split(",")}
            asked = Question.of(store, row["question"], model=model)
            found = matches(store, asked, reach=None, relation=None, limit=FIRST)
            hits = sum(not wanted.isdisjoint(served[match.mapping]) for match in found)
            for style in filter(None, ("all", row.get("style"))):
                right[style].append(hits)
    return right


def _times(path: Path, times: int) -> list[tuple[object, ...]]:
    bare = [timed([sys.executable, "-c", "pass"]).seconds for _ in range(times)]
    whole = [timed(exapt("--store", path, "ask", "analogies", ASKED)).seconds for _ in range(times)]
    shown = (("bare interpreter, ms", bare), ("a question from the shell, ms", whole))
    return [(what, times, 1000 * statistics.median(seconds), "") for what, seconds in shown]

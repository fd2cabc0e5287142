"""How long does a question take from the shell on a large store, against a bare interpreter and the SQL that it asks?"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.command import exapt, timed
from benchmarks.made_graph import MadeGraph
from kg.store import Store

REPLAY = """
import json, sqlite3, sys, time
store = sqlite3.connect(sys.argv[1])
store.execute("PRAGMA cache_size = -65536")
statements = json.load(open(sys.argv[2]))
start = time.perf_counter()
for statement in statements:
    store.execute(statement).fetchall()
print(time.perf_counter() - start)
"""
"""Runs the statements of a question and nothing else; it tells how long that took."""


def questions(graph: MadeGraph) -> dict[str, list[str]]:
    """A question of every kind, of what has many mappings as well as of what has few."""
    mechanism, technique = graph.concept("mechanism", 21), graph.concept("technique", 30)
    return {
        "analogies": ["adaptive replay that protects what was learned"],
        "compare": [mechanism, graph.concept("mechanism", 60)],
        "contradictions": [],
        "contrasts": [],
        "explain": [graph.key(77)],
        "functions": [],
        "gaps": [],
        "layers": [],
        "leaderboard": [],
        "path": [mechanism, technique],
        "related": [graph.paper_key(33)],
        "stats": [],
        "timeline": [mechanism],
        "timeline (all)": [],
        "transfer": [graph.function(2)],
    }


def run(*, quick: bool = False, mappings: int | None = None, store: str | None = None) -> list[tuple[object, ...]]:
    """Measure all questions; a ``store`` that was made before saves the time to make one."""
    graph = MadeGraph(mappings or (20_000 if quick else 1_000_000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(store) if store else made(graph, Path(folder) / "made.db")
        asked = {what: [what.partition(" ")[0], *words] for what, words in questions(graph).items()}
        replayed = {what: traced(path, Path(folder) / f"{number}.json", of) for number, (what, of) in enumerate(asked.items())}
        rows, ratios = [], []
        for what, (question, *words) in asked.items():
            bare, sql, whole = [], [], []
            for _ in range(3 if quick else 7):
                bare.append(timed([sys.executable, "-c", "pass"]).seconds)
                sql.append(float(timed([sys.executable, "-c", REPLAY, str(path), str(replayed[what])]).output))
                whole.append(timed(exapt("--store", path, "ask", question, "--format", "json", "--", *words)).seconds)
            ratio = statistics.median(whole) / (statistics.median(bare) + statistics.median(sql))
            ratios.append(ratio)
            rows.append((what, *(1000 * statistics.median(times) for times in (bare, sql, whole)), ratio))
    head = ("question", "bare interpreter, ms", "its SQL alone, ms", "from the shell, ms", "ratio (at most 3)")
    return [head, *rows, ("median of all", "", "", "", statistics.median(ratios))]


def made(graph: MadeGraph, path: Path) -> Path:
    with Store.open(path) as store:
        store.restore(graph.rows())
    return path


def traced(path: Path, file: Path, asked: list[str]) -> Path:
    """The statements of one question, its values in them, as a file."""
    timed([sys.executable, "-m", "benchmarks.traced", str(path), str(file), json.dumps(asked)])
    return file

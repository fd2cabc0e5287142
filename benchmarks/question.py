"""How much processor time does a question take from the shell on a large store, against a bare interpreter and its SQL alone?"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.command import exapt, installed, spent, timed
from benchmarks.made_graph import MadeGraph
from kg.store import Store

REPLAY = """
import json, resource, sqlite3, sys
store = sqlite3.connect(sys.argv[1], cached_statements=256)
store.execute("PRAGMA cache_size = -65536")
store.execute("PRAGMA temp_store = MEMORY")
def now():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
statements = json.load(open(sys.argv[2]))
start = now()
for statement, values, rows in statements:
    found = store.execute(statement, values)
    found.fetchall() if rows is None else found.fetchmany(max(rows, 1))
print(now() - start)
"""
"""Runs the statements of a question, reads the rows that it reads, and nothing else; it tells what that took."""


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
        path, compiled = Path(store) if store else made(graph, Path(folder) / "made.db"), installed(Path(folder) / "compiled")
        asked = {what: [what.partition(" ")[0], *words] for what, words in questions(graph).items()}
        replayed = {what: traced(path, Path(folder) / f"{number}.json", of) for number, (what, of) in enumerate(asked.items())}
        rows, ratios = [], []
        for what, (question, *words) in asked.items():
            bare, sql, whole = [], [], []
            command = exapt("--store", path, "ask", question, "--format", "json", "--", *words)
            spent(command, compiled)  # the first time compiles
            for _ in range(3 if quick else 7):
                bare.append(spent([sys.executable, "-c", "pass"], compiled))
                sql.append(replay(path, replayed[what], compiled))
                whole.append(spent(command, compiled))
            ratio = statistics.median(whole) / (statistics.median(bare) + statistics.median(sql))
            ratios.append(ratio)
            rows.append((what, *(1000 * statistics.median(times) for times in (bare, sql, whole)), ratio))
    head = ("question", "bare interpreter, ms", "its SQL alone, ms", "from the shell, ms", "ratio (at most 3)")
    return [head, *rows, ("median of all", "", "", "", statistics.median(ratios))]


def made(graph: MadeGraph, path: Path) -> Path:
    with Store.open(path) as store:
        store.restore(graph.rows())
    return path


def replay(path: Path, statements: Path, environment: Mapping[str, str]) -> float:
    """Seconds of processor time that the statements of a question take by themselves."""
    command = [sys.executable, "-c", REPLAY, str(path), str(statements)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def traced(path: Path, file: Path, asked: list[str]) -> Path:
    """The statements of one question, their values, and how many rows it reads of each, as a file."""
    timed([sys.executable, "-m", "benchmarks.traced", str(path), str(file), json.dumps(asked)])
    return file

"""How fast is a push to Neo4j, against a bare loop of the driver that sends the same rows to the same server?"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import made_graph
from kg.errors import Refused
from kg.mirror.layout import LABELS, OURS, SHORT, Link, Node
from kg.mirror.nodes import nodes
from kg.mirror.push import ROWS, prepare, push
from kg.mirror.server import Server
from kg.mirror.wipe import wipe
from kg.store import Store

Rows = list[tuple[str, list[list[object]]]]
"""Statements, each with all the rows that it is to be run for."""


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    mappings, rounds = (2_000, 1) if quick else (20_000, 3)
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as neo4j, Store.open(Path(folder) / "made.db") as store:
        store.restore(made_graph.rows(mappings))
        found = _nodes(store)
        statements = _statements(found)
        rows = len(found) + sum(len(node.links) for node in found)
        del found
        rates: dict[str, list[float]] = defaultdict(list)
        push(store, neo4j)  # warms the server up
        for turn in range(rounds):
            # The first of a pair finds the server in another state than the second, so they take turns.
            for what in ("push", "bare loop")[:: 1 if turn % 2 else -1]:
                wipe(neo4j)
                prepare(neo4j)
                start = time.perf_counter()
                if what == "push":
                    push(store, neo4j)
                else:
                    _bare(neo4j, statements)
                rates[what].append(rows / (time.perf_counter() - start))
        push(store, neo4j, everything=True)
        start = time.perf_counter()
        push(store, neo4j)
        rates["push where nothing changed"].append(rows / (time.perf_counter() - start))
    base = statistics.median(rates["bare loop"])
    head = ("what", "nodes and relationships", "a second (median)", "against the bare loop")
    lines = [(what, rows, statistics.median(found), statistics.median(found) / base) for what, found in rates.items()]
    return [head, *lines, ("most memory of this process, MB", "", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, "")]


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """The server that NEO4J_URI names, which must hold no graph of ours, else one of the shared data, else none."""
    script = Path(os.environ.get("EXAPT_SHARED") or "../shared") / "neo4j" / "server"
    found, home = dict(os.environ), ""
    if "NEO4J_URI" not in found:
        if not script.exists():
            raise Refused(
                "no Neo4j to measure on: set NEO4J_URI and NEO4J_PASSWORD, or EXAPT_SHARED to the folder of shared data"
            )
        home = str(folder / "neo4j")
        said = subprocess.run([script, "start", home], capture_output=True, text=True, check=True).stdout
        found |= dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    try:
        with Server(
            found["NEO4J_URI"], username=found.get("NEO4J_USERNAME", "neo4j"), password=found.get("NEO4J_PASSWORD", "")
        ) as neo4j:
            if neo4j.run("MATCH (p:Push) WHERE p.exapt IS NOT NULL RETURN p LIMIT 1"):
                raise Refused("the Neo4j of NEO4J_URI holds a graph, which measuring would replace; use an empty one")
            yield neo4j
            if not home:
                wipe(neo4j)
    finally:
        if home:
            subprocess.run([script, "stop", home], check=False)


def _nodes(store: Store) -> list[Node]:
    with store.snapshot() as database:
        return [node for label in LABELS for node in nodes(database, label)]


def _statements(found: list[Node]) -> Rows:
    """What someone would write who had all rows in memory: a MERGE by label, then one by kind of relationship."""
    by_label: dict[str, list[list[object]]] = defaultdict(list)
    by_kind: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
    for node in found:
        by_label[node.end.label].append([node.end.exapt, node.properties])
        for link in node.links:
            by_kind[link.type, link.source.label, link.target.label].append(link)
    rows: Rows = [
        (f"UNWIND $rows AS row MERGE (n:{label} {{exapt: row[0]}}) SET n += row[1]", values) for label, values in by_label.items()
    ]
    for (kind, source, target), links in by_kind.items():
        match = f"UNWIND $rows AS row MATCH (a:{source} {{exapt: row[0]}}) MATCH (b:{target} {{exapt: row[1]}})"
        mark, rest = ("{mapping: row[2].mapping}", " SET r += row[2]") if kind in SHORT else (OURS, "")
        merge = f"{match} MERGE (a)-[r:{kind} {mark}]->(b){rest}"
        rows.append((merge, [[link.source.exapt, link.target.exapt, link.properties] for link in links]))
    return rows


def _bare(neo4j: Server, statements: Rows) -> None:
    for statement, rows in statements:
        for start in range(0, len(rows), ROWS):
            neo4j.write(lambda transaction: _run(transaction, statement, rows[start : start + ROWS]))  # noqa: B023  # run at once


def _run(transaction: Any, statement: str, rows: list[list[object]]) -> None:
    transaction.run(statement, rows=rows).consume()

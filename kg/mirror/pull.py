"""Make a store of the graph that Neo4j holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kg.errors import Refused
from kg.mirror.properties import row_of
from kg.mirror.push import Progress
from kg.mirror.server import Server
from kg.store import Store

Row = dict[str, Any]
CONCEPTS = ("Function", "Family", "Mechanism", "Technique")


def check(server: Server) -> None:
    """Whether there is a whole graph to pull.

    Raises:
        Refused: there is none, or the push that wrote it did not come to its end.
    """
    (state,) = server.run(
        "OPTIONAL MATCH (p:Push) WHERE p.exapt IS NOT NULL"
        " RETURN count(p) AS pushes, coalesce(max(p.state = 'running'), false) AS running"
    )
    if not state["pushes"]:
        raise Refused(f"{server.uri} holds no graph of exapt; send one there: exapt neo4j push")
    if state["running"]:
        raise Refused(f"{server.uri} holds part of a graph: a push was stopped; let it finish first: exapt neo4j push")


def pull(store: Store, server: Server, *, progress: Progress | None = None) -> int:
    """Fill ``store``, which is empty, with all records of the graph in ``server``; how many.

    Raises:
        Refused: the store is not empty, or there is no whole graph.
    """
    check(server)
    return store.restore(counted(rows(server), progress))


def counted(rows: Iterator[Row], progress: Progress | None) -> Iterator[Row]:
    """``rows``, told of as they pass."""
    for number, row in enumerate(rows, 1):
        if progress and number % 500 == 0:
            progress(number, None, str(row["type"]))
        yield row


def rows(server: Server) -> Iterator[Row]:
    """All records, in the order in which a store takes them."""
    yield from records(server, "Paper", "paper")
    for label in CONCEPTS:
        yield from records(server, label, "concept")
    yield from merged_records(server, "concept")
    yield from records(server, "Mapping", "mapping")
    yield from merged_records(server, "mapping")
    yield from records(server, "Evidence", "evidence")
    yield from by_hand(server)
    yield from records(server, "Decision", "decision")
    yield from records(server, "Result", "result")


def each_node(server: Server, label: str) -> Iterator[Row]:
    """Properties of all our nodes of ``label``, streamed."""
    # Labels are words of this program's own.
    for (properties,) in server.each(f"MATCH (n:{label}) WHERE n.exapt IS NOT NULL RETURN properties(n)"):
        yield properties


def records(server: Server, label: str, kind: str) -> Iterator[Row]:
    """The records that nodes of ``label`` hold, as rows of an export."""
    for node in each_node(server, label):
        row = row_of(label, node)
        if row is not None:
            yield {"type": kind, **row}


def merged_records(server: Server, kind: str) -> Iterator[Row]:
    """The records of concepts, or of mappings, that others are shown for."""
    for node in each_node(server, "Merged"):
        if (node["kind"] == "mapping") == (kind == "mapping"):
            yield {"type": kind, **json.loads(node["record"])}


def by_hand(server: Server) -> Iterator[Row]:
    """The merges and renames of curators."""
    for node in each_node(server, "Merged"):
        if node["kind"] != "mapping":
            yield {
                "type": "merge", "source": node["key"], "target": node["merged_into"], "by": node.get("merged_by", ""),
            }  # fmt: skip
    for label in (*CONCEPTS, "Merged"):
        for node in each_node(server, label):
            if "renamed_to" in node:
                yield {"type": "rename", "concept": node["key"], "name": node["renamed_to"], "by": node.get("renamed_by", "")}

"""What a push would do: how the graph in Neo4j differs from the store."""

from __future__ import annotations

from typing import NamedTuple

from kg.mirror.known import Known
from kg.mirror.layout import LABELS
from kg.mirror.nodes import nodes
from kg.mirror.push import Progress
from kg.mirror.server import Server
from kg.store import Store


class Counts(NamedTuple):
    """Nodes of one label."""

    here: int = 0
    there: int = 0
    new: int = 0
    """In the store alone."""
    changed: int = 0
    gone: int = 0
    """In Neo4j alone."""


def compare(store: Store, server: Server, *, progress: Progress | None = None) -> tuple[dict[str, Counts], str]:
    """Counts by label, and what is known of the last push in words. Changes nothing."""
    found: dict[str, Counts] = {}
    with store.snapshot() as database, Known(server) as known:
        for label in LABELS:
            there = known.read(label)
            new = changed = same = 0
            for node in nodes(database, label):
                digest = known.take(label, node.end.exapt)
                new += digest is None
                same += digest == node.properties["digest"]
                changed += digest not in (None, node.properties["digest"])
                if progress:
                    progress(sum(one.here for one in found.values()) + new + changed + same, None, label.lower())
            found[label] = Counts(new + changed + same, there, new, changed, there - changed - same)
    return found, _last_push(server)


def _last_push(server: Server) -> str:
    rows = server.run(
        "MATCH (p:Push) WHERE p.exapt IS NOT NULL"
        " RETURN p.number AS number, p.state AS state, toString(p.at) AS at ORDER BY number DESC LIMIT 1"
    )
    if not rows:
        return "nothing was pushed there yet"
    (row,) = rows
    if row["state"] != "complete":
        return f"push {row['number']}, begun {row['at']}, was stopped; `exapt neo4j push` goes on from there"
    return f"push {row['number']} was complete {row['at'] or 'when it was imported'}"

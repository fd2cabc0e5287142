"""Take our graph out of Neo4j, and nothing else."""

from __future__ import annotations

from kg.mirror.layout import LOOKED_UP, PROPERTIES
from kg.mirror.push import Progress
from kg.mirror.server import Server

_LOT = 10_000


def wipe(server: Server, *, progress: Progress | None = None) -> int:
    """Remove all our nodes with their relationships, a lot a transaction, then our constraints and indexes; how many nodes.

    Relationships that others have drawn from their nodes to ours go too; their nodes stay.
    """
    gone = 0
    # The log of pushes goes last: until then, a graph that is half gone is known as such.
    for label in PROPERTIES:
        server.run("MATCH (p:Push) WHERE p.exapt IS NOT NULL SET p.state = 'running'")
        while (found := _lot(server, label)) > 0:
            gone += found
            if progress:
                progress(gone, None, label.lower())
    for label in PROPERTIES:
        server.run(f"DROP CONSTRAINT exapt_{label.lower()} IF EXISTS")
    for label, name in LOOKED_UP:
        server.run(f"DROP INDEX exapt_{label.lower()}_{name} IF EXISTS")
    return gone


def _lot(server: Server, label: str) -> int:
    (row,) = server.run(
        f"MATCH (n:{label}) WHERE n.exapt IS NOT NULL WITH n LIMIT $lot DETACH DELETE n RETURN count(n) AS gone", {"lot": _LOT}
    )
    return int(row["gone"])

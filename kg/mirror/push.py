"""Send to Neo4j what is new or changed in the store, and take away what is gone from it.

A node and its relationships are written in one transaction, together with the digest of what they say. So whatever stops a push,
each node is there whole or not at all, and the next push sends just the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kg.database import Database
from kg.mirror.known import Known
from kg.mirror.layout import LABELS, LAYOUT, LEAVING, LOOKED_UP, OURS, PROPERTIES, SAID, SHORT, Link, Node
from kg.mirror.nodes import nodes
from kg.mirror.pipeline import Pipeline
from kg.mirror.server import Row, Server
from kg.store import Store

ROWS = 5000
"""Nodes in one transaction, at most."""
LETTERS = 4_000_000
"""About so many characters in one transaction, so that long texts need little memory too."""
Progress = Callable[[int, int | None, str], None]


class Pushed(NamedTuple):
    """How many nodes a push sent and took away."""

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    relationships: int = 0


class Lot(NamedTuple):
    """Nodes of one label that are sent together."""

    label: str
    new: list[Node]
    changed: list[Node]


def push(store: Store, server: Server, *, everything: bool = False, progress: Progress | None = None) -> Pushed:
    """Make the graph in ``server`` what ``store`` holds.

    Args:
        everything: whether to send nodes that are there already too, which mends what was changed in Neo4j by hand.
        progress: called with nodes done, all nodes, and a note.

    Raises:
        StoreError: the server is gone; what was sent stays, and the next push sends the rest.
    """
    prepare(server)
    log = _Log(server)
    counts: dict[str, int] = defaultdict(int)
    total = sum(_size(store.counts()))
    with store.snapshot() as database, Known(server) as known, Pipeline() as pipeline:
        for label in LABELS:
            for lot in _lots(database, known, label, everything, counts):
                pipeline.put(lambda lot=lot: log.send(lot))  # type: ignore[misc]
                counts["relationships"] += sum(len(node.links) for node in (*lot.new, *lot.changed))
                if progress:
                    progress(counts["new"] + counts["changed"] + counts["same"], total, label.lower())
        pipeline.drain()
        # The other way round, so that a mapping can still find its short relationship.
        for label in reversed(LABELS):
            for marks in known.left(label):
                log.remove(label, marks)
                counts["gone"] += len(marks)
        pushed = Pushed(**counts)
        log.complete(pushed)
    return pushed


def _size(counts: dict[str, int]) -> Iterator[int]:
    return (counts[name] for name in ("papers", "race_notes", "concepts", "mappings", "evidence", "results"))


def prepare(server: Server) -> None:
    """Make the constraints, which are what finds our nodes quickly and keeps each of them one."""
    for label in PROPERTIES:
        # Labels are words of this program's own.
        name = f"exapt_{label.lower()}"
        server.run(f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.exapt IS UNIQUE")
    for label, name in LOOKED_UP:
        server.run(f"CREATE INDEX exapt_{label.lower()}_{name} IF NOT EXISTS FOR (n:{label}) ON (n.{name})")
    server.run("CALL db.awaitIndexes(300)")


def _lots(database: Database, known: Known, label: str, everything: bool, counts: dict[str, int]) -> Iterator[Lot]:
    known.read(label)
    lot, letters = Lot(label, [], []), 0
    for node in nodes(database, label):
        digest = known.take(label, node.end.exapt)
        if digest == node.properties["digest"] and not everything:
            counts["same"] += 1
            continue
        there = digest is not None
        counts["changed" if there else "new"] += 1
        (lot.changed if there else lot.new).append(node)
        letters += sum(map(_letters, node.properties.values()))
        if len(lot.new) + len(lot.changed) >= ROWS or letters >= LETTERS:
            yield lot
            lot, letters = Lot(label, [], []), 0
    if lot.new or lot.changed:
        yield lot


def _letters(value: object) -> int:
    return len(value) if isinstance(value, str) else sum(map(len, value)) if isinstance(value, list) else 0


class _Log:
    """The (:Push) that a push is noted as, begun with the first thing sent, and all that is written under its number."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._number: int | None = None
        (last,) = server.run(
            "OPTIONAL MATCH (p:Push) WHERE p.exapt IS NOT NULL WITH p ORDER BY p.number DESC LIMIT 1"
            " RETURN p IS NOT NULL AS there, coalesce(p.layout, 1) AS layout"
        )
        self._before = int(last["layout"]) if last["there"] else LAYOUT

    def number(self) -> int:
        """Of the push that was stopped before its end, else the next one."""
        if self._number is None:
            (row,) = self._server.run(
                "OPTIONAL MATCH (p:Push) WHERE p.exapt IS NOT NULL"
                " WITH coalesce(max(p.number), 0) AS last,"
                " coalesce(max(CASE p.state WHEN 'running' THEN p.number END), 0) AS stopped"
                " WITH CASE stopped WHEN 0 THEN last + 1 ELSE stopped END AS number"
                " MERGE (p:Push {exapt: 'push:' + number})"
                " SET p.number = number, p.name = 'push ' + number, p.state = 'running', p.at = datetime(), p.layout = $before"
                " RETURN number",
                {"before": self._before},
            )
            self._number = int(row["number"])
        return self._number

    def send(self, lot: Lot) -> None:
        number = self.number()
        marked = self._before >= 2
        self._server.write(lambda transaction: _write(transaction, lot, number, marked=marked))

    def remove(self, label: str, marks: list[str]) -> None:
        self.number()
        self._server.write(lambda transaction: _remove(transaction, label, marks))

    def complete(self, pushed: Pushed) -> None:
        if self._number is None and self._before == LAYOUT:
            (row,) = self._server.run(
                "OPTIONAL MATCH (p:Push {state: 'running'}) WHERE p.exapt IS NOT NULL RETURN p IS NOT NULL AS stopped"
            )
            if not row["stopped"]:
                return
        parameters: Row = {"number": self.number(), "new": pushed.new, "changed": pushed.changed, "gone": pushed.gone}
        parameters["layout"] = LAYOUT
        self._server.run(
            "MATCH (p:Push {exapt: 'push:' + $number}) SET p.state = 'complete', p.at = datetime(), p.layout = $layout,"
            " p.new = coalesce(p.new, 0) + $new, p.changed = coalesce(p.changed, 0) + $changed,"
            " p.gone = coalesce(p.gone, 0) + $gone",
            parameters,
        )


def _write(transaction: Any, lot: Lot, number: int, *, marked: bool) -> None:
    label = lot.label
    if lot.changed:
        for kind in LEAVING[label]:
            ours = f"r.exapt OR {SAID[kind]}" if not marked else "r.exapt"
            transaction.run(
                f"UNWIND $rows AS row MATCH (a:{label} {{exapt: row}})-[r:{kind}]->(to)"
                f" WHERE to.exapt IS NOT NULL AND ({ours}) DELETE r",
                rows=[node.end.exapt for node in lot.changed],
            ).consume()
        # What the node does not say any more is set to null; what others have noted on it stays.
        nothing = dict.fromkeys(PROPERTIES[label])
        rows = [[node.end.exapt, nothing | node.properties] for node in lot.changed]
        transaction.run(_upsert(label), rows=rows, push=number).consume()
    if lot.new:
        rows = [[node.end.exapt, node.properties] for node in lot.new]
        transaction.run(_upsert(label), rows=rows, push=number).consume()
    for (kind, source, target), links in _by_kind(lot).items():
        mark, properties = ("{mapping: row[2].mapping}", " SET r += row[2]") if kind in SHORT else (OURS, "")
        # One of the same label may come later: it is made here, and filled when its turn comes.
        find = "MATCH" if LABELS.index(target) < LABELS.index(label) else "MERGE"
        transaction.run(
            f"UNWIND $rows AS row MATCH (a:{source} {{exapt: row[0]}}) {find} (b:{target} {{exapt: row[1]}})"
            f" MERGE (a)-[r:{kind} {mark}]->(b){properties}",
            rows=[_ends(link) for link in links],
        ).consume()


def _upsert(label: str) -> str:
    return f"UNWIND $rows AS row MERGE (n:{label} {{exapt: row[0]}}) SET n += row[1], n.push = $push"


def _by_kind(lot: Lot) -> dict[tuple[str, str, str], list[Link]]:
    found: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
    for node in (*lot.changed, *lot.new):
        for link in node.links:
            found[link.type, link.source.label, link.target.label].append(link)
    return found


def _ends(link: Link) -> list[object]:
    ends: list[object] = [link.source.exapt, link.target.exapt]
    return [*ends, link.properties] if link.properties else ends


def _remove(transaction: Any, label: str, marks: list[str]) -> None:
    if label == "Mapping":
        transaction.run(
            f"UNWIND $marks AS mark MATCH (:Mapping {{exapt: mark}})-[:FROM {OURS}]->()-[r:{'|'.join(SHORT)}]->()"
            " WHERE r.mapping = mark DELETE r",
            marks=marks,
        ).consume()
    transaction.run(f"UNWIND $marks AS mark MATCH (n:{label} {{exapt: mark}}) DETACH DELETE n", marks=marks).consume()

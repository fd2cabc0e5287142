"""The graph as a script of Cypher: the same that a push sends, for an empty database, one statement a line.

Run it with ``cypher-shell -f graph.cypher``, or paste it into Neo4j Browser where it is short. A push afterwards finds all as it
is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from kg.mirror.layout import LABELS, OURS, PROPERTIES, SHORT, Link
from kg.mirror.nodes import nodes
from kg.mirror.properties import GraphDigest
from kg.store import Store

DESCRIPTION = "a script of Cypher statements for an empty Neo4j database"
SUFFIX = ".cypher"
_ROWS, _LETTERS = 100, 100_000
"""In one statement: a server takes long to read larger ones."""
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile("[\\\\'\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def write(store: Store, out: BinaryIO) -> int:
    """Write the script to ``out``; the number of nodes and relationships."""
    rows, graph = 0, GraphDigest()
    with store.snapshot() as database:
        for label in LABELS:
            found = (graph.seen(node) for node in nodes(database, label))
            literals = (literal({**node.properties, "push": 1}) for node in found)
            for count, listed in _lists(literals):
                if not rows:
                    out.writelines(f"{line}\n".encode() for line in _CONSTRAINTS)
                rows += count
                out.write(f"UNWIND {listed} AS row CREATE (n:{label}) SET n = row;\n".encode())
        # Relationships come after all nodes, so the store is gone through once more rather than held.
        for label in LABELS:
            for (kind, source, target), links in _by_kind(link for node in nodes(database, label) for link in node.links):
                mark, properties = ("", " SET r = row[2]") if kind in SHORT else (f" {OURS}", "")
                for count, listed in _lists(map(_ends, links)):
                    rows += count
                    out.write(
                        f"UNWIND {listed} AS row MATCH (a:{source} {{exapt: row[0]}}) MATCH (b:{target} {{exapt: row[1]}})"
                        f" CREATE (a)-[r:{kind}{mark}]->(b){properties};\n".encode()
                    )
    if rows:
        out.write(f"CREATE (n:Push) SET n = {literal(graph.push())};\n".encode())
    return rows


_CONSTRAINTS = [
    f"CREATE CONSTRAINT exapt_{label.lower()} IF NOT EXISTS FOR (n:{label}) REQUIRE n.exapt IS UNIQUE;" for label in PROPERTIES
]


def _lists(literals: Iterable[str]) -> Iterator[tuple[int, str]]:
    """``literals`` as lists of literals, each short enough for a statement, with the number of their items."""
    lot: list[str] = []
    letters = 0
    for one in literals:
        lot.append(one)
        letters += len(one)
        if len(lot) >= _ROWS or letters >= _LETTERS:
            yield len(lot), f"[{', '.join(lot)}]"
            lot, letters = [], 0
    if lot:
        yield len(lot), f"[{', '.join(lot)}]"


def _by_kind(links: Iterable[Link]) -> Iterator[tuple[tuple[str, str, str], list[Link]]]:
    """``links`` by type and labels, some hundred of each at a time."""
    waiting: dict[tuple[str, str, str], list[Link]] = {}
    for link in links:
        kind = link.type, link.source.label, link.target.label
        waiting.setdefault(kind, []).append(link)
        if len(waiting[kind]) >= _ROWS:
            yield kind, waiting.pop(kind)
    yield from sorted(waiting.items())


def _ends(link: Link) -> str:
    return literal([link.source.exapt, link.target.exapt, *([link.properties] if link.properties else [])])


def literal(value: object) -> str:
    """``value`` as Cypher has it; text is never anything but text there."""
    if isinstance(value, str):
        return f"'{_SPECIAL.sub(_escaped, value)}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        # Names of properties are this program's own; some are words of Cypher.
        return "{" + ", ".join(f"`{name}`: {literal(one)}" for name, one in value.items()) + "}"
    assert isinstance(value, list)
    return f"[{', '.join(map(literal, value))}]"


def _escaped(found: re.Match[str]) -> str:
    letter = found.group()
    return _ESCAPES.get(letter) or f"\\u{ord(letter):04x}"

"""One record of Neo4j by whatever a person calls it, or those that fit a filter, as the properties of their nodes."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Given
from typing import Any, LiteralString

from kg.errors import NotFound
from kg.mappings import START, only, unknown
from kg.mirror.layout import mark
from kg.mirror.server import Server
from kg.mirror.shown import outside_ids
from kg.model import title_key
from kg.papers import TITLE, outside_name

Properties = dict[str, Any]
_EXACT: LiteralString = (
    "MATCH (m:Mapping {exapt: $key}) RETURN m.key AS key"
    " UNION MATCH (:Merged {exapt: $key})-[:MERGED_INTO {exapt: true}]->(m:Mapping) WHERE m.exapt IS NOT NULL RETURN m.key AS key"
)
MERGED: LiteralString = "MATCH (:Merged {exapt: $mark})-[:MERGED_INTO {exapt: true}]->(c) WHERE c.exapt IS NOT NULL RETURN"
"""Begins a statement of the concept that is shown for another."""
_STARTING: LiteralString = (
    "MATCH (m:Mapping) WHERE m.exapt STARTS WITH $key RETURN m.key AS key ORDER BY key LIMIT 6"
    " UNION MATCH (x:Merged)-[:MERGED_INTO {exapt: true}]->(m:Mapping) WHERE x.exapt STARTS WITH $key AND m.exapt IS NOT NULL"
    " RETURN m.key AS key"
)
_NEAR: LiteralString = "MATCH (m:Mapping) WHERE m.exapt STARTS WITH $start RETURN m.key AS key ORDER BY key LIMIT 3"
_ENDS: dict[str, LiteralString] = {
    "mechanism": " MATCH (m)-[:FROM {exapt: true}]->(:Mechanism {exapt: $mechanism})",
    "technique": " MATCH (m)-[:TO {exapt: true}]->(:Technique {exapt: $technique})",
    "function": " MATCH (m)-[:SERVES {exapt: true}]->(:Function {exapt: $function})",
}
_RESULT: dict[str, LiteralString] = {
    "race": " AND r.race = $race",
    "prototype": " AND r.prototype = $prototype",
    "arm": " AND r.arm = $arm",
    "shown": " AND r.shown = $shown",
}


def paper_node(server: Server, key: str) -> Properties:
    """The paper of this key, outside id or title key.

    Raises:
        NotFound: there is none.
    """
    for name in dict.fromkeys((key, outside_name(key))):
        if node := _paper(server, name):
            return node
    scheme, colon, value = outside_name(key).partition(":")
    found: list[str] = []
    if colon and scheme == TITLE.rstrip(":"):
        rows = server.each("MATCH (p:Paper) WHERE p.exapt IS NOT NULL RETURN p.key, p.title")
        found = [its_key for its_key, title in rows if title_key(title) == key]
    elif colon and value:
        rows = server.each(
            "MATCH (p:Paper) WHERE p.exapt IS NOT NULL AND p.ids CONTAINS $value RETURN properties(p)", {"value": value}
        )
        found = [node["key"] for (node,) in rows if [scheme, value] in outside_ids(node)]
    if not found:
        raise NotFound("paper", key, hint="a key looks like arxiv:2205.08645, doi:10.1000/x or title:0123456789abcdef")
    node = _paper(server, min(found))
    assert node is not None
    return node


def _paper(server: Server, key: str) -> Properties | None:
    rows = server.run("MATCH (p:Paper {exapt: $mark}) RETURN properties(p) AS p", {"mark": mark(key)})
    return dict(rows[0]["p"]) if rows else None


def shown(server: Server, key: str) -> str:
    """The key that the mapping of this key, or of the one key that starts so, is shown under.

    Raises:
        NotFound: there is none.
        Refused: several keys start so.
    """
    found = [row["key"] for row in server.run(_EXACT, {"key": key})]
    if not found and START.fullmatch(key):
        found = sorted(row["key"] for row in server.run(_STARTING, {"key": key}))
    if found:
        return only(key, found[:6])
    raise unknown(key, [row["key"] for row in server.run(_NEAR, {"start": key[:4]})])


def mapping_nodes(server: Server, relation: str | None, ends: Given[str, str]) -> Iterator[Properties]:
    """Mappings of this relation that lead from, lead to and serve the concepts of ``ends``: "mechanism", "technique" or
    "function" to the key that is shown."""
    match: LiteralString = "MATCH (m:Mapping)"
    for name in ends:
        match += _ENDS[name]
    match += " WHERE m.exapt IS NOT NULL"
    if relation is not None:
        match += " AND m.relation = $relation"
    given: dict[str, object] = {"relation": relation, **{name: mark(key) for name, key in ends.items()}}
    for (node,) in server.each(f"{match} RETURN properties(m)", given):
        yield node


def result_nodes(server: Server, wanted: Given[str, str | None]) -> Iterator[Properties]:
    """Results whose "race", "prototype", "arm" and mapping that is "shown" are as ``wanted``; ``None`` takes any."""
    match: LiteralString = "MATCH (r:Result) WHERE r.exapt IS NOT NULL"
    for name, value in wanted.items():
        if value is not None:
            match += _RESULT[name]
    for (node,) in server.each(f"{match} RETURN properties(r)", wanted):
        yield node

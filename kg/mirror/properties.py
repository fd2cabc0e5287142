"""Between the records of :mod:`kg.model` and the properties of a node."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from kg.decisions import Decision
from kg.export import plain, plain_value
from kg.mirror.layout import LAYOUT, PROPERTIES, End, Link, Node
from kg.model import Concept, Evidence, Mapping, Paper, Result, sha256
from kg.rows import json_text

Properties = dict[str, object]
NAME = 100
"""Characters of a name that is made of a title or quote."""
_RECORDS: dict[str, Any] = {
    **dict.fromkeys(("Function", "Family", "Mechanism", "Technique"), Concept),
    **{"Paper": Paper, "Mapping": Mapping, "Evidence": Evidence, "Result": Result, "Decision": Decision},
}
_FIELDS = {
    label: tuple((field.name, PROPERTIES[label][field.name]) for field in dataclasses.fields(record))
    for label, record in _RECORDS.items()
}
_EMPTY = (None, "", ())


def fields(label: str, record: Any) -> Properties:
    """The fields of ``record`` that are not empty, as a node has them."""
    found: Properties = {}
    for name, kind in _FIELDS[label]:
        value = getattr(record, name)
        if value in _EMPTY:
            continue
        if kind == "json":
            value = json_text(plain_value(value, exact=True))
        elif kind == "string[]":
            if "" in value:  # no list of a comma-separated file can hold just that
                found["record"] = stored(record)
            value = [text for text in value if text]
        if value != []:
            found[name] = value
    return found


def stored(record: Any) -> str:
    """``record`` whole, as JSON."""
    return json_text(plain(record, exact=True))


def row_of(label: str, properties: dict[str, Any]) -> dict[str, Any] | None:
    """The record that a node holds, as :func:`kg.export.rows` has it but with exact numbers; ``None`` where it holds none."""
    also = {"also_from": properties["also_from"]} if "also_from" in properties else {}
    if "record" in properties:
        found: dict[str, Any] | None = json.loads(properties["record"])
        return found if found is None else found | also
    there = ((name, kind, properties[name]) for name, kind in _FIELDS[label] if name in properties)
    return {name: json.loads(value) if kind == "json" else value for name, kind, value in there} | also


def node(end: End, properties: Properties, links: Sequence[Link] = ()) -> Node:
    """A node with its digest. A short relationship says nothing that its mapping does not."""
    own = [f"{link.type} {link.target.exapt}" for link in links if link.source == end]
    digest = hashlib.blake2b(json_text([LAYOUT, properties, own]).encode(), digest_size=12).hexdigest()
    return Node(end, {"exapt": end.exapt, "digest": digest, **properties}, tuple(links))


class GraphDigest:
    """What tells one graph from another where no server has noted when it was pushed."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=12)

    def seen(self, node: Node) -> Node:
        """``node``, which is part of the graph."""
        self._digest.update(str(node.properties["digest"]).encode())
        return node

    def push(self) -> Properties:
        """The (:Push) that an import of the whole graph amounts to."""
        graph = self._digest.hexdigest()
        return {"exapt": "push:1", "number": 1, "name": "push 1", "state": "complete", "graph": graph, "layout": LAYOUT}


def own_node(label: str, exapt: str, properties: Properties, links: Iterable[tuple[str, End]] = ()) -> Node:
    """A node whose relationships all leave itself."""
    end = End(label, exapt)
    return node(end, properties, [Link(kind, end, target, {}) for kind, target in links])


def short(text: str) -> str:
    """``text`` on one line, cut at a length that can be read."""
    line = " ".join(text[: 4 * NAME].split())
    return line if len(line) <= NAME else line[: NAME - 1].rstrip() + "…"


def hashed(letter: str, *facts: object) -> str:
    """A mark for a record that has no key."""
    return letter + sha256(json_text(facts))[:20]

"""Which labels there are, which properties each has, and which relationships lead from where to where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, LiteralString, NamedTuple

from kg.model import sha256

LAYOUT = 2
"""Part of every digest: raised when nodes are written in another way, so that the next push sends all of them again.

Since 2, relationships are marked as ours.
"""
LONGEST = 200
"""Characters of a key that are kept as they are: an index of Neo4j takes some thousand bytes."""

Type = Literal["string", "long", "double", "boolean", "string[]", "json"]

_SHOWN: dict[str, Type] = {"name": "string", "record": "string"}
_CONCEPT: dict[str, Type] = {
    "key": "string", "kind": "string", "name": "string", "aliases": "string[]", "see": "string[]", "domain": "string",
    "parent": "string", "functions": "string[]", "definition": "string", "status": "string", "profile": "json",
    "record": "string", "renamed_to": "string", "renamed_by": "string",
}  # fmt: skip
PROPERTIES: Mapping[str, Mapping[str, Type]] = {
    "Function": _CONCEPT,
    "Family": _CONCEPT,
    "Mechanism": _CONCEPT,
    "Technique": _CONCEPT,
    "Paper": {
        "key": "string", "title": "string", "abstract": "string", "abstract_sha256": "string", "kind": "string",
        "authors": "string[]", "n_authors": "long", "published": "string", "published_text": "string", "listed": "string",
        "venue": "string", "url": "string", "source": "string", "ids": "json", "raw_sha256": "string", "label": "string",
        "label_score": "double", "also_from": "string[]", **_SHOWN,
    },
    "Mapping": {
        "key": "string", "mechanism": "string", "relation": "string", "technique": "string", "functions": "string[]",
        "pairs": "json", "belief": "double", "papers": "long", "for": "long", "against": "long", **_SHOWN,
    },
    "Evidence": {
        "mapping": "string", "paper": "string", "passages": "json", "mechanism_span": "json", "technique_span": "json",
        "text_sha256": "string", "by": "string", "version": "string", "score": "double", "stance": "string",
        "hedged": "boolean", "shown": "string", "state": "string", "quotes": "string[]", "mechanism_words": "string",
        "technique_words": "string", **_SHOWN,
    },
    "Result": {
        "race": "string", "prototype": "string", "task": "string", "arm": "string", "seed": "long", "metric": "string",
        "value": "double", "budget": "double", "seconds": "double", "mapping": "string", "knobs": "json",
        "source_sha256": "string", "versions": "json", "note": "string", "shown": "string", **_SHOWN,
    },
    "Decision": {
        "action": "string", "subject": "string", "paper": "string", "became": "string", "by": "string", "shown": "string",
        **_SHOWN,
    },
    "Merged": {
        "key": "string", "kind": "string", "name": "string", "record": "string", "merged_into": "string",
        "merged_by": "string", "renamed_to": "string", "renamed_by": "string",
    },
    "Push": {"number": "long", "name": "string", "state": "string", "graph": "string", "layout": "long"},
}  # fmt: skip
"""Label to the properties of its nodes, besides ``exapt``, ``digest`` and ``push``; in the order in which they are sent."""

LABELS = tuple(label for label in PROPERTIES if label != "Push")
"""All but the log of pushes. What a relationship leads to comes before what it leads from, as far as that can be."""

LOOKED_UP = (("Mapping", "relation"), ("Evidence", "stance"), ("Evidence", "state"))
"""Labels and properties that questions look up besides ``exapt``, so that each has an index; only such as hold short words, since
an index refuses text of more than some thousand bytes."""

SHORT = ("INSPIRES", "ANALOGOUS", "CONTRASTS", "PROPOSES")
"""Relationships that a mapping draws between its two concepts; their name is the relation."""
LEAVING: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Function", "Family", "Mechanism", "Technique"), ("SERVES", "IN_FAMILY")),
    "Paper": (),
    "Mapping": ("FROM", "TO", "SERVES"),
    "Evidence": ("OF", "IN_PAPER"),
    "Result": ("OF",),
    "Decision": ("ON", "IN_PAPER"),
    "Merged": ("MERGED_INTO",),
}
"""Label to the relationships that leave its nodes, without the short ones."""
OURS: LiteralString = "{exapt: true}"
"""What marks a relationship as ours and not drawn by a user; a short one is marked by its ``mapping``."""
SAID: Mapping[str, LiteralString] = {
    "SERVES": "to.key IN a.functions", "IN_FAMILY": "to.key = a.parent", "FROM": "to.key = a.mechanism",
    "TO": "to.key = a.technique", "OF": "to.key = a.shown", "ON": "to.key = a.shown", "IN_PAPER": "to.key = a.paper",
    "MERGED_INTO": "true",
}  # fmt: skip
"""Type to what the node ``a`` that it leaves says of its end ``to``: what tells ours from a user's where none is marked yet."""


class End(NamedTuple):
    """A node by its label and its ``exapt``."""

    label: str
    exapt: str


class Link(NamedTuple):
    """A relationship. ``properties`` are set on short ones only."""

    type: str
    source: End
    target: End
    properties: dict[str, object]


class Node(NamedTuple):
    """One node with the relationships that are written and taken away together with it."""

    end: End
    properties: dict[str, object]
    """All of it but the push; the digest included."""
    links: tuple[Link, ...]


def mark(key: str) -> str:
    """``exapt`` of the node whose record has this key."""
    return key if len(key) <= LONGEST else f"{key[:100]}~{sha256(key)}"


def concept_end(key: str) -> End:
    """The node of a concept that is shown, by its key ``"kind:name"``."""
    return End(key.partition(":")[0].capitalize(), mark(key))

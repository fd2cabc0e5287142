"""Nodes of Neo4j as the records that a question reads: as merges and renames show them."""

from __future__ import annotations

import json
from typing import Any

from kg.evidence import Quote
from kg.mirror.layout import PROPERTIES
from kg.mirror.properties import row_of
from kg.model import Concept, Evidence, Mapping, Paper, Result
from kg.restore import concept_from, evidence_from, mapping_from, paper_from, result_from

Properties = dict[str, Any]


def concept_of(node: Properties) -> Concept:
    return concept_from(_row(node["kind"].capitalize(), node))


def mapping_of(node: Properties) -> Mapping:
    return mapping_from(_row("Mapping", node))


def paper_of(node: Properties) -> Paper:
    row = row_of("Paper", node)
    assert row is not None
    return paper_from(row)


def evidence_of(node: Properties) -> tuple[Evidence, Quote]:
    """The evidence, under the mapping that it counts for, and its quote as it was when it was pushed."""
    row = _row("Evidence", node) | {"mapping": node["shown"]}
    quote = Quote(
        texts=tuple(node.get("quotes", ())),
        state=node["state"],
        mechanism=node.get("mechanism_words"),
        technique=node.get("technique_words"),
    )
    return evidence_from(row), quote


def result_of(node: Properties) -> Result:
    return result_from(_row("Result", node) | {"mapping": node.get("shown")})


def _row(label: str, node: Properties) -> Properties:
    """The row of an export that tells what is shown, whatever was stored."""
    row = row_of(label, {name: value for name, value in node.items() if name != "record"})
    assert row is not None and PROPERTIES[label]
    return row


def also_from(node: Properties) -> tuple[str, ...]:
    """All sources of a paper, the first one first."""
    return tuple(dict.fromkeys(name for name in (node.get("source", ""), *node.get("also_from", ())) if name))


def outside_ids(node: Properties) -> list[list[str]]:
    found: list[list[str]] = json.loads(node.get("ids", "[]"))
    return found

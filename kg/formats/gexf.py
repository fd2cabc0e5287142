"""The graph for Gephi: concepts and mappings with belief, number of papers and the years in which papers state them."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from kg.graph import graph
from kg.store import Store

DESCRIPTION = "concepts and mappings with belief and years, for Gephi"
SUFFIX = ".gexf"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def write(store: Store, out: BinaryIO) -> int:
    """Write ``store`` to ``out``; the number of nodes and edges.

    Nodes are labelled with their names and carry ``papers``, ``first_year`` and ``last_year`` of the mappings that they take part
    in; edges of mappings carry ``belief``, ``papers`` and the years, and weigh as much as their belief. What has no dated paper
    has no years.
    """
    from networkx.readwrite.gexf import GEXFWriter

    with store.snapshot():
        view = graph(store)
        _add_years(store, view)
    for key, attributes in view.nodes(data=True):
        _clean(attributes)
        attributes["label"] = attributes["name"] or key
    for source, target, key, attributes in view.edges(keys=True, data=True):
        _clean(attributes)
        attributes["weight"] = attributes.get("belief", 1.0)
        attributes["id"] = attributes.get("mapping") or f"{source} {key} {target}"
    writer = GEXFWriter(prettyprint=False)
    for meta in writer.xml.iter("meta"):
        del meta.attrib["lastmodifieddate"]  # the same graph gives the same bytes on any day
    writer.add_graph(view)
    writer.write(out)
    return int(view.number_of_nodes() + view.number_of_edges())


def _clean(attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        if isinstance(value, str):
            attributes[name] = _NOT_XML.sub("\ufffd", value)


def _add_years(store: Store, view: Any) -> None:
    """Give nodes and edges the papers that state them and when."""
    years = {paper.key: paper.year for paper in store.papers()}
    ends = {key: (source, target) for source, target, key in view.edges(keys=True)}
    stating: dict[str, set[str]] = {}
    for mapping, paper in store.statements(ends):
        for thing in (mapping, *ends[mapping]):
            stating.setdefault(thing, set()).add(paper)
    for key, attributes in view.nodes(data=True):
        attributes["papers"] = len(stating.get(key, ()))
        attributes |= _span(stating.get(key, ()), years)
    for _, _, key, attributes in view.edges(keys=True, data=True):
        attributes |= _span(stating.get(key, ()), years)


def _span(papers: Any, years: dict[str, int | None]) -> dict[str, int]:
    dated = [year for paper in papers if (year := years[paper]) is not None]
    return {"first_year": min(dated), "last_year": max(dated)} if dated else {}

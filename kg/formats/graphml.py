"""The graph for Gephi, yEd, Cytoscape and networkx: concepts with their mappings, functions and families."""

from __future__ import annotations

import re
from typing import BinaryIO

from kg.graph import graph
from kg.store import Store

DESCRIPTION = "concepts and mappings for Gephi, yEd, Cytoscape and networkx"
SUFFIX = ".graphml"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def write(store: Store, out: BinaryIO) -> int:
    """Write ``store`` to ``out``; the number of nodes and edges."""
    import networkx

    view = graph(store)
    for _, attributes in view.nodes(data=True):
        for name, value in attributes.items():
            if isinstance(value, str):
                attributes[name] = _NOT_XML.sub("\ufffd", value)
    for source, target, key, attributes in view.edges(keys=True, data=True):
        attributes["id"] = attributes.get("mapping") or f"{source}.{key}.{target}"
    networkx.write_graphml(view, out, edge_id_from_attribute="id")
    return int(view.number_of_nodes() + view.number_of_edges())

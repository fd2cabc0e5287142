"""The store as a networkx graph, made when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kg.store import Store

if TYPE_CHECKING:
    import networkx


def graph(store: Store) -> networkx.MultiDiGraph[str]:
    """Concepts as nodes; mappings, functions served and families as edges, all as they are at one moment.

    Nodes carry ``name``, ``kind``, ``family``, ``domain`` and ``status``. Each edge has a ``label``: the relation from mechanism
    to technique (with ``mapping``, ``belief`` 0 to 1 and ``papers``), ``serves`` to a function, ``in_family`` to a family.
    """
    with store.snapshot():
        return _graph(store)


def _graph(store: Store) -> networkx.MultiDiGraph[str]:
    import networkx

    view: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name="exapt")
    concepts = {concept.key: concept for concept in store.concepts()}
    for key, concept in sorted(concepts.items()):
        parent = concepts.get(concept.parent or "")
        attributes: dict[str, Any] = {
            "name": concept.name,
            "kind": concept.kind,
            "family": parent.name if parent else "",
            "domain": concept.domain or "",
            "status": concept.status,
        }
        view.add_node(key, **attributes)
    for key, concept in sorted(concepts.items()):
        if concept.parent in concepts:
            view.add_edge(key, concept.parent, key="in_family", label="in_family")
        for function in concept.functions:
            if function in concepts:
                view.add_edge(key, function, key="serves", label="serves")
    beliefs = store.beliefs()
    for mapping in store.mappings():
        belief = beliefs[mapping.key]
        view.add_edge(
            mapping.mechanism, mapping.technique, key=mapping.key, label=mapping.relation, mapping=mapping.key,
            belief=round(belief.value, 4), papers=belief.papers,
        )  # fmt: skip
    return view

"""The graph as linked data for rdflib, triple stores and SPARQL: schema.org for papers, SKOS for concepts, PROV-O for evidence.

The context is in the file, so that loading it asks no network; one node a line, so that a store of any size is streamed. Papers
are those that state a mapping, without their abstracts: ``exapt export jsonl`` has every record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import BinaryIO
from urllib.parse import quote

from kg import verdict
from kg.belief import CURATOR, Belief
from kg.model import Concept, Evidence, Mapping, Paper, Result
from kg.store import Store

DESCRIPTION = "linked data: schema.org, PROV-O and SKOS, for rdflib and SPARQL"
SUFFIX = ".jsonld"
BASE = "urn:exapt:"
VOCABULARY = "urn:exapt:vocabulary:"
CONTEXT: dict[str, object] = {
    "exapt": VOCABULARY,
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{name: {"@id": f"skos:{name}"} for name in ("prefLabel", "altLabel", "definition")},
    **{name: {"@id": f"skos:{name}", "@type": "@id"} for name in ("broader", "exactMatch", "inScheme")},
    **{name: {"@id": f"schema:{name}"} for name in ("name", "author", "identifier", "isPartOf", "url")},
    "datePublished": {"@id": "schema:datePublished"},
    "sameAs": {"@id": "schema:sameAs", "@type": "@id"},
    **{
        name: {"@id": f"prov:{name}", "@type": "@id"}
        for name in ("used", "wasAttributedTo", "wasAssociatedWith", "wasDerivedFrom", "wasGeneratedBy")
    },
    **{
        name: {"@id": f"exapt:{name}", "@type": "@id"}
        for name in ("mechanism", "technique", "serves", "evidence", "arm", "raced")
    },
    **{
        name: {"@id": f"exapt:{name}"}
        for name in (
            "domain hedged mechanismRole metric passage papers prototype quote relation roles sourceSha256 stance status task"
            " techniqueRole textSha256 verdict version"
        ).split()
    },
    **{name: {"@id": f"exapt:{name}", "@type": "xsd:double"} for name in ("belief", "score")},
}
OUTSIDE = {
    "GO": "http://purl.obolibrary.org/obo/GO_",
    "MESH": "http://id.nlm.nih.gov/mesh/",
    "WD": "http://www.wikidata.org/entity/",
}
"""Where the outside ids of concepts live."""
_PAPER_AT = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
_LOT = 200
"""Mechanisms whose mappings' beliefs are worked out together."""
Node = dict[str, object]


def write(store: Store, out: BinaryIO) -> int:
    """Write ``store`` to ``out``; the number of concepts, mappings, papers, readers and races."""
    rows = 0
    with store.snapshot():
        out.write(b'{"@context": %s,\n"@graph": [' % _json(CONTEXT))
        for node in _nodes(store):
            out.write((b",\n" if rows else b"\n") + _json(node))
            rows += 1
        out.write(b"\n]}\n")
    return rows - 1  # the scheme that all concepts are in is no record


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False).encode()


def address(kind: str, key: str) -> str:
    """An IRI in ASCII: what is no letter, digit or one of ``-._~:`` is percent-encoded, so no key can be more than a name."""
    return f"{BASE}{kind}:{quote(key, safe=':')}"


def _nodes(store: Store) -> Iterator[Node]:
    yield {"@id": f"{BASE}concepts", "@type": "skos:ConceptScheme", "prefLabel": "exapt: mechanisms, techniques, functions"}
    concepts = store.concepts()
    for concept in concepts:
        yield _concept(concept)
    mechanisms = [concept.key for concept in concepts if concept.kind == "mechanism"]
    del concepts
    papers, readers = set[str](), set[str]()
    for start in range(0, len(mechanisms), _LOT):
        lot = [mapping for key in mechanisms[start : start + _LOT] for mapping in store.mappings(mechanism=key)]
        beliefs = store.beliefs(mapping.key for mapping in lot)
        for mapping in lot:
            found = store.evidence(mapping=mapping.key)
            papers.update(one.paper for one in found)
            readers.update(one.by for one in found)
            yield _mapping(store, mapping, beliefs[mapping.key], found)
    for key in sorted(papers):
        yield _paper(store.paper(key))
    for reader in sorted(readers):
        agent = "prov:Person" if reader == CURATOR else "prov:SoftwareAgent"
        yield {"@id": address("reader", reader), "@type": agent, "name": reader}
    for _, runs in groupby(store.results(arm="verdict"), key=lambda result: result.race):
        yield _race(list(runs))


def _concept(concept: Concept) -> Node:
    node: Node = {
        "@id": address("concept", concept.key),
        "@type": ["skos:Concept", f"exapt:{concept.kind.capitalize()}"],
        "prefLabel": concept.name,
        "altLabel": list(concept.aliases),
        "broader": address("concept", concept.parent) if concept.parent else None,
        "definition": concept.definition,
        "serves": [address("concept", key) for key in concept.functions],
        "exactMatch": [iri for one in concept.see if (iri := outside(one))],
        "identifier": [one for one in concept.see if not outside(one)],
        "domain": concept.domain,
        "status": concept.status,
        "inScheme": f"{BASE}concepts",
    }
    return _filled(node)


def outside(identifier: str) -> str | None:
    """Address of ``"GO:0009408"`` and the like; none where the scheme or the number is not of the known form."""
    scheme, _, number = identifier.partition(":")
    return OUTSIDE[scheme] + number if scheme in OUTSIDE and number.isascii() and number.isalnum() else None


def _mapping(store: Store, mapping: Mapping, belief: Belief, evidence: list[Evidence]) -> Node:
    return _filled({
        "@id": address("mapping", mapping.key),
        "@type": ["exapt:Mapping", "prov:Entity"],
        "mechanism": address("concept", mapping.mechanism),
        "relation": mapping.relation,
        "technique": address("concept", mapping.technique),
        "serves": [address("concept", key) for key in mapping.functions],
        "roles": [{"mechanismRole": pair.mechanism_role, "techniqueRole": pair.technique_role} for pair in mapping.pairs],
        "belief": belief.value,
        "papers": belief.papers,
        "evidence": [_evidence(store, one, number) for number, one in enumerate(evidence, 1)],
    })  # fmt: skip


def _evidence(store: Store, one: Evidence, number: int) -> Node:
    return _filled({
        "@id": f"{address('mapping', one.mapping)}:evidence:{number}",
        "@type": ["exapt:Evidence", "prov:Entity"],
        "wasDerivedFrom": address("paper", one.paper),
        "wasAttributedTo": address("reader", one.by),
        "version": one.version,
        "score": one.score,
        "stance": one.stance,
        "hedged": one.hedged,
        "passage": [f"{span.field} {span.start}-{span.end}" for span in one.passages],
        "quote": list(store.quote(one).texts),
        "textSha256": one.text_sha256,
    })  # fmt: skip


def _paper(paper: Paper) -> Node:
    return _filled({
        "@id": address("paper", paper.key),
        "@type": ["schema:ScholarlyArticle" if paper.kind == "article" else "schema:Article", "prov:Entity"],
        "name": paper.title,
        "author": [{"@type": "schema:Person", "name": name} for name in paper.authors],
        "datePublished": paper.published,
        "isPartOf": {"@type": "schema:CreativeWork", "name": paper.venue} if paper.venue else None,
        "url": paper.url,  # as text: an address that a source gave is not made one of ours
        "identifier": [f"{scheme}:{value}" for scheme, value in paper.ids],
        "sameAs": [_PAPER_AT[scheme] + quote(value, safe="/") for scheme, value in paper.ids if scheme in _PAPER_AT],
    })  # fmt: skip


def _race(verdicts: list[Result]) -> Node:
    """A race as an activity that used the mapping; the store keeps no time of it, so neither does this."""
    first = verdicts[0]
    mappings = sorted({result.mapping for result in verdicts if result.mapping})
    return _filled({
        "@id": address("race", first.race),
        "@type": ["exapt:Race", "prov:Activity"],
        "prototype": first.prototype,
        "used": [address("mapping", key) for key in mappings],
        "sourceSha256": sorted({result.source_sha256 for result in verdicts if result.source_sha256}),
        "raced": [
            _filled({
                "@id": f"{address('race', first.race)}:{quote(result.task, safe='')}:{quote(result.metric, safe='')}",
                "@type": ["exapt:Verdict", "prov:Entity"],
                "task": result.task,
                "metric": result.metric,
                "verdict": verdict.told(result).word,
            })
            for result in verdicts
        ],
    })  # fmt: skip


def _filled(node: Node) -> Node:
    return {name: value for name, value in node.items() if value not in (None, "", [])}

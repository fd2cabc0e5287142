"""The exports for Gephi and for the web of data, read back by the programs that they are for."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from kg.formats import gexf, jsonld
from kg.model import Concept, Evidence, Mapping, Pair, Paper, Result, Span, sha256
from kg.store import Store

networkx = pytest.importorskip("networkx")
rdflib = pytest.importorskip("rdflib")

# rdflib's own reader of JSON-LD uses what rdflib calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
TEXT = "Cells make chaperones under heat; a network could raise its penalty."
HOSTILE = "a\x00b\x1b[31m\r\n\t<b>&\"' ]]> `}) DELETE n // \ufffe \N{PILE OF POO} \u202eright \u05d0 \\u0041"
PREFIXES = """
PREFIX exapt: <urn:exapt:vocabulary:> PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


@pytest.fixture
def filled(store: Store) -> Store:
    function = store.add_concept(Concept(kind="function", name="respond_to_stress", definition="detect stress, protect"))
    family = store.add_concept(Concept(kind="family", name="stress response"))
    heat = store.add_concept(Concept(kind="mechanism", name="heat shock response", aliases=("HSR",), parent=family,
                                     functions=(function,), domain="molecular",
                                     see=("GO:0009408", "MESH:D018869", "WD:Q123", "OTHER:9", "GO:evil> .")))  # fmt: skip
    penalty = store.add_concept(Concept(kind="technique", name="adaptive penalty"))
    roles = (Pair(mechanism_role="misfolded protein", technique_role="exploding gradient"),)
    key = store.add_mapping(Mapping(mechanism=heat, relation="inspires", technique=penalty, functions=(function,), pairs=roles))
    for number, year in enumerate(("2019", "2023-05-01"), 1):
        ids = (("arxiv", f"2401.0000{number}"), ("doi", f"10.1/<x>{number}"))
        paper, _ = store.add_paper(
            Paper(key=f"arxiv:2401.0000{number}", title=f"Heat {number}", abstract=TEXT, published=year,
                  authors=("Ö. Öst", "A. B"),
                  venue="nips", url="javascript:alert(1)", ids=ids)
        )  # fmt: skip
        store.add_evidence(
            Evidence(mapping=key, paper=paper, passages=(Span("abstract", 0, 32),), text_sha256=sha256(TEXT), by="abstract",
                     version="3", score=0.5 + number / 10, hedged=number == 1)
        )  # fmt: skip
    store.add_paper(Paper(key="arxiv:2401.00009", title="States nothing", published="1999"))
    ends = [
        store.add_concept(Concept(kind="mechanism", name=HOSTILE)),
        store.add_concept(Concept(kind="technique", name=f"t {HOSTILE}")),
    ]
    store.add_mapping(Mapping(mechanism=ends[0], relation="proposes", technique=ends[1]))
    for task, value in (("drift", 1.0), ("mnist", float("nan"))):
        store.add_result(Result(race="r1", prototype="chaperone", task=task, arm="verdict", seed=0, metric="loss", value=value,
                                mapping=key, source_sha256="ab" * 32))  # fmt: skip
    return store


def written(form: Any, store: Store) -> bytes:
    out = io.BytesIO()
    assert form.write(store, out) > 0
    return out.getvalue()


@pytest.fixture
def linked(filled: Store, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The export as rdflib reads it, which asks no network."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("loading asks the network")

    data = written(jsonld, filled)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return rdflib.Graph().parse(data=data, format="json-ld")


def test_networkx_reads_what_gephi_would(filled: Store) -> None:
    view = networkx.read_gexf(io.BytesIO(written(gexf, filled)))
    mapping = filled.mappings(relation="inspires")[0]
    edges = {data["id"]: (source, target, data) for source, target, data in view.edges(data=True)}
    source, target, data = edges[mapping.key]
    assert (source, target, data["label"]) == (mapping.mechanism, mapping.technique, "inspires")
    assert (data["first_year"], data["last_year"], data["papers"]) == (2019, 2023, 2)
    assert data["weight"] == data["belief"] == pytest.approx(filled.belief_of(mapping.key).value, abs=1e-4)
    node = view.nodes[mapping.mechanism]
    assert (node["label"], node["kind"], node["family"]) == ("heat shock response", "mechanism", "stress response")
    assert (node["papers"], node["first_year"], node["last_year"]) == (2, 2019, 2023)
    assert "first_year" not in view.nodes["technique:" + next(k for k in view if k.startswith("technique:t-"))[10:]]
    assert len(view) == len(filled.concepts())
    assert view.number_of_edges() == 2 + 1 + 1, "two mappings, one function served, one family"


def test_gexf_of_an_empty_graph_is_read_too(store: Store) -> None:
    out = io.BytesIO()
    assert gexf.write(store, out) == 0
    assert len(networkx.read_gexf(io.BytesIO(out.getvalue()))) == 0


@pytest.mark.parametrize("form", [gexf, jsonld], ids=["gexf", "jsonld"])
def test_hostile_characters_come_back_or_are_replaced(form: Any, filled: Store) -> None:
    data = written(form, filled)
    assert data == written(form, filled), "the same graph gives the same bytes"
    if form is jsonld:
        names = {str(name) for name in rdflib.Graph().parse(data=data, format="json-ld").objects(None, rdflib.SKOS.prefLabel)}
        assert HOSTILE in names
    else:
        labels = {label for _, label in networkx.read_gexf(io.BytesIO(data)).nodes(data="label")}
        assert HOSTILE.replace("\x00", "\ufffd").replace("\x1b", "\ufffd").replace("\ufffe", "\ufffd") in labels


def test_rdflib_finds_the_evidence_of_a_mechanism(linked: Any) -> None:
    found = linked.query(PREFIXES + """
        SELECT ?technique ?title ?year ?quote ?reader ?score WHERE {
          ?mapping exapt:mechanism/skos:altLabel "HSR"; exapt:technique/skos:prefLabel ?technique; exapt:evidence ?evidence .
          ?evidence prov:wasDerivedFrom ?paper; prov:wasAttributedTo/schema:name ?reader; exapt:quote ?quote; exapt:score ?score .
          ?paper a schema:ScholarlyArticle; schema:name ?title; schema:datePublished ?year .
        } ORDER BY ?year""")  # fmt: skip
    assert [tuple(value.toPython() for value in row) for row in found] == [
        ("adaptive penalty", "Heat 1", "2019", TEXT[:32], "abstract", 0.6),
        ("adaptive penalty", "Heat 2", "2023-05-01", TEXT[:32], "abstract", 0.7),
    ]


def test_concepts_are_skos_with_their_outside_ids(linked: Any) -> None:
    heat = linked.value(predicate=rdflib.SKOS.prefLabel, object=rdflib.Literal("heat shock response"))
    assert {str(iri) for iri in linked.objects(heat, rdflib.SKOS.exactMatch)} == {
        "http://purl.obolibrary.org/obo/GO_0009408",
        "http://id.nlm.nih.gov/mesh/D018869",
        "http://www.wikidata.org/entity/Q123",
    }
    assert {str(text) for text in linked.objects(heat, rdflib.SDO.identifier)} == {"OTHER:9", "GO:evil> ."}
    broader = linked.value(heat, rdflib.SKOS.broader)
    assert str(linked.value(broader, rdflib.SKOS.prefLabel)) == "stress response"


def test_a_race_is_an_activity_that_used_the_mapping(linked: Any) -> None:
    found = linked.query(PREFIXES + """
        SELECT ?task ?verdict WHERE { ?race a prov:Activity; exapt:raced ?one; prov:used/exapt:mechanism ?mechanism .
          ?mechanism skos:prefLabel "heat shock response" . ?one exapt:task ?task; exapt:verdict ?verdict }
        ORDER BY ?task""")  # fmt: skip
    assert [tuple(map(str, row)) for row in found] == [("drift", "better"), ("mnist", "not run to the end")]


def test_every_record_is_one_node_and_nothing_is_left_out(linked: Any, filled: Store) -> None:
    def count(kind: str) -> int:
        return len(set(linked.subjects(rdflib.RDF.type, rdflib.URIRef(kind))))

    vocabulary, prov, schema = "urn:exapt:vocabulary:", "http://www.w3.org/ns/prov#", "https://schema.org/"
    assert count("http://www.w3.org/2004/02/skos/core#Concept") == len(filled.concepts()) == 6
    assert count(f"{vocabulary}Mapping") == len(filled.mappings()) == 2
    assert count(f"{vocabulary}Evidence") == len(filled.evidence()) == 2
    assert count(f"{schema}ScholarlyArticle") == 2, "a paper that states nothing is in the jsonl export alone"
    assert count(f"{prov}SoftwareAgent") == 1 and count(f"{vocabulary}Verdict") == 2
    concepts = 6 * 5 + 9 + 1  # two types, label, status, scheme; what heat shock has besides; a definition
    mappings = 2 * 7 + 6  # two types, both ends, relation, belief, papers; a function, two evidences and a pair of roles
    evidence, papers, reader, race = 2 * 11, 2 * 18, 2, 7 + 2 * 5
    assert len(linked) == 2 + concepts + mappings + evidence + papers + reader + race == 139
    assert not [term for term in linked.all_nodes() if str(term).startswith("file:")], "no name became a path"


def test_it_is_one_json_document_of_one_node_a_line(filled: Store) -> None:
    lines = written(jsonld, filled).decode().splitlines()
    assert all(json.loads(line.rstrip(",")) for line in lines[2:-1])
    assert isinstance(json.loads("\n".join(lines))["@context"], dict), "the context is in the file, not an address"


def test_a_graph_of_many_papers_loads_back_in_full(store: Store, state: Callable[..., str], paper: Callable[..., Paper]) -> None:
    for number in range(60):
        state(store, f"mechanism {number % 13}", f"technique {number % 7}", paper=paper(number))
    read = rdflib.Graph().parse(data=written(jsonld, store), format="json-ld")
    evidence = rdflib.URIRef("urn:exapt:vocabulary:evidence")
    assert len(list(read.subject_objects(evidence))) == len(store.evidence()) == 60

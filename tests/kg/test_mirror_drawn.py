"""Relationships that a user drew between our nodes: no push changes or removes them, and nothing reads them as ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.errors import Refused
from kg.mirror.layout import LEAVING, SHORT
from kg.mirror.pull import pull
from kg.mirror.push import push
from kg.mirror.server import Server
from kg.mirror.view import MirrorView
from kg.mirror.wipe import wipe
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.store import Store
from tests.kg.mirrored import clear, exported, held
from tests.kg.mirrored import neo4j as neo4j

TEXT = "Sleep replays the day, and so does our net."
SLEEP, REPLAY = "mechanism:sleep", "technique:replay"
DRAW = (
    "MATCH (a:Mechanism {exapt: 'mechanism:sleep'}), (b:Technique {exapt: 'technique:replay'}),"
    " (f:Function {exapt: 'function:explore'}), (g:Function {exapt: 'function:remember'})"
    " CREATE (a)-[:INSPIRES {note: 'mine'}]->(b), (a)-[:SERVES {note: 'mine'}]->(f), (a)-[:SERVES {note: 'mine'}]->(g)"
)


def fill(store: Store) -> str:
    """One mapping with its evidence, and two functions of which the mechanism serves one; key of the mapping."""
    for name in ("explore", "remember"):
        store.add_concept(Concept(kind="function", name=name))
    store.add_concept(Concept(kind="family", name="rest"))
    store.add_concept(Concept(kind="mechanism", name="sleep", functions=("function:remember",), parent="family:rest"))
    store.add_concept(Concept(kind="technique", name="replay"))
    mapping = store.add_mapping(Mapping(mechanism=SLEEP, relation="inspires", technique=REPLAY, functions=("function:remember",)))
    paper, _ = store.add_paper(Paper(key="arxiv:2401.00001", title="Sleep", abstract=TEXT))
    said = Evidence(mapping=mapping, paper=paper, passages=(Span("abstract", 0, 21),), by="abstract", text_sha256=sha256(TEXT))
    store.add_evidence(said)
    return mapping


def mine(server: Server) -> list[str]:
    """What the user drew, as lines; the notes are what tells it from ours here."""
    rows = server.each("MATCH (a)-[r {note: 'mine'}]->(b) RETURN a.exapt, type(r), properties(r), b.exapt")
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def ours(server: Server) -> tuple[list[str], list[str]]:
    nodes, links = held(server)
    return nodes, [link for link in links if '"note"' not in link]


def test_a_push_leaves_what_a_user_drew(store: Store, neo4j: Server) -> None:
    mapping = fill(store)
    push(store, neo4j)
    pushed = held(neo4j)
    neo4j.run(DRAW)
    drawn = mine(neo4j)
    assert len(drawn) == 3
    push(store, neo4j, everything=True)
    assert mine(neo4j) == drawn
    assert ours(neo4j) == pushed
    store.add_concept(Concept(kind="mechanism", name="sleep", aliases=("slumber",)))
    store.replace_readings("arxiv:2401.00001", "abstract", [])
    push(store, neo4j)
    assert mine(neo4j) == drawn, "the mapping between the same two concepts is gone"
    assert neo4j.run("MATCH ()-[r:INSPIRES]->() RETURN r.mapping AS mapping") == [{"mapping": None}]
    assert mapping not in {edge.mapping for edge in store.edges()}


def test_what_was_drawn_before_is_not_taken_over(store: Store, neo4j: Server) -> None:
    for kind, name in (("mechanism", "sleep"), ("technique", "replay"), ("function", "explore"), ("function", "remember")):
        store.add_concept(Concept(kind=kind, name=name))  # type: ignore[arg-type]
    push(store, neo4j)
    neo4j.run(DRAW)
    drawn = mine(neo4j)
    fill(store)
    push(store, neo4j)
    assert mine(neo4j) == drawn
    found = ours(neo4j)
    clear(neo4j)
    push(store, neo4j)
    assert held(neo4j) == found


def test_what_a_user_drew_is_no_answer_and_is_not_pulled(store: Store, neo4j: Server) -> None:
    mapping = fill(store)
    push(store, neo4j)
    neo4j.run(DRAW)
    for label, kinds in LEAVING.items():
        for kind in kinds:
            ends = f"MATCH (a:{label}) MATCH (b) WHERE b.exapt IS NOT NULL AND a <> b"
            neo4j.run(f"{ends} CREATE (a)-[:{kind} {{note: 'mine'}}]->(b)")
    for kind in SHORT:
        neo4j.run(f"MATCH (a:Mechanism) MATCH (b:Technique) CREATE (a)-[:{kind} {{note: 'mine'}}]->(b)")
    with MirrorView(neo4j) as view:
        assert view.serving("function:explore") == store.serving("function:explore") == []
        assert view.neighbours([SLEEP, REPLAY]) == store.neighbours([SLEEP, REPLAY])
        assert view.function_counts() == store.function_counts()
        assert view.unanswered() == store.unanswered()
        assert view.edges(function="function:explore") == store.edges(function="function:explore") == []
        assert view.evidence(mapping=mapping) == store.evidence(mapping=mapping)
        assert view.belief_of(mapping) == store.belief_of(mapping)
        assert view.mappings(technique=REPLAY) == store.mappings(technique=REPLAY)
    with Store.open(":memory:") as there:
        pull(there, neo4j)
        assert exported(there) == exported(store)
    wipe(neo4j)
    assert held(neo4j) == ([], [])


def older(server: Server) -> None:
    """Let the graph be as it was when relationships had no mark."""
    server.run("MATCH (a)-[r]->(b) WHERE r.exapt REMOVE r.exapt")
    server.run("MATCH (n) WHERE n.exapt IS NOT NULL AND NOT n:Push SET n.digest = 'as it was then'")
    server.run("MATCH (p:Push) REMOVE p.layout")


def test_a_graph_of_an_older_layout_is_brought_up_to_date(store: Store, neo4j: Server, tmp_path: Path) -> None:
    fill(store)
    push(store, neo4j)
    pushed = held(neo4j)
    older(neo4j)
    neo4j.run("MATCH (a {exapt: 'mechanism:sleep'}), (f {exapt: 'function:explore'}) CREATE (a)-[:SERVES {note: 'mine'}]->(f)")
    drawn = mine(neo4j)
    with pytest.raises(Refused, match="written by an older exapt"), MirrorView(neo4j):
        pass
    push(store, neo4j)
    assert mine(neo4j) == drawn
    assert ours(neo4j) == pushed
    with MirrorView(neo4j) as view:
        assert view.edges() == store.edges()
    assert push(store, neo4j).new == 0


def test_an_update_that_was_stopped_goes_on(store: Store, neo4j: Server) -> None:
    fill(store)
    push(store, neo4j)
    pushed = held(neo4j)
    older(neo4j)

    def stop(done: int, total: int | None, note: str) -> None:
        if note == "mechanism":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(store, neo4j, progress=stop)
    with pytest.raises(Refused, match="written by an older exapt"), MirrorView(neo4j):
        pass
    push(store, neo4j)
    assert held(neo4j) == pushed


def test_a_graph_of_a_newer_layout_is_not_asked(store: Store, neo4j: Server) -> None:
    fill(store)
    push(store, neo4j)
    neo4j.run("MATCH (p:Push) SET p.layout = 99")
    with pytest.raises(Refused, match="upgrade exapt"), MirrorView(neo4j):
        pass

"""A push to a real Neo4j: what it sends, what it takes away, what it leaves alone, and how it goes on after it was stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made_graph import MadeGraph
from kg.errors import Refused, StoreError
from kg.mirror.compare import Counts, compare
from kg.mirror.layout import LABELS
from kg.mirror.pull import pull
from kg.mirror.push import push
from kg.mirror.server import Server
from kg.mirror.wipe import wipe
from kg.model import Concept, Evidence, Mapping, Paper, Span, sha256
from kg.store import Store
from tests.kg.mirrored import HOSTILE, Cut, clear, exported, fill, held
from tests.kg.mirrored import neo4j as neo4j

TEXT = "Cells make chaperones under stress, and so does our net."


def state(store: Store, mechanism: str, technique: str, number: int) -> str:
    ends = [
        store.add_concept(Concept(kind="mechanism", name=mechanism, parent="family:stress", functions=("function:protect",))),
        store.add_concept(Concept(kind="technique", name=technique)),
    ]
    mapping = store.add_mapping(Mapping(mechanism=ends[0], relation="inspires", technique=ends[1]))
    paper, _ = store.add_paper(Paper(key=f"arxiv:2401.{number:05d}", title=f"Stress, part {number}", abstract=TEXT))
    said = Evidence(mapping=mapping, paper=paper, passages=(Span("abstract", 0, 35),), by="abstract", text_sha256=sha256(TEXT))
    store.add_evidence(said)
    return mapping


def small(store: Store) -> str:
    """Four concepts in a family and with a function, two mappings, two papers; key of the second mapping."""
    store.add_concept(Concept(kind="family", name="stress"))
    store.add_concept(Concept(kind="function", name="protect", definition="keep what there is"))
    state(store, "heat shock", "weight decay", 1)
    return state(store, "apoptosis", "pruning", 2)


def stamps(server: Server) -> dict[str, int]:
    """Mark to number of the push that wrote the node last."""
    return dict(server.each("MATCH (n) WHERE n.exapt IS NOT NULL AND NOT n:Push RETURN n.exapt, n.push"))  # type: ignore[arg-type]


def test_a_second_push_sends_nothing(store: Store, neo4j: Server) -> None:
    small(store)
    first = push(store, neo4j)
    assert (first.new, first.changed, first.gone) == (12, 0, 0)
    before = held(neo4j), stamps(neo4j)
    assert push(store, neo4j) == (0, 0, 12, 0, 0)
    assert (held(neo4j), stamps(neo4j)) == before
    assert neo4j.run("MATCH (p:Push) RETURN p.number AS number, p.state AS state") == [{"number": 1, "state": "complete"}]


def test_only_what_changed_is_sent(store: Store, neo4j: Server) -> None:
    small(store)
    push(store, neo4j)
    before = stamps(neo4j)
    store.add_concept(Concept(kind="function", name="protect", definition="keep what there is", aliases=("guard",)))
    again = push(store, neo4j)
    assert (again.new, again.changed, again.same, again.gone) == (0, 1, 11, 0)
    changed = {mark for mark, number in stamps(neo4j).items() if number != before.get(mark)}
    assert changed == {"function:protect"}
    (row,) = neo4j.run("MATCH (:Mechanism)-[:SERVES]->(f:Function) RETURN count(*) AS served, f.aliases AS aliases")
    assert row == {"served": 2, "aliases": ["guard"]}


def test_what_a_node_says_no_more_goes_from_it_and_what_others_noted_stays(store: Store, neo4j: Server) -> None:
    small(store)
    push(store, neo4j)
    neo4j.run("MATCH (m:Mechanism {exapt: 'mechanism:heat-shock'}) SET m.seen_by = 'me' MERGE (:Note)-[:ABOUT]->(m)")
    store.rename_concept("mechanism:heat-shock", "Heat Shock")
    push(store, neo4j)
    store.split_concept("mechanism:heat-shock")
    push(store, neo4j)
    (row,) = neo4j.run("MATCH (:Note)-[:ABOUT]->(m:Mechanism) RETURN properties(m) AS m")
    assert row["m"]["name"] == "heat shock"
    assert "renamed_to" not in row["m"]
    assert row["m"]["seen_by"] == "me"
    neo4j.run("MATCH (n:Note) DETACH DELETE n")


def test_what_vanished_is_removed_with_its_relationships(store: Store, neo4j: Server) -> None:
    gone = small(store)
    push(store, neo4j)
    store.replace_readings("arxiv:2401.00002", "abstract", [])
    again = push(store, neo4j)
    assert again.gone == 2, "the evidence and the mapping that nothing states any more"
    assert neo4j.run("MATCH ()-[r:INSPIRES {mapping: $gone}]->() RETURN r", {"gone": gone}) == []
    with Store.open(":memory:") as there:
        pull(there, neo4j)
        assert exported(there) == exported(store)


def test_merging_and_splitting_leaves_what_a_fresh_push_leaves(store: Store, neo4j: Server) -> None:
    small(store)
    push(store, neo4j)
    before = held(neo4j)
    store.merge_concepts("mechanism:apoptosis", "mechanism:heat-shock")
    push(store, neo4j)
    step_by_step = held(neo4j)
    clear(neo4j)
    push(store, neo4j)
    assert held(neo4j) == step_by_step
    store.split_concept("mechanism:apoptosis")
    push(store, neo4j)
    assert held(neo4j) == before


def theirs(server: Server) -> list[str]:
    nodes = server.each("MATCH (n) WHERE n.exapt IS NULL RETURN labels(n), properties(n)")
    return sorted(json.dumps(row, sort_keys=True) for row in nodes)


def test_nodes_of_others_are_never_touched(store: Store, neo4j: Server) -> None:
    for label in (*LABELS, "Push"):
        neo4j.run(f"CREATE (:{label} {{name: 'theirs', key: 'mechanism:heat-shock', digest: 'x', push: 1, mine: false}})")
    neo4j.run("MATCH (a:Mechanism {name: 'theirs'}), (b:Technique {name: 'theirs'}) CREATE (a)-[:INSPIRES {mapping: 'm'}]->(b)")
    before = theirs(neo4j)
    small(store)
    push(store, neo4j)
    neo4j.run("MATCH (a:Mechanism {name: 'theirs'}), (f:Function {exapt: 'function:protect'}) CREATE (a)-[:SERVES]->(f)")
    store.replace_readings("arxiv:2401.00002", "abstract", [])
    push(store, neo4j, everything=True)
    with Store.open(":memory:") as there:
        pull(there, neo4j)
        assert exported(there) == exported(store)
    wipe(neo4j)
    assert theirs(neo4j) == before
    assert neo4j.run("MATCH (:Mechanism)-[r:INSPIRES]->() RETURN r.mapping AS mapping") == [{"mapping": "m"}]
    assert held(neo4j) == ([], [])
    neo4j.run("MATCH (n {name: 'theirs'}) DETACH DELETE n")


def test_status_counts_what_a_push_would_do_and_does_nothing(store: Store, neo4j: Server) -> None:
    small(store)
    found, note = compare(store, neo4j)
    assert found["Mechanism"] == Counts(here=2, there=0, new=2, changed=0, gone=0)
    assert note == "nothing was pushed there yet"
    push(store, neo4j)
    store.add_concept(Concept(kind="function", name="protect", aliases=("guard",)))
    store.replace_readings("arxiv:2401.00002", "abstract", [])
    before = held(neo4j)
    found, note = compare(store, neo4j)
    assert found["Function"] == Counts(here=1, there=1, new=0, changed=1, gone=0)
    assert found["Mapping"] == Counts(here=1, there=2, new=0, changed=0, gone=1)
    assert note.startswith("push 1 was complete")
    assert held(neo4j) == before


def test_hostile_names_come_back_as_they_were(store: Store, neo4j: Server) -> None:
    fill(store)
    push(store, neo4j)
    names = {name for (name,) in neo4j.each("MATCH (t:Technique) RETURN t.name")}
    assert names == {f"{text} net {number}" for number, text in enumerate(HOSTILE)}
    assert push(store, neo4j).new == 0
    with Store.open(":memory:") as there:
        pull(there, neo4j)
        assert exported(there) == exported(store)


def test_a_made_graph_comes_back_byte_for_byte(store: Store, neo4j: Server) -> None:
    store.restore(MadeGraph(200).rows())
    push(store, neo4j)
    with Store.open(":memory:") as there:
        pull(there, neo4j)
        assert exported(there) == exported(store)
        assert push(there, neo4j).new == 0


def test_a_pull_into_a_store_that_holds_something_is_refused(store: Store, neo4j: Server) -> None:
    with pytest.raises(Refused, match="holds no graph of exapt"):
        pull(store, neo4j)
    small(store)
    push(store, neo4j)
    with pytest.raises(Refused, match="choose a new file"):
        pull(store, neo4j)


def exapt(path: Path, uri: str, server: Any, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"NEO4J_URI": uri, "NEO4J_USERNAME": server.username, "NEO4J_PASSWORD": server.password}
    command = [sys.executable, "-m", "kg", "--store", str(path), "neo4j", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.db"
    with Store.open(path) as store:
        store.restore(MadeGraph(600).rows())
    return path


def test_a_push_that_is_killed_goes_on_where_it_was(made: Path, neo4j: Server, neo4j_server: Any) -> None:
    with Cut(neo4j.uri, after=150_000) as way:
        process = exapt(made, way.uri, neo4j_server, "push")
        assert way.reached.wait(60)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with Store.open(made) as store:
        with Store.open(":memory:") as there, pytest.raises(Refused, match="a push was stopped"):
            pull(there, neo4j)
        found, note = compare(store, neo4j)
        assert "was stopped" in note
        assert 0 < sum(one.there for one in found.values()) < sum(one.here for one in found.values())
        rest = push(store, neo4j)
        assert rest.same > 0
        assert rest.new > 0
        resumed = held(neo4j)
        clear(neo4j)
        push(store, neo4j)
        assert held(neo4j) == resumed


def test_a_server_that_goes_away_meanwhile_is_one_line(made: Path, neo4j: Server, neo4j_server: Any) -> None:
    with Cut(neo4j.uri, after=150_000) as way:
        process = exapt(made, way.uri, neo4j_server, "push")
        assert way.reached.wait(60)
        way.close()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no Neo4j answers there" in said
    assert "`exapt neo4j push` goes on from there" in said
    assert "Traceback" not in said
    with Store.open(made) as store:
        assert push(store, neo4j).same > 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "not this one"}, "it does not take this user name and password"),
        ({"database": "nosuch"}, "it has no database called 'nosuch'"),
    ],
)
def test_a_server_that_refuses_says_what_to_do(neo4j_server: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        Server(neo4j_server.uri, **{"username": neo4j_server.username, "password": neo4j_server.password, **given})
    assert "\n" not in str(caught.value)


def test_a_port_that_speaks_something_else_says_so() -> None:
    def answer() -> None:
        here, _ = listener.accept()
        with here:
            here.recv(100)
            here.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(StoreError, match="no Neo4j answers there") as caught:
            Server(f"bolt://127.0.0.1:{listener.getsockname()[1]}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "uri", ["http://localhost:7474", "localhost", "bolt://", "bolt://me:secret@localhost:7687", "bolt://[::1"]
)
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(Refused) as caught:
        Server(uri)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)

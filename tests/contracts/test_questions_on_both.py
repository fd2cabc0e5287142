"""Every question found, on the store and on a real Neo4j: the same rows, notes and refusals, whatever it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from benchmarks.made_graph import MadeGraph
from kg import plugins
from kg.errors import ExaptError
from kg.mirror.layout import LABELS, LEAVING, SHORT
from kg.mirror.push import push
from kg.mirror.server import Server
from kg.mirror.view import MirrorView
from kg.model import RELATIONS
from kg.store import Store
from kg.view import View
from queries.cli import cli
from queries.show import Answer

QUESTIONS = plugins.names("queries.ask")
Asked = dict[str, Any]


class Both(NamedTuple):
    """One graph twice."""

    path: Path
    store: Store
    server: Server
    folder: Path


class Some:
    """Names of a graph to ask about: the same ones each time."""

    def __init__(self, store: Store) -> None:
        self._concepts = {kind: store.concepts(kind) for kind in ("mechanism", "technique", "function", "family")}  # type: ignore[arg-type]
        self._mappings = store.mappings()
        self.store = store

    def concept(self, kind: str, number: int) -> Any:
        found = self._concepts[kind]
        return found[number * 37 % len(found)]

    def name(self, kind: str, number: int) -> str:
        return str(self.concept(kind, number).name)

    def mapping(self, number: int) -> str:
        return self._mappings[number * 41 % len(self._mappings)].key

    def arrow(self, number: int) -> str:
        found = self._mappings[number * 41 % len(self._mappings)]
        return f"{self.store.concept(found.mechanism).key} -> {self.store.concept(found.technique).key}"

    def paper(self, number: int) -> Any:
        return self.store.paper(self.store.evidence(mapping=self.mapping(number))[0].paper)


def arguments(some: Some) -> dict[str, list[Asked]]:
    """What to ask each question; one that needs nothing is asked without, whether or not it is here."""
    words = ("how do cells survive heat stress",), ("adaptive replay protects memory",), ("zzqq",), ("`}) DETACH DELETE n //",)
    return {
        "analogies": [
            *({"text": text} for text in words),
            {"text": (some.name("mechanism", 3),), "limit": 3},
            *({"text": (some.name(kind, 5),), "limit": 30} for kind in ("mechanism", "technique", "function")),
            *({"text": (text,)} for text in ("sleep", "dropout", "attention", "protein", "mitochondria")),
        ],
        "explain": [{"mapping": (some.mapping(n),)} for n in range(3)]
        + [
            {"mapping": (some.mapping(4)[:8],)},
            {"mapping": (some.arrow(5),)},
            {"mapping": ("m",)},
            {"mapping": ("m0000000000",)},
        ],
        "contrasts": [{"text": ("learning",)}, {"limit": 100}],
        "gaps": [{"function": some.name("function", 1)}, {"limit": 60}],
        "layers": [{"levels": 3, "limit": 50}],
        "leaderboard": [{"task": "digits"}, {"prototype": "made_1"}],
        "transfer": [{"function": (some.name("function", n),)} for n in range(3)]
        + [{"function": ("keep what was learned",), "limit": 60}, {"function": ("protect the old",)}, {"function": ("zzqq",)}],
        "functions": [{"few": True}, {"limit": 3}],
        "compare": [
            {"first": some.name("mechanism", 1), "second": some.name("mechanism", 2)},
            {"first": some.mapping(1), "second": some.mapping(2)},
            {"first": some.name("technique", 3), "second": some.arrow(3)},
            {"first": some.concept("function", 1).key, "second": some.concept("family", 1).key},
            {"first": some.name("mechanism", 1), "second": "zzqq"},
        ],
        "path": [
            {"first": some.name("mechanism", 1), "second": some.name("technique", 5)},
            {"first": some.concept("mechanism", 2).key, "second": some.concept("mechanism", 7).key, "paths": 5},
            {"first": some.concept("family", 1).key, "second": some.concept("function", 2).key},
            {"first": some.name("mechanism", 1), "second": some.name("mechanism", 1)},
            {"first": some.name("mechanism", 1), "second": some.name("mechanism", 9), "steps": 1},
        ],
        "contradictions": [{"limit": 3}, {"text": ("neural", "learning")}, {"text": ("zzqq",)}],
        "timeline": [
            {"text": (some.name("mechanism", 4),)},
            {"text": ("neural",), "first": 2000, "last": 2015},
            {"function": some.name("function", 2), "limit": 5},
            {"family": some.concept("family", 2).key},
            {"text": ("zzqq",)},
            {"first": 2101},
        ],
        "suggest": [
            {"text": (some.name("mechanism", 6),)},
            {"text": (some.name("family", 1),), "limit": 30},
            {"text": ("protect the old",)},
            {"text": ("zzqq",)},
        ],
        "related": [
            {"paper": (some.paper(1).key,)},
            {"paper": (some.paper(2).title,), "limit": 30},
            {"paper": ("no such paper at all",)},
        ],
    }


def answered(question: str, view: View, asked: Asked) -> tuple[object, ...]:
    """All that a person sees of the answer; an error that a user can mend is one."""
    try:
        answer = plugins.load("queries.ask", question).ask(view, **asked)
    except ExaptError as error:
        return type(error).__name__, str(error)
    assert isinstance(answer, Answer)
    return list(answer.rows), answer.note, answer.columns


def compare(both: Both, question: str) -> None:
    asked = arguments(Some(both.store)).get(question, [])
    needs = [param.name for param in plugins.load("queries.ask", question).PARAMS if param.required]
    assert asked or not needs, f"say in `arguments` what to ask {question}: it wants {', '.join(map(str, needs))}"
    for one in [*asked, *([] if needs else [{}])]:
        with MirrorView(both.server, search_folder=both.folder) as view:
            assert answered(question, view, one) == answered(question, both.store, one), f"{question} {one}"


RACED = ("motor_unit_recruitment", "partial_forgetting", "ecological_resilience", "functional_specialization", "energy_budget")
"""Prototypes whose races ship: one never fired, one has a note that states a contrast, one is a known method, others neither."""


def atlas(path: Path) -> None:
    result = CliRunner().invoke(cli, ["--store", str(path), "ingest", "atlas"])
    assert result.exit_code == 0, result.output
    note = path.with_suffix(".txt")
    note.write_text(
        "Cells and nets\n\nA cell under heat makes more chaperones, and so a network could raise its weight decay when the loss"
        " jumps.\n\n• Genes ↔ Model architecture: written once.\n• Epigenetics ↔ Hyperparameters: how the text is used.\n",
        encoding="utf-8",
    )
    assert CliRunner().invoke(cli, ["--store", str(path), "ingest", "files", str(note)]).exit_code == 0
    recorded = CliRunner().invoke(cli, ["--store", str(path), "bench", "verdicts", *RACED, "--record"])
    assert recorded.exit_code == 0, recorded.output
    with Store.open(path) as store:
        mechanisms = store.concepts("mechanism")
        store.merge_concepts(mechanisms[3].key, mechanisms[4].key)
        store.rename_concept(mechanisms[7].key, f"{mechanisms[7].name} renamed")
        for found in [one.key for relation in RELATIONS for one in store.mappings(relation=relation)[:1]]:
            store.decide(found, store.evidence(mapping=found)[0].paper, accept=False)
        (layer,) = store.mappings(mechanism="mechanism:epigenetics", relation="analogous")
        store.decide(layer.key, store.evidence(mapping=layer.key)[0].paper, accept=False)


def made(mappings: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with Store.open(path) as store:
            store.restore(MadeGraph(mappings).rows())

    return make


GRAPHS = {"atlas and an essay": atlas, "600 made mappings": made(600)}


def mirrored(make: Callable[[Path], None], server: Server, folder: Path) -> Iterator[Both]:
    path = folder / "graph.db"
    make(path)
    with Store.open(path) as store:
        push(store, server)
    strangers(server)
    drawings(server)
    with Store.open(path, write=False) as store:
        yield Both(path, store, server, folder / "cache")
    server.run("MATCH (n) WHERE n.exapt IS NULL DETACH DELETE n")
    server.run("MATCH ()-[r {drawn: true}]->() DELETE r")


def strangers(server: Server) -> None:
    """Nodes of somebody else that look like ours and hang on ours: no question may read them."""
    for label in LABELS:
        some = [
            {"like": found.pop("exapt"), "says": found}
            for (found,) in server.each(
                f"MATCH (n:{label}) WHERE n.exapt IS NOT NULL RETURN properties(n) ORDER BY n.exapt LIMIT 3"
            )
        ]
        # Told by their ids from here on: nothing but reading all nodes of a label would find them again.
        made = server.run(
            f"UNWIND $some AS one CREATE (c:{label}) SET c = one.says RETURN elementId(c) AS id, one.like AS like", {"some": some}
        )
        for kind in (*SHORT, *{kind for leaving in LEAVING.values() for kind in leaving}):
            ours = f"UNWIND $made AS one MATCH (c) WHERE elementId(c) = one.id MATCH (n:{label} {{exapt: one.like}})"
            server.run(f"{ours}-[:{kind}]->(b) WHERE b.exapt IS NOT NULL CREATE (c)-[:{kind}]->(b)", {"made": made})
            server.run(f"{ours}<-[:{kind}]-(b) WHERE b.exapt IS NOT NULL CREATE (c)<-[:{kind}]-(b)", {"made": made})


def drawings(server: Server) -> None:
    """Relationships that a user drew between nodes of ours, of every kind that we write: no question may read them."""
    kinds = [("Mechanism", kind) for kind in SHORT] + [(label, kind) for label, kinds in LEAVING.items() for kind in kinds]
    for label, kind in kinds:
        server.run(
            f"MATCH (a:{label})-[:{kind}]->(b) WHERE a.exapt IS NOT NULL AND b.exapt IS NOT NULL"
            " WITH a, b ORDER BY a.exapt, b.exapt LIMIT 40 WITH collect(DISTINCT a) AS sources, collect(DISTINCT b) AS targets"
            " UNWIND sources[0..4] AS a UNWIND targets[0..4] AS b"
            f" CREATE (a)-[:{kind} {{drawn: true}}]->(b)"
        )


@pytest.fixture(scope="module", params=GRAPHS)
def both(request: pytest.FixtureRequest, neo4j_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with Server(neo4j_server.uri, username=neo4j_server.username, password=neo4j_server.password) as server:
        yield from mirrored(GRAPHS[request.param], server, tmp_path_factory.mktemp("both"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_gives_the_same_rows_on_both(both: Both, question: str) -> None:
    compare(both, question)


def test_belief_is_the_same_on_both(both: Both) -> None:
    with MirrorView(both.server, search_folder=both.folder) as view:
        here = both.store.beliefs()
        assert view.beliefs(here) == here
        assert view.statements(here) == both.store.statements(here)


def test_every_row_that_names_something_carries_its_evidence(both: Both) -> None:
    for question, asked in arguments(Some(both.store)).items():
        for one in asked:
            rows, *_ = answered(question, both.store, one)
            if isinstance(rows, list):
                assert all(row["evidence"] and all(item["text"] for item in row["evidence"]) for row in rows), (question, one)


def test_the_command_line_asks_neo4j(both: Both, neo4j_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("uri", "username", "password"):
        monkeypatch.setenv(f"NEO4J_{name.upper()}", getattr(neo4j_server, name))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = ["ask", "transfer", Some(both.store).name("function", 1), "--format", "json"]
    there = CliRunner().invoke(cli, [*asked, "--on", "neo4j"])
    here = CliRunner().invoke(cli, ["--store", str(both.path), *asked])
    assert there.exit_code == 0, there.stderr
    assert json.loads(there.stdout) == json.loads(here.stdout) != []
    assert there.stderr == here.stderr


def test_the_first_question_tells_how_much_it_has_read(both: Both, tmp_path: Path) -> None:
    """Words are looked up beside the server, and reading them takes its time on a large graph."""
    told: list[int] = []
    for _ in range(2):
        with MirrorView(both.server, search_folder=tmp_path, progress=lambda done, total, note: told.append(done)) as view:
            view.search_passages("memory")
    assert told == sorted(set(told)) != []  # kept for the second question


def test_a_server_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    result = CliRunner().invoke(cli, ["ask", "functions", "--on", "neo4j"])
    assert result.exit_code == 1
    assert "no Neo4j answers there" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_hundred_thousand_mappings_give_the_same_rows(neo4j_server: Any, tmp_path: Path) -> None:
    with Server(neo4j_server.uri, username=neo4j_server.username, password=neo4j_server.password) as server:
        for both in mirrored(made(100_000), server, tmp_path):
            for question in QUESTIONS:
                compare(both, question)

"""The saved queries for Neo4j Browser: each gives something on the atlas, and the first one shows a graph that hangs together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kg.browse import STYLE, Query, find, queries
from kg.errors import NotFound
from kg.mirror.layout import LABELS, SHORT
from kg.mirror.push import push
from kg.mirror.server import Server
from kg.model import Result
from kg.store import Store
from queries.cli import cli
from tests.kg.mirrored import clear


@pytest.fixture(scope="module")
def atlas(neo4j_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The atlas, and one race."""
    path = tmp_path_factory.mktemp("browse") / "atlas.db"
    result = CliRunner().invoke(cli, ["--store", str(path), "ingest", "atlas"])
    assert result.exit_code == 0, result.output
    with Server(neo4j_server.uri, username=neo4j_server.username, password=neo4j_server.password) as server:
        clear(server)
        with Store.open(path) as store:
            mapping = store.mappings()[0].key
            verdict = {"race": "race", "prototype": "made", "task": "digits", "metric": "verdict", "seed": 0, "value": 1.0}
            store.add_result(Result(arm="verdict", mapping=mapping, **verdict))  # type: ignore[arg-type]
            push(store, server)
        yield server
        clear(server)


def nodes_of(value: Any) -> Iterator[Any]:
    """All nodes in a value of a row: of paths, and of lists of them."""
    if isinstance(value, list):
        for one in value:
            yield from nodes_of(one)
    else:
        yield from getattr(value, "nodes", ())


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.name)
def test_every_saved_query_gives_rows_of_ours_alone(query: Query, atlas: Server) -> None:
    atlas.run("CREATE (:Mechanism {name: 'theirs'})-[:CONTRASTS]->(:Technique {name: 'theirs'})")
    rows = list(atlas.each(query.text))
    found = {node.element_id: node for row in rows for value in row for node in nodes_of(value)}
    atlas.run("MATCH (n {name: 'theirs'}) DETACH DELETE n")
    assert rows
    assert all("exapt" in node and node["name"] for node in found.values())
    assert len(found) <= 300, "Neo4j Browser draws no more at first"
    if query.name.startswith("07"):
        assert rows[0][:3] == ["made", "digits", "better"]
    else:
        assert len(found) > 5


def test_titles_are_what_the_list_of_favourites_shows() -> None:
    titles = [query.title for query in queries()]
    assert len(set(titles)) == len(titles) >= 9
    assert all(query.text.startswith(f"// {query.title}\n") and len(query.title) < 100 for query in queries())


def test_the_first_query_shows_a_graph_that_hangs_together(atlas: Server) -> None:
    joined: dict[str, set[str]] = defaultdict(set)
    for row in atlas.each(queries()[0].text):
        for path in row:
            for before, after in zip(path.nodes, path.nodes[1:], strict=False):
                joined[before.element_id].add(after.element_id)
                joined[after.element_id].add(before.element_id)
    reached, waiting = set[str](), [next(iter(joined))]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += joined[one]
    assert len(reached) >= 0.9 * len(joined)
    assert 30 <= len(joined) <= 120


def test_the_style_paints_every_label_and_names_every_node() -> None:
    style = STYLE.read_text("utf-8")
    blocks = dict(re.findall(r"^([\w.]+) \{\n(.*?)^\}", style, re.M | re.S))
    assert {f"node.{label}" for label in LABELS if label != "Merged"} <= blocks.keys()
    assert {f"relationship.{kind}" for kind in SHORT} <= blocks.keys()
    assert all('caption: "{name}"' in block for name, block in blocks.items() if name.startswith("node"))


@pytest.mark.parametrize("name", ["1", "01", "the graph", "01_the_graph", "the-gr"])
def test_a_query_is_found_by_number_or_name(name: str) -> None:
    assert find(name).name == "01_the_graph"


@pytest.mark.parametrize("name", ["", "99", "nothing", "../style"])
def test_an_unknown_query_lists_what_there_is(name: str) -> None:
    with pytest.raises(NotFound, match="01_the_graph"):
        find(name)


def test_the_files_ship_beside_the_code() -> None:
    assert {path.suffix for path in Path(STYLE).parent.iterdir() if path.is_file()} == {".py", ".cypher", ".grass"}

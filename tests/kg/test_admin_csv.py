"""The graph as files for other ways into Neo4j, read by what they are for: the same graph as a push makes."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.formats import admin_csv, cypher
from kg.mirror.local_search import LocalSearch
from kg.mirror.pull import pull
from kg.mirror.push import push
from kg.mirror.server import Server
from kg.model import Concept
from kg.store import Store
from tests.kg.mirrored import HOSTILE, clear, exported, fill, held
from tests.kg.mirrored import neo4j as neo4j


@pytest.fixture(scope="module")
def hostile() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        fill(store)
        yield store


@pytest.fixture
def imported(shared: Callable[[str], Path], hostile: Store, tmp_path: Path) -> Iterator[Server]:
    """A server that was started on what ``neo4j-admin`` had imported into an empty database."""
    script = str(shared("neo4j/server"))
    if shutil.which("java") is None:
        pytest.skip("neo4j-admin needs Java")
    pytest.importorskip("neo4j")
    folder, home = tmp_path / "csv", tmp_path / "neo4j"
    folder.mkdir()
    admin_csv.write_folder(hostile, folder)
    (home / "conf").mkdir(parents=True)
    (home / "logs").mkdir()
    (home / "conf" / "neo4j.conf").touch()
    done = subprocess.run(
        [script, "admin", str(home), "database", "import", "full", "neo4j", "@import.args"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    said = subprocess.run([script, "start", str(home)], env=environment, capture_output=True, text=True, check=True).stdout
    given = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    try:
        with Server(given["NEO4J_URI"], username=given["NEO4J_USERNAME"], password=given["NEO4J_PASSWORD"]) as server:
            yield server
    finally:
        subprocess.run([script, "kill", str(home)], capture_output=True, check=True)


def test_what_neo4j_admin_imports_is_what_a_push_makes(hostile: Store, imported: Server, neo4j: Server) -> None:
    there = held(imported)
    names = {name for (name,) in imported.each("MATCH (t:Technique) RETURN t.name")}
    assert names == {f"{text} net {number}" for number, text in enumerate(HOSTILE)}
    with Store.open(":memory:") as store:
        pull(store, imported)
        assert exported(store) == exported(hostile)
    assert push(hostile, imported).same == len(there[0])
    push(hostile, neo4j)
    assert held(neo4j) == there


def test_a_folder_and_an_archive_hold_the_same_each_time(hostile: Store, tmp_path: Path) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    assert admin_csv.write(hostile, first) == admin_csv.write_folder(hostile, tmp_path)
    admin_csv.write(hostile, second)
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_items_of_lists_are_never_cut_in_two(tmp_path: Path) -> None:
    with Store.open(":memory:") as store:
        store.add_concept(Concept(kind="family", name="kin", aliases=("a\x1fb", "c\x1ed", "e\x1df")))
        admin_csv.write_folder(store, tmp_path)
    assert "--array-delimiter=U+001C" in (tmp_path / "import.args").read_text()
    assert "a\x1fb\x1cc\x1ed\x1ce\x1df" in (tmp_path / "nodes-Family.csv").read_text()


def load(script: bytes, server: Server) -> None:
    for line in script.decode().splitlines():
        server.run(line.removesuffix(";"))


def test_a_cypher_script_makes_what_a_push_makes(hostile: Store, neo4j: Server) -> None:
    out = io.BytesIO()
    rows = cypher.write(hostile, out)
    load(out.getvalue(), neo4j)
    there = held(neo4j)
    assert rows == sum(map(len, there))
    with Store.open(":memory:") as copy:
        pull(copy, neo4j)
        assert exported(copy) == exported(hostile)
    assert push(hostile, neo4j).same == len(there[0])
    push(hostile, neo4j, everything=True)
    assert held(neo4j) == there


def test_words_are_looked_up_in_the_graph_that_was_loaded_last(store: Store, neo4j: Server, tmp_path: Path) -> None:
    for number, name in enumerate(("heat shock", "apoptosis"), 1):
        store.add_concept(Concept(kind="mechanism", name=name))
        out = io.BytesIO()
        cypher.write(store, out)
        clear(neo4j)
        load(out.getvalue(), neo4j)
        search = LocalSearch(neo4j, tmp_path)
        assert search.names().one("SELECT count(*) FROM concept") == (number,)
        search.close()

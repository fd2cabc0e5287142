"""``exapt neo4j``, as someone types it, with a real server."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made_graph import MadeGraph
from kg.mirror.server import Server
from kg.store import Store
from tests.kg.mirrored import neo4j as neo4j
from tests.queries.conftest import Run


@pytest.fixture
def known(neo4j: Server, neo4j_server: Any, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, named by the environment."""
    for name in ("uri", "username", "password"):
        monkeypatch.setenv(f"NEO4J_{name.upper()}", getattr(neo4j_server, name))
    return neo4j


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.db"
    with Store.open(path) as store:
        store.restore(MadeGraph(60).rows())
    return path


def test_push_status_pull_and_wipe(run: Run, made: Path, known: Server, tmp_path: Path) -> None:
    first = run("--store", made, "neo4j", "push")
    assert first.exit_code == 0, first.output
    assert "new nodes, 0 changed, 0 removed, 0 as they were" in first.stderr
    assert "nothing to send" in run("--store", made, "neo4j", "push").stderr
    rows = json.loads(run("--store", made, "neo4j", "status", "--format", "json").stdout)
    assert {row["label"] for row in rows} >= {"Mechanism", "Mapping", "Paper"}
    assert all(row["here"] == row["there"] and not row["new"] + row["changed"] + row["gone"] for row in rows)
    copy = tmp_path / "copy.db"
    assert run("neo4j", "pull", "--store", copy).exit_code == 0
    texts = [run("--store", path, "export", "jsonl", "-o", "-").stdout_bytes for path in (made, copy)]
    assert texts[0] == texts[1] != b""
    asked = run("neo4j", "wipe", input="n\n")
    assert asked.exit_code != 0
    assert known.run("MATCH (m:Mapping) RETURN count(*) > 0 AS there") == [{"there": True}]
    assert "nodes removed" in run("neo4j", "wipe", "--yes").stderr
    assert known.run("MATCH (n) WHERE n.exapt IS NOT NULL RETURN n") == []
    assert known.run("SHOW CONSTRAINTS YIELD name WHERE name STARTS WITH 'exapt' RETURN name") == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NEO4J_URI", "bolt://127.0.0.1:1", "no Neo4j answers there"),
        ("NEO4J_URI", "http://127.0.0.1:7474", "is no address of a Neo4j server"),
        ("NEO4J_PASSWORD", "wrong", "set NEO4J_USERNAME and NEO4J_PASSWORD"),
        ("NEO4J_DATABASE", "nosuch", "no database called 'nosuch'"),
    ],
)
def test_a_fault_is_one_line(
    run: Run, made: Path, known: Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    result = run("--store", made, "neo4j", "push")
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_pull_of_nothing_leaves_no_file(run: Run, known: Server, tmp_path: Path) -> None:
    result = run("neo4j", "pull", "--store", tmp_path / "none.db")
    assert result.exit_code == 1
    assert "holds no graph of exapt" in result.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_password_is_not_taken_from_the_command_line(run: Run) -> None:
    assert run("neo4j", "push", "--password", "secret").exit_code == 2


def test_browse_lists_and_prints_the_saved_queries(run: Run) -> None:
    rows = json.loads(run("neo4j", "browse", "--format", "json").stdout)
    assert rows[0]["query"] == "01_the_graph"
    assert all(Path(row["file"]).read_text("utf-8").startswith(f"// {row['title']}") for row in rows)
    printed = run("neo4j", "browse", "1")
    assert printed.stdout == Path(rows[0]["file"]).read_text("utf-8")
    style = Path(run("neo4j", "browse", "--style").stdout.strip())
    assert "node.Mechanism {" in style.read_text("utf-8")
    unknown = run("neo4j", "browse", "nothing")
    assert unknown.exit_code == 1
    assert "01_the_graph" in unknown.stderr


def test_without_docker_up_says_what_else_there_is(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("neo4j", "up")
    assert result.exit_code == 1
    assert result.stdout == ""
    for way in ("Docker is not here", "Neo4j Desktop", "Aura", "exapt neo4j push"):
        assert way in result.stderr


def test_the_password_that_up_makes_is_told_though_the_server_never_answers(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\n[ "$1" != container ]\n')  # Docker runs, and no container is there
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.delenv("NEO4J_PASSWORD", raising=False)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr("queries.neo4j_container.BOLT", closed.getsockname()[1])
        result = run("neo4j", "up", "--timeout", "1")
    assert result.exit_code == 1
    assert "it did not answer" in result.stderr
    assert re.search(r"its password: \S{12,}", result.stderr)

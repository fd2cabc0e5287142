"""The examples in the help of questions, and of what else needs the graph alone, work on the graph that ships with exapt."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kg import plugins
from queries.cli import cli

EXAMPLE = re.compile(r"^\s*(exapt .+)$", re.MULTILINE)
ON_THE_GRAPH = ("browse", "concept", "export", "plot", "prototype", "read", "reextract", "review")
"""Commands that need no network, no server, no race and no file of the user's."""
LEFT_OUT = {
    "exapt browse --serve": "it serves until it is stopped",
    "exapt ingest jsonl": "it takes a file of the user's",
    "exapt prototype check": "it asks no graph, and a test of its own runs it",
    "exapt prototype parts --path": "it takes a folder of the user's",
}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("examples") / "atlas.db"
    assert CliRunner().invoke(cli, ["--store", str(path), "ingest", "atlas"]).exit_code == 0
    return path


def examples(*path: str) -> list[str]:
    return EXAMPLE.findall(CliRunner().invoke(cli, [*path, "--help"]).stdout.partition("Example:")[2])


@pytest.mark.parametrize("question", ["", *plugins.names("queries.ask")])
def test_the_examples_answer(shipped: Path, question: str) -> None:
    found = examples("ask", *([question] if question else []))
    assert found
    for example in found:
        arguments = shlex.split(example)[1:]
        if "neo4j" in arguments:
            continue
        result = CliRunner().invoke(cli, ["--store", str(shipped), *arguments])
        assert result.exit_code == 0, (example, result.stderr)
        # Nothing was raced yet in the graph that ships.
        assert result.stdout.strip(" []\n") or question == "leaderboard", example


def within(*path: str) -> Iterator[tuple[str, ...]]:
    """A command and all those in it."""
    command: click.Command | None = cli
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    yield path
    for name in command.list_commands(click.Context(command)) if isinstance(command, click.Group) else ():
        yield from within(*path, name)


@pytest.mark.parametrize("command", ON_THE_GRAPH)
def test_the_examples_of_a_command_work_one_after_the_other(
    shipped: Path, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXAPT_STORE", "exapt.db")
    shutil.copy(shipped, "exapt.db")
    found = [example for path in within(command) for example in examples(*path)]
    assert found
    for example in dict.fromkeys(found):
        if not any(example.startswith(start) for start in LEFT_OUT):
            result = CliRunner().invoke(cli, shlex.split(example.partition(" | ")[0])[1:])
            assert result.exit_code == 0, (example, result.stderr)

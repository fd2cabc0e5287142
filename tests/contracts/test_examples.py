"""The examples in the help of questions answer on the graph that ships with exapt."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg import plugins
from queries.cli import cli

EXAMPLE = re.compile(r"^\s*(exapt ask .+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("examples") / "atlas.db"
    assert CliRunner().invoke(cli, ["--store", str(path), "ingest", "atlas"]).exit_code == 0
    return path


@pytest.mark.parametrize("question", ["", *plugins.names("queries.ask")])
def test_the_examples_answer(shipped: Path, question: str) -> None:
    told = CliRunner().invoke(cli, ["ask", *([question] if question else []), "--help"]).stdout
    examples = EXAMPLE.findall(told.partition("Example:")[2])
    assert examples
    for example in examples:
        arguments = shlex.split(example)[1:]
        if "neo4j" in arguments:
            continue
        result = CliRunner().invoke(cli, ["--store", str(shipped), *arguments])
        assert result.exit_code == 0, (example, result.stderr)
        # Nothing was raced yet in the graph that ships.
        assert result.stdout.strip(" []\n") or question == "leaderboard", example

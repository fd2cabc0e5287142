from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from queries.plugin_group import command_of_file
from queries.session import Session

CHECKOUT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "spacy", "sklearn", "networkx", "numpy", "scipy", "pandas", "rich", "matplotlib", "neo4j")
PROGRAM = """
import sys
from queries.cli import cli
try:
    cli({arguments!r})
except SystemExit as stop:
    print([name for name in {names!r} if name in sys.modules], stop.code, file=sys.stderr)
"""
"""Runs a command and then says which of the modules it imported, and its status."""
Run = Callable[..., Result]


def exapt(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The program itself, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kg", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd or CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "error"},
        timeout=120,
    )


def one_line(result: Result | subprocess.CompletedProcess[str]) -> str:
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("exapt: ")
    return lines[0]


def test_help_lists_every_command_with_a_line(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name in ("ask", "bench", "concept", "demo", "eval", "export", "extract", "ingest", "prototype"):
        assert f"\n  {name} " in result.stdout


def test_an_unknown_command_is_a_matter_of_usage(run: Run) -> None:
    result = run("ingset")
    assert result.exit_code == 2
    assert "Did you mean ingest?" in result.stderr
    assert "prototype" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [(("ask", "analgies", "x"), "analogies"), (("ingest", "arxive"), "atlas"), (("export", "gexff", "-o", "x"), "graphml")],
)
def test_an_unknown_thing_lists_what_exists(run: Run, arguments: tuple[str, ...], kind: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert kind in one_line(result)


def test_the_version_is_shown(run: Run) -> None:
    assert run("--version").stdout.startswith("exapt ")


def test_a_missing_store_says_how_to_fill_one(run: Run, tmp_path: Path) -> None:
    result = run("--store", tmp_path / "none.db", "ask", "stats")
    assert result.exit_code == 1
    assert "exapt ingest atlas" in one_line(result)
    assert not (tmp_path / "none.db").exists()


def test_a_store_of_a_newer_version_is_left_alone(run: Run, graph: Path) -> None:
    connection = sqlite3.connect(graph)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    result = run("--store", graph, "ask", "stats")
    assert result.exit_code == 1
    assert "newer" in one_line(result)


@pytest.mark.parametrize(
    "content", [b"", b"not a database, but long enough to look like a file of some kind" * 20, b"\0\xff" * 600]
)
def test_a_file_that_is_no_store_is_one_clear_line(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.db"
    path.write_bytes(content)
    result = run("--store", path, "ask", "stats")
    assert result.exit_code == 1
    assert str(path) in one_line(result)


def test_a_read_only_store_answers_questions_and_refuses_papers(
    run: Run, graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    essay = tmp_path / "essay.md"
    essay.write_text("# A note\n\nA few words of a note.\n", encoding="utf-8")
    allowed = os.access
    # Root may write everything, so the answer of the file system is given here.
    monkeypatch.setattr(os, "access", lambda path, mode, **more: mode != os.W_OK and allowed(path, mode, **more))
    assert run("--store", graph, "ask", "stats").exit_code == 0
    result = run("--store", graph, "ingest", "files", essay)
    assert result.exit_code == 1
    assert str(graph) in one_line(result)


def test_the_store_may_be_named_before_or_after_or_by_the_environment(
    run: Run, graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = run("--store", tmp_path / "none.db", "ask", "stats", "--store", graph)
    assert after.exit_code == 0
    assert run("--store", graph, "ask", "stats").stdout == after.stdout
    monkeypatch.setenv("EXAPT_STORE", str(graph))
    assert run("ask", "stats").stdout == after.stdout


def test_what_should_not_happen_is_one_line_and_debug_shows_more(run: Run, graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the moon fell")

    monkeypatch.setattr(Session, "view", fail)
    result = run("--store", graph, "ask", "stats")
    assert result.exit_code == 1
    assert "--debug" in one_line(result)
    debugged = run("--debug", "--store", graph, "ask", "stats")
    assert "Traceback" in debugged.stderr
    assert debugged.exit_code == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "pip install 'exapt[adaptive]'"),
        (PermissionError(13, "Permission denied", "/some/file"), "/some/file: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_what_the_machine_lacks_is_one_line(
    run: Run, graph: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Session, "view", fail)
    result = run("--store", graph, "ask", "stats")
    assert result.exit_code == 1
    assert said in one_line(result)


def test_ctrl_c_says_what_is_kept(run: Run, graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "view", stop)
    result = run("--store", graph, "ask", "stats")
    assert result.exit_code == 130
    assert "what was committed is kept" in result.stderr


def test_quiet_leaves_results_and_errors_alone(run: Run, graph: Path) -> None:
    loud, quiet = (run(*flag, "--store", graph, "ask", "gaps", "--limit", "1") for flag in ((), ("-q",)))
    assert loud.stdout == quiet.stdout
    assert quiet.stderr == ""


def test_the_program_runs_as_a_module(graph: Path) -> None:
    asked = exapt("--store", graph, "ask", "stats", "--format", "ndjson")
    assert asked.returncode == 0, asked.stderr
    assert '"papers"' in asked.stdout
    assert exapt("--store", graph, "ask", "nothing").returncode == 1


def test_a_reader_that_leaves_early_is_no_error(graph: Path) -> None:
    command = f"'{sys.executable}' -m kg --store '{graph}' export jsonl -o - | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=CHECKOUT, timeout=120)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("ask", "--help"),
        ("ask", "analogies", "how do cells survive heat stress"),
        ("ask", "explain", "heat shock response -> dynamic regularization"),
        ("ask", "gaps"),
        ("ask", "contrasts"),
        ("ask", "layers"),
        ("ask", "stats"),
        ("ask", "leaderboard"),
        ("prototype", "list"),
        ("bench", "list"),
    ],
)
def test_nothing_heavy_is_imported_to_ask_or_list(graph: Path, arguments: tuple[str, ...]) -> None:
    program = PROGRAM.format(arguments=["--store", str(graph), *arguments], names=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=CHECKOUT, timeout=120)
    assert done.stderr.splitlines()[-1] == "[] 0", done.stderr


def test_listing_commands_imports_none_of_them() -> None:
    program = PROGRAM.format(arguments=["--help"], names=("queries.commands.ingest", "queries.commands.ask"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=CHECKOUT, timeout=120)
    assert done.stderr.splitlines()[-1] == "[] 0"


def test_a_file_in_the_commands_folder_is_a_command() -> None:
    assert command_of_file("queries.commands", "ask").name in ("ask", "command")

"""A watch says what is new, once, and nothing where nothing is; whatever happens in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from kg.raw import Watched
from kg.store import Store
from tests.loopback import PRUNING, Loopback, Made, Reply, arxiv_of, made

Run = Callable[..., Result]
FAST = ("--interval", "0", "--tries", "2", "--timeout", "5")
TODAY = datetime.now(UTC).date()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def watch(run: Run, store: Path, loopback: Loopback) -> Run:
    return lambda *arguments: run("--store", store, "watch", *arguments, "--base-url", loopback.url, *FAST)


def pruning(number: int) -> Made:
    return Made(f"2405.{number:05d}", f"Pruning as the brain does, {number}", PRUNING)


def first_day(loopback: Loopback) -> str:
    return loopback.requests[-1].query["search_query"].partition("submittedDate:[")[2][:8]


def test_what_is_new_is_a_line_and_is_said_once(watch: Run, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of([pruning(1), *made(3, first=2)])
    result = watch("brain")
    assert result.exit_code == 0, result.output
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert lines and all(len(line) == 4 for line in lines)
    mapping, belief, paper, title = lines[0]
    assert " -> " in mapping and 0 < float(belief) < 1
    assert (paper, title) == ("arxiv:2405.00001", "Pruning as the brain does, 1")
    again = watch("brain")
    assert (again.exit_code, again.output) == (0, "")
    loopback.otherwise = arxiv_of([pruning(9), pruning(1)])
    assert {line.split("\t")[2] for line in watch("brain").stdout.splitlines()} == {"arxiv:2405.00009"}


def test_lines_of_json(watch: Run, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of([pruning(1)])
    row = json.loads(watch("brain", "--format", "json").stdout.splitlines()[0])
    assert row["paper"] == "arxiv:2405.00001" and row["relation"] == "inspires" and row["mapping"].startswith("m")


def test_nothing_new_prints_nothing_at_all(watch: Run, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of([])
    result = watch("brain", "cells")
    assert (result.exit_code, result.output) == (0, "")
    assert len(loopback.requests) == 2


def test_the_first_watch_looks_back_a_week_and_later_ones_to_the_last(watch: Run, store: Path, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of(made(1))
    watch("brain")
    assert first_day(loopback) == f"{TODAY - timedelta(days=7):%Y%m%d}"
    watch("brain")
    assert first_day(loopback) == f"{TODAY - timedelta(days=4):%Y%m%d}"
    with Store.open(store) as kept:
        kept.set_watched('["brain", []]', Watched(until="2024-03-10"))
    watch("brain")
    assert first_day(loopback) == "20240306"
    watch("brain", "--since", "2023-01-01")
    assert first_day(loopback) == "20230101"


def test_days_on_which_arxiv_did_not_answer_are_asked_for_next_time(watch: Run, store: Path, loopback: Loopback) -> None:
    with Store.open(store) as kept:
        kept.set_watched('["brain", []]', Watched(until="2024-03-10"))
    loopback.otherwise = lambda request: Reply(status=503)
    result = watch("brain")
    assert result.exit_code == 1
    assert result.stdout == "" and len(result.stderr.splitlines()) == 1
    loopback.otherwise = arxiv_of([pruning(1)])
    assert watch("brain").stdout
    assert first_day(loopback) == "20240306"


def test_one_query_that_fails_does_not_stop_the_others(watch: Run, loopback: Loopback) -> None:
    answer = arxiv_of([pruning(1)])
    loopback.otherwise = lambda request: Reply(status=404) if "bad" in request.query["search_query"] else answer(request)
    result = watch("bad", "brain")
    assert result.exit_code == 1
    assert "arxiv:2405.00001" in result.stdout


def test_a_title_cannot_steer_a_terminal(watch: Run, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of([Made("2405.00001", "Pruning\u202e as the\tbrain\u200b does", PRUNING)])
    lines = watch("brain").stdout.splitlines()
    assert lines and all(line.count("\t") == 3 and "\u202e" not in line for line in lines)


def test_a_query_for_nothing_is_refused(watch: Run, store: Path) -> None:
    assert watch("").exit_code == 1
    assert not store.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed in the way of Unix")
def test_a_watch_that_is_killed_while_it_takes_papers_in_still_tells_the_news(
    watch: Run, store: Path, loopback: Loopback
) -> None:
    loopback.otherwise = arxiv_of([pruning(number) for number in range(1, 4)])
    command = [sys.executable, "-c", KILLED, "--store", store, "watch", "brain", "--base-url", loopback.url, *FAST]
    killed = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout == ""
    with Store.open(store) as kept:
        assert len(kept.evidence()) >= 3, "it was killed after its papers were taken in"
    assert {line.split("\t")[2] for line in watch("brain").stdout.splitlines()} == {f"arxiv:2405.{n:05d}" for n in range(1, 4)}
    assert watch("brain").output == ""


KILLED = """
import os, signal
import queries.commands.watch as watch
watch._print_new = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
from queries.cli import cli
cli()
"""

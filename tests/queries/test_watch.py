"""A watch says what is new, once, and nothing where nothing is; whatever happens in between."""

from __future__ import annotations

import json
import re
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
from tests.loopback import PLAIN, PRUNING, Loopback, Made, Reply, Request, arxiv_of, made

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


def dated(papers: list[Made]) -> Callable[[Request], Reply]:
    """arXiv with these papers, the newest first, of the days that are asked for."""

    def answer(request: Request) -> Reply:
        first, last = re.findall(r"\[(\d{8})0000 TO (\d{8})2359\]", request.query["search_query"])[0]
        return arxiv_of([paper for paper in papers if first <= paper.day.replace("-", "") <= last])(request)

    return answer


def days(loopback: Loopback) -> list[str]:
    """Which days the requests since the last call asked for."""
    found = [re.findall(r"\[(\d{8})0000 TO (\d{8})2359\]", request.query["search_query"])[0] for request in loopback.requests]
    loopback.requests.clear()
    return [f"{first} {'' if last == '21991231' else last}".strip() for first, last in found]


def until(store: Path, day: str | None = None) -> str | None:
    """The date of the query, after it is set to ``day`` where one is given."""
    with Store.open(store) as kept:
        if day:
            kept.set_watched('["brain", []]', Watched(until=day))
        return kept.watched('["brain", []]').until


def test_looking_back_some_days_skips_none_that_were_never_asked_for(watch: Run, store: Path, loopback: Loopback) -> None:
    loopback.otherwise = dated([])
    until(store, "2024-01-01")
    result = watch("brain", "--since", "2024-06-10")
    assert (result.exit_code, until(store)) == (0, "2024-01-01")
    assert len(result.stderr.splitlines()) == 1 and "2024-01-01" in result.stderr and "2024-06-10" in result.stderr
    watch("brain")
    assert days(loopback) == ["20240610", "20231228"]
    assert until(store) == f"{TODAY}"


@pytest.mark.parametrize("before", [None, "2024-01-01", f"{TODAY}"])
def test_looking_back_past_the_last_watch_joins_it(watch: Run, store: Path, loopback: Loopback, before: str | None) -> None:
    loopback.otherwise = dated([])
    until(store, before)
    assert watch("brain", "--since", "2023-12-01").output == ""
    assert until(store) == f"{TODAY}"


def test_a_gap_with_more_papers_than_a_call_takes_is_closed_by_the_next_ones(
    watch: Run, store: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queries.commands.watch.MOST", 4)
    papers = [Made(f"2402.{n:05d}", f"Made paper number {n}", PLAIN, f"2024-02-{n:02d}") for n in range(11, 0, -1)]
    loopback.otherwise = dated(papers)
    until(store, "2024-02-02")
    said = [watch("brain").stderr for _ in range(5)]
    recent = f"{TODAY - timedelta(days=4):%Y%m%d}"
    assert days(loopback) == [
        "20240129", recent, "20240129 20240208", recent, "20240129 20240205", recent, "20240129 20240202", recent
    ]  # fmt: skip
    assert ["2024-02-08" in said[0], "2024-02-05" in said[1], "2024-02-02" in said[2]] == [True] * 3
    assert [len(line.splitlines()) for line in said] == [1, 1, 1, 0, 0]
    with Store.open(store) as kept:
        assert len(list(kept.papers())) == 11


def test_a_day_with_more_papers_than_a_call_takes_holds_nothing_up(
    watch: Run, store: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queries.commands.watch.MOST", 4)
    papers = [
        Made(f"2402.{n:05d}", f"Made paper number {n}", PLAIN, "2024-02-02" if n > 2 else "2024-01-31") for n in range(9, 0, -1)
    ]
    loopback.otherwise = dated(papers)
    until(store, "2024-02-02")
    said = [watch("brain").stderr for _ in range(4)]
    assert "of 2024-02-02" in said[1]
    assert said[2:] == ["", ""]
    with Store.open(store) as kept:
        assert len(list(kept.papers())) == 6, "the newest four of the day, and those of the days before"


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

"""Whatever ends an ingest, what was committed stays, and running it again completes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import made_papers
from benchmarks.command import exapt
from benchmarks.crash import digest, kept, settled, survive
from kg.store import Store


def test_killed_at_random_points_nothing_is_lost(tmp_path: Path) -> None:
    done = survive(tmp_path, kills=10, papers=1500, jobs=1)
    assert (done.kills, done.lost, done.unlike) == (10, 0, 0)
    assert done.midway


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_fifty_times_nothing_is_lost(tmp_path: Path, jobs: int) -> None:
    done = survive(tmp_path, kills=50, papers=6000, jobs=jobs, seed=1)
    assert (done.kills, done.lost, done.unlike) == (50, 0, 0)
    assert done.midway > 10


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit on the size of files")
def test_a_full_disk_is_one_line_and_the_rest_follows_when_there_is_room(tmp_path: Path) -> None:
    import resource

    def cramped() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    papers = made_papers.write(tmp_path / "papers.jsonl", 2000)
    command = exapt("--store", tmp_path / "graph.db", "ingest", "jsonl", papers, "--jobs", 1)
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=cramped)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "what was saved before is kept" in done.stderr
    before = kept(tmp_path / "graph.db")
    assert 0 < len(before) < 2000
    subprocess.run(command, check=True, capture_output=True)
    after = kept(tmp_path / "graph.db")
    assert before.keys() <= after.keys()
    # A paper that waited to be read has been read since; what was settled stays as it was.
    assert {key: one for key, one in before.items() if settled(one)}.items() <= after.items()
    subprocess.run(exapt("--store", tmp_path / "whole.db", "ingest", "jsonl", papers), check=True, capture_output=True)
    assert digest(tmp_path / "graph.db") == digest(tmp_path / "whole.db")


def test_a_second_writer_waits_and_then_says_why_it_cannot(tmp_path: Path) -> None:
    papers = made_papers.write(tmp_path / "papers.jsonl", 20)
    command = exapt("--store", tmp_path / "graph.db", "ingest", "jsonl", papers)
    with Store.open(tmp_path / "graph.db") as first, first.transaction():
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "another exapt is writing" in done.stderr
    subprocess.run(command, check=True, capture_output=True)
    assert len(kept(tmp_path / "graph.db")) == 20

"""Files that commands write: whole or not at all, and never the store's own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
WRITERS = {
    "export": ("export", "jsonl", "-o"),
    "browse": ("browse", "-o"),
    "review": ("review", "--export"),
    "verdicts": ("bench", "verdicts", "heat_shock_regularization", "--page"),
    "prototype": ("prototype", "make", "heat shock response -> dynamic regularization", "--force", "-o"),
}


@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
@pytest.mark.parametrize("command", WRITERS)
def test_no_command_writes_over_the_store(run: Run, graph: Path, command: str, end: str) -> None:
    before = graph.read_bytes()
    result = run("--store", graph, *WRITERS[command], f"{graph}{end}")
    assert result.exit_code == 1
    assert "is the store" in result.stderr and len(result.stderr.splitlines()) == 1
    assert graph.read_bytes() == before


@pytest.mark.parametrize("command", ["export", "browse", "review"])
def test_a_folder_is_no_name_of_a_file(
    run: Run, graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (".", str(tmp_path)):
        result = run("--store", graph, *WRITERS[command], folder)
        assert result.exit_code in (1, 2)
        assert "folder" in result.stderr or "directory" in result.stderr


def test_what_cannot_be_written_is_said_so(run: Run, graph: Path, tmp_path: Path) -> None:
    result = run("--store", graph, "export", "jsonl", "-o", tmp_path / "no" / "file.jsonl")
    assert result.stderr == f"exapt: cannot write {tmp_path / 'no' / 'file.jsonl'}: No such file or directory\n"


def test_a_pipe_is_written_into_and_stays_a_pipe(run: Run, graph: Path, tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert run("--store", graph, "export", "jsonl", "-o", pipe).exit_code == 0
    reader.join(timeout=30)
    assert pipe.is_fifo()
    assert read[0].decode() == run("--store", graph, "export", "jsonl", "-o", "-").stdout


def test_what_a_link_leads_to_is_replaced(run: Run, graph: Path, tmp_path: Path) -> None:
    there, link = tmp_path / "there.jsonl", tmp_path / "link.jsonl"
    there.write_text("old")
    link.symlink_to(there)
    assert run("--store", graph, "export", "jsonl", "-o", link).exit_code == 0
    assert link.is_symlink()
    assert there.read_text().startswith("{")

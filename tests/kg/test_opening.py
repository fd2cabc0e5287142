"""Opening a store: what works where, and what is said where it does not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import kg.database
from kg.errors import StoreError
from kg.migrations import MIGRATIONS, VERSION
from kg.model import Paper
from kg.store import Store

MakePaper = Callable[..., Paper]


def inside(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def one_line(error: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(error.value)
    assert "\n" not in text and "Traceback" not in text
    return text


def test_what_was_written_is_there_when_opened_again(tmp_path: Path, paper: MakePaper) -> None:
    with Store.open(tmp_path / "graph.db") as store:
        store.add_paper(paper(1))
    with Store.open(tmp_path / "graph.db", write=False) as store:
        assert store.paper("arxiv:2401.00001").abstract == paper(1).abstract
    assert inside(tmp_path) == ["graph.db"]


def test_reading_a_missing_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        Store.open(tmp_path / "graph.db", write=False)
    assert "exapt ingest atlas" in one_line(error)
    assert inside(tmp_path) == []


def test_a_missing_store_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Store.open(tmp_path / "graph.db", create=False)
    assert inside(tmp_path) == []


@pytest.mark.parametrize("name", ["", ".", "absent/graph.db", "nul\0byte.db", "x" * 5000])
@pytest.mark.parametrize("write", [True, False])
def test_a_path_that_can_hold_no_store_is_refused(tmp_path: Path, name: str, write: bool) -> None:
    with pytest.raises(StoreError) as error:
        Store.open(f"{tmp_path}/{name}", write=write)
    one_line(error)


@pytest.mark.parametrize("name", ["a b?mode=memory#x%41.db", "Ünïcode ☃.db"])
def test_any_file_name_is_itself(tmp_path: Path, name: str) -> None:
    with Store.open(tmp_path / name):
        pass
    assert inside(tmp_path) == [name]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n" * 300, b"a short note", b"SQLite format 3\0" + b"\xff" * 4000])
@pytest.mark.parametrize("write", [True, False])
def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, content: bytes, write: bool) -> None:
    path = tmp_path / "picture.db"
    path.write_bytes(content)
    with pytest.raises(StoreError) as error:
        Store.open(path, write=write)
    one_line(error)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE song (name)")
    other.commit()
    other.close()
    with pytest.raises(StoreError, match="another program"):
        Store.open(tmp_path / "other.db")


def test_an_empty_file_becomes_a_store_only_when_written(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    path.touch()
    with pytest.raises(StoreError, match="ingest atlas"):
        Store.open(path, write=False)
    with Store.open(path) as store:
        assert store.counts()["papers"] == 0


@pytest.mark.parametrize("write", [True, False])
def test_a_store_of_a_newer_version_asks_for_an_upgrade(tmp_path: Path, write: bool) -> None:
    path = tmp_path / "graph.db"
    Store.open(path).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    newer.close()
    with pytest.raises(StoreError) as error:
        Store.open(path, write=write)
    assert "upgrade exapt" in one_line(error)


def test_each_migration_leaves_its_record(tmp_path: Path) -> None:
    Store.open(tmp_path / "graph.db").close()
    file = sqlite3.connect(tmp_path / "graph.db")
    assert file.execute("SELECT number, name FROM migration").fetchall() == [migration[:2] for migration in MIGRATIONS]
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    tables = file.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND schema = 'main'").fetchall()
    assert {name for (name,) in tables} <= {"sqlite_schema"}
    file.close()


def test_a_read_only_store_is_read_without_touching_its_folder(
    tmp_path: Path, paper: MakePaper, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path / "graph.db") as store:
        store.add_paper(paper(1))
    # Told so instead of made so: the rights of a file do not hold for every user that runs tests.
    monkeypatch.setattr("kg.database.os.access", lambda *_: False)
    with Store.open(tmp_path / "graph.db", write=False) as store:
        assert store.counts()["papers"] == 1
        assert store.search_passages("stress") == []
        assert inside(tmp_path) == ["graph.db"]
    with pytest.raises(StoreError) as error:
        Store.open(tmp_path / "graph.db")
    assert "cannot be written" in one_line(error)


def test_a_store_opened_for_reading_is_not_changed(tmp_path: Path, paper: MakePaper) -> None:
    Store.open(tmp_path / "graph.db").close()
    with Store.open(tmp_path / "graph.db", write=False) as store, pytest.raises(StoreError, match="reading only"):
        store.add_paper(paper(1))


def test_a_second_writer_is_told_of_the_first(tmp_path: Path, paper: MakePaper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kg.database, "WAIT_SECONDS", 0.01)
    with Store.open(tmp_path / "graph.db") as first, Store.open(tmp_path / "graph.db") as second:
        with first.transaction():
            first.add_paper(paper(1))
            with pytest.raises(StoreError, match="another exapt is writing"):
                second.add_paper(paper(2))
            assert second.counts()["papers"] == 0
        assert second.add_paper(paper(2)) == ("arxiv:2401.00002", "new")


def test_a_store_that_is_being_made_is_not_taken_for_another_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another makes its tables at the very moment at which this one looks whether there are any."""
    path, connect = tmp_path / "graph.db", kg.database._connect

    def watched(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        monkeypatch.setattr(kg.database, "_connect", connect)
        connection.set_trace_callback(lambda sql: Store.open(path).close() if "sqlite_master" in sql else None)
        return connection

    monkeypatch.setattr(kg.database, "_connect", watched)
    with Store.open(path) as store:
        assert store.counts()["papers"] == 0


def test_many_may_open_and_write_at_once(tmp_path: Path, paper: MakePaper) -> None:
    def work(worker: int) -> None:
        with Store.open(tmp_path / "graph.db") as store:
            for number in range(5):
                store.add_paper(paper(10 * worker + number))

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))
    with Store.open(tmp_path / "graph.db", write=False) as store:
        assert store.counts()["papers"] == 20


def test_a_full_disk_keeps_what_was_saved(tmp_path: Path, paper: MakePaper) -> None:
    path = tmp_path / "graph.db"
    with Store.open(path) as store:
        store.add_paper(paper(1))
        store._database.run("PRAGMA max_page_count = 60")
        with pytest.raises(StoreError) as error, store.transaction():
            for number in range(2, 2000):
                store.add_paper(paper(number, abstract="stress " * 500))
        assert "disk is full" in one_line(error)
        assert [one.key for one in store.papers()] == ["arxiv:2401.00001"]
    with Store.open(path) as store:
        assert store.add_paper(paper(2))[1] == "new"


def test_a_damaged_store_is_named(tmp_path: Path, paper: MakePaper) -> None:
    path = tmp_path / "graph.db"
    with Store.open(path) as store, store.transaction():
        for number in range(300):
            store.add_paper(paper(number))
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = b"\xee" * (len(content) - 4096 * 3)
    path.write_bytes(content)
    with pytest.raises(StoreError) as error, Store.open(path, write=False) as store:
        list(store.export())
    assert "damaged" in one_line(error)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "graph.db")
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.counts()


def test_a_failed_block_leaves_nothing(store: Store, paper: MakePaper) -> None:
    with pytest.raises(KeyboardInterrupt), store.transaction():
        store.add_paper(paper(1))
        raise KeyboardInterrupt
    assert store.counts()["papers"] == 0
    assert store.add_paper(paper(1))[1] == "new"


def test_an_inner_block_takes_back_its_own_part_only(store: Store, paper: MakePaper) -> None:
    with store.transaction():
        store.add_paper(paper(1))
        with pytest.raises(ValueError), store.transaction():
            store.add_paper(paper(2))
            raise ValueError
        with store.transaction():
            store.add_paper(paper(3))
    assert [one.key for one in store.papers()] == ["arxiv:2401.00001", "arxiv:2401.00003"]


def test_an_outer_block_takes_back_its_inner_ones(store: Store, paper: MakePaper) -> None:
    with pytest.raises(ValueError), store.transaction():
        with store.transaction():
            store.add_paper(paper(1))
        raise ValueError
    assert store.counts()["papers"] == 0

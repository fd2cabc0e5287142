"""Answers of the network in the store, the pages of a run, and all sources of a paper."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import NotFound, StoreError
from kg.model import Paper
from kg.raw import Raw, Watched
from kg.store import Store

MakePaper = Callable[..., Paper]
ANSWER = Raw(source="arxiv", url="http://x/1", fetched_at="2024-01-01T00:00:00Z", status=200, body=b"<feed/>" * 100)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


def other(**changes: object) -> Raw:
    return replace(ANSWER, **changes)  # type: ignore[arg-type]


def test_an_answer_comes_back_as_it_was(store: Store) -> None:
    assert store.add_raw(ANSWER)
    assert store.raw(ANSWER.sha256) == ANSWER
    with pytest.raises(NotFound):
        store.raw("0" * 64)


def test_the_same_answer_to_the_same_request_is_kept_once(store: Store) -> None:
    assert store.add_raw(ANSWER)
    assert not store.add_raw(other(fetched_at="2024-02-02T00:00:00Z"))
    assert store.add_raw(other(body=b"another"))
    assert store.add_raw(other(url="http://x/2", source="hf_daily"))
    assert [(raw.url, raw.body[:7]) for raw in store.raws()] == [
        ("http://x/1", b"<feed/>"), ("http://x/1", b"another"), ("http://x/2", b"<feed/>")
    ]  # fmt: skip
    assert [raw.url for raw in store.raws(source="hf_daily")] == ["http://x/2"]


def test_more_answers_than_are_read_at_a_time(store: Store) -> None:
    for number in range(45):
        store.add_raw(other(url=f"http://x/{number}"))
    assert len(list(store.raws())) == 45


def test_answers_are_no_part_of_an_export(store: Store) -> None:
    store.add_raw(ANSWER, run="a")
    assert list(store.export()) == []


def test_a_run_knows_its_pages_until_it_ends(store: Store) -> None:
    store.add_raw(ANSWER, run="a")
    store.add_raw(other(url="http://x/2", fetched_at="2023-12-31T00:00:00Z"), run="a")
    store.add_raw(other(fetched_at="2024-03-03T00:00:00Z"), run="b")
    assert store.pages("a") == (2, "2023-12-31T00:00:00Z")
    assert store.page("a", "http://x/1") == ANSWER
    page = store.page("b", "http://x/1")
    assert page is not None and page.fetched_at == "2024-03-03T00:00:00Z", (
        "when this run asked, not when the answer was first seen"
    )
    store.end_run("a")
    assert store.pages("a") == (0, "")
    assert store.page("a", "http://x/1") is None
    assert store.raw(ANSWER.sha256) == ANSWER


def test_how_far_a_query_was_watched(store: Store) -> None:
    assert store.watched("cells") == Watched()
    store.set_watched("cells", Watched(until="2024-01-01", before="[]"))
    store.set_watched("cells", Watched(until="2024-01-02"))
    assert store.watched("cells") == Watched(until="2024-01-02")


def test_a_damaged_answer_is_said(tmp_path: Path) -> None:
    with Store.open(tmp_path / "graph.db") as store:
        store.add_raw(ANSWER)
    with sqlite3.connect(tmp_path / "graph.db") as connection:
        connection.execute("UPDATE raw SET body = x'0102'")
    connection.close()
    with Store.open(tmp_path / "graph.db") as store, pytest.raises(StoreError, match="damaged"):
        store.raw(ANSWER.sha256)


def test_a_paper_remembers_all_its_sources(store: Store, paper: MakePaper) -> None:
    first = replace(paper(1), source="hf_daily")
    key, _ = store.add_paper(first)
    assert store.sources(key) == ("hf_daily",)
    for source in ("jsonl", "arxiv", "hf_daily", "arxiv"):
        assert store.add_paper(replace(first, source=source, raw_sha256="a" * 64))[0] == key
    assert store.sources(key) == ("hf_daily", "arxiv", "jsonl")
    (row,) = store.export()
    assert row["also_from"] == ["arxiv", "jsonl"]


def test_two_papers_that_turn_out_to_be_one_join_their_sources(store: Store) -> None:
    store.add_paper(Paper(key="arxiv:2401.00001", title="One title", source="arxiv"))
    store.add_paper(Paper(key="doi:10.1000/x", title="Another title", source="bibtex"))
    store.add_paper(Paper(key="doi:10.1000/x", title="Another title", source="jsonl"))
    both = Paper(key="arxiv:2401.00001", title="One title", ids=(("doi", "10.1000/x"),), source="hf_daily")
    key, _ = store.add_paper(both)
    assert {*store.sources(key)} == {"arxiv", "bibtex", "jsonl", "hf_daily"}
    assert len(list(store.papers())) == 1

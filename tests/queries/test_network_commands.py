"""The commands that ask the network, whole, against a server that misbehaves; and reading again without any."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import ingest.http
from kg.store import Store
from tests.loopback import JSON, PRUNING, Loopback, Made, Reply, arxiv_of, feed, hf_of, made

Run = Callable[..., Result]
FAST = ("--interval", "0", "--tries", "3", "--timeout", "5")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def arxiv(run: Run, store: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("EXAPT_ARXIV_URL", f"{loopback.url}/api/query")
    return lambda *arguments: run("--store", store, "ingest", "arxiv", *arguments, "--page-size", 4, *FAST)


@pytest.fixture
def hf(run: Run, store: Path, loopback: Loopback) -> Run:
    return lambda *arguments: run(
        "--store", store, "ingest", "hf", "--base-url", loopback.url, *arguments, "--page-size", 4, *FAST
    )


def summary(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert isinstance(said, dict)
    return said


def exported(run: Run, store: Path) -> str:
    return run("--store", store, "export", "jsonl", "-o", "-").stdout


def test_a_search_becomes_papers_and_mappings(arxiv: Run, run: Run, store: Path, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of([*made(9), Made("2405.09999", "Pruning as the brain does", PRUNING)])
    said = summary(arxiv("brain", "--category", "cs.NE", "--from", "2024-05-01", "--format", "json"))
    assert (said["new"], said["failed"]) == (10, [])
    assert said["mappings"] >= 1
    assert "submittedDate:[202405010000 TO" in loopback.requests[0].query["search_query"]
    before = exported(run, store)
    assert summary(arxiv("brain", "--category", "cs.NE", "--from", "2024-05-01", "--format", "json"))["known"] == 10
    assert exported(run, store) == before


def test_a_failure_midway_keeps_what_came_and_goes_on_next_time(arxiv: Run, run: Run, store: Path, loopback: Loopback) -> None:
    papers = made(12)
    loopback.next = [Reply(feed(papers[:4], 12)), Reply(feed(papers[4:8], 12)), *[Reply(status=503)] * 3]
    result = arxiv("brain", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["new"] == 8
    assert "2 pages before it are kept" in result.stderr.splitlines()[-1]
    loopback.otherwise = arxiv_of(papers)
    loopback.requests.clear()
    said = summary(arxiv("brain", "--format", "json"))
    assert (said["new"], said["known"]) == (4, 8)
    assert [request.query["start"] for request in loopback.requests] == ["8"]
    other = store.with_name("other.db")
    assert summary(run("--store", other, "ingest", "arxiv", "brain", "--format", "json", "--page-size", 4, *FAST))["new"] == 12
    assert exported(run, other) == exported(run, store)


def test_ids_may_be_named_in_one_option_or_several(arxiv: Run, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of(made(5))
    result = arxiv("--id", "2405.00001,2405.00002v1", "--id", "2405.00004", "--id", "2405.99999", "--format", "json")
    said = summary(result)
    assert said["new"] == 3
    assert said["failed"] == ["cannot read arXiv id 2405.99999: arXiv has no such paper"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429),
        Reply(status=429, headers={"Retry-After": "0"}),
        Reply(status=503),
        Reply(feed([], 9)),
        Reply(feed(made(4), 9), length=10_000),
        Reply(feed(made(4), 9)[:-99]),
        Reply(hang_up=True),
    ],
    ids=["429", "429 with Retry-After", "503", "empty page", "truncated body", "invalid XML", "hung up"],
)
def test_what_passes_is_waited_for_and_what_stays_is_one_line(arxiv: Run, loopback: Loopback, reply: Reply) -> None:
    loopback.otherwise = arxiv_of(made(9))
    loopback.next = [reply, reply]
    assert summary(arxiv("brain", "--format", "json"))["new"] == 9
    loopback.otherwise = lambda request: reply
    result = arxiv("other words")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("exapt: cannot read http://127.0.0.1:")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(b"<html/>", kind="text/html"), "answers with text/html"),
        (Reply(status=302, headers={"Location": "/api/query"}), "redirects more than 5 times"),
        (Reply(b"<!DOCTYPE feed [<!ENTITY a 'aaa'>]><feed xmlns='http://www.w3.org/2005/Atom'>&a;</feed>"), "document type"),
        (Reply(b"x" * (1 << 20), repeat=100), "too large"),
        (Reply(b"no", status=403, kind="text/plain"), "status 403"),
    ],
    ids=["wrong type", "redirect loop", "entities", "100 MB", "refused"],
)
def test_what_will_not_pass_ends_at_once(arxiv: Run, store: Path, loopback: Loopback, reply: Reply, why: str) -> None:
    loopback.otherwise = arxiv_of(made(3))
    assert summary(arxiv("brain", "--format", "json"))["new"] == 3
    loopback.otherwise = lambda request: reply
    result = arxiv("other words")
    assert result.exit_code == 1
    assert why in result.stderr and "Traceback" not in result.output
    with Store.open(store, write=False) as kept:
        assert len(list(kept.papers())) == 3


def test_a_slow_drip_ends(run: Run, store: Path, loopback: Loopback) -> None:
    loopback.otherwise = lambda request: Reply(feed(made(3)), drip=0.01)
    options = ("--interval", 0, "--tries", 2, "--timeout", 0.3, "--base-url", loopback.url)
    result = run("--store", store, "ingest", "arxiv", "brain", *options)
    assert result.exit_code == 1
    assert "does not answer in time (2 tries)" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("arxiv",), ("arxiv", "x", "--from", "yesterday"), ("arxiv", "x", "--base-url", "ftp://x"), ("arxiv", "x", "--max", "0"),
        ("arxiv", "--id", "nonsense"), ("hf",), ("hf", "--date", "2024-13-01"), ("hf", "--date", "2024-05-01", "--from", "x"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_before_anything_is_asked(run: Run, store: Path, arguments: tuple[str, ...]) -> None:
    result = run("--store", store, "ingest", *arguments)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert not store.exists()


def test_no_option_asks_arxiv_faster_than_it_wants(run: Run, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_with: list[float] = []

    class Refusing(ingest.http.Fetcher):
        def fetch(self, url: str, **_: Any) -> Any:
            made_with.append(self.interval)
            raise ingest.http.NoAnswer(url, "nothing is asked of it in a test")

    monkeypatch.setattr(ingest.http, "Fetcher", Refusing)
    run("--store", store, "ingest", "arxiv", "brain", "--interval", "0")
    run("--store", store, "ingest", "hf", "--date", "2024-05-20", "--interval", "0")
    assert made_with == [3.0, 0.0]


def test_daily_papers_by_day_week_and_month(hf: Run, store: Path, loopback: Loopback) -> None:
    loopback.otherwise = hf_of(made(6))
    said = summary(hf("--date", "2024-05-20", "--week", "2024-W21", "--month", "2024-05", "--format", "json"))
    assert (said["new"], said["known"]) == (6, 12)
    with Store.open(store, write=False) as kept:
        paper = kept.paper("arxiv:2405.00003")
        assert (paper.published, paper.listed) == ("2024-05-04", "2024-05-20")


def test_daily_papers_go_on_where_they_stopped(hf: Run, loopback: Loopback) -> None:
    papers = made(10)
    answer = hf_of(papers)
    loopback.otherwise = lambda request: answer(request) if request.query["p"] == "0" else Reply(b"[", kind=JSON)
    result = hf("--month", "2024-05")
    assert result.exit_code == 1 and "4 new" in result.stderr
    loopback.otherwise = answer
    loopback.requests.clear()
    assert summary(hf("--month", "2024-05", "--format", "json"))["new"] == 6
    assert [request.query["p"] for request in loopback.requests] == ["1", "2"]


def test_a_saved_page_and_a_saved_answer_go_in_together(run: Run, store: Path, tmp_path: Path) -> None:
    body = "We study how a made method behaves on made data. It is as good as any other made method that we know of. " * 3
    page = f"Daily Papers\n\nMay 20\n\nA made paper on a page\n\n{body}\n\n• 3 authors\n\nPublished on May 17, 2024\n"
    (tmp_path / "page.txt").write_text(page)
    (tmp_path / "saved.json").write_text(json.dumps([paper.listed() for paper in made(2)]))
    said = summary(
        run("--store", store, "ingest", "hf", "--from", tmp_path / "page.txt", tmp_path / "saved.json", "--format", "json")
    )
    assert (said["new"], said["failed"]) == (3, [])


def test_one_paper_from_four_sources_is_one_paper_that_names_them(
    arxiv: Run, hf: Run, run: Run, store: Path, loopback: Loopback, tmp_path: Path
) -> None:
    paper = Made("2405.00001", "Pruning as the brain does", PRUNING, doi="10.1000/made")
    loopback.otherwise = arxiv_of([paper])
    summary(arxiv("brain", "--format", "json"))
    loopback.otherwise = hf_of([paper])
    summary(hf("--date", "2024-05-20", "--format", "json"))
    dump = {"id": paper.id, "title": paper.title, "abstract": paper.summary, "categories": "cs.NE", "doi": paper.doi}
    (tmp_path / "dump.json").write_text(json.dumps(dump) + "\n")
    summary(run("--store", store, "ingest", "arxiv-snapshot", tmp_path / "dump.json", "--format", "json"))
    (tmp_path / "own.jsonl").write_text(json.dumps({"title": "Pruning As the Brain Does.", "doi": "10.1000/MADE"}) + "\n")
    summary(run("--store", store, "ingest", "jsonl", tmp_path / "own.jsonl", "--format", "json"))
    with Store.open(store, write=False) as kept:
        (only,) = kept.papers()
        assert kept.sources(only.key) == ("arxiv", "arxiv_snapshot", "hf_daily", "jsonl")
        assert (only.published, only.listed) == ("2024-05-01", "2024-05-20")
        mapping = kept.evidence(paper=only.key)[0].mapping
    rows = json.loads(run("--store", store, "ask", "explain", mapping, "--format", "json").stdout)
    assert rows[0]["evidence"][0]["sources"] == ["arxiv", "arxiv_snapshot", "hf_daily", "jsonl"]
    assert "from arxiv, arxiv_snapshot, hf_daily, jsonl" in run("--store", store, "ask", "explain", mapping).stdout.replace(
        "\n     ", ""
    )


def test_the_dump_is_filtered_on_the_way(run: Run, store: Path, tmp_path: Path) -> None:
    lines = [
        {"id": f"2405.{number:05d}", "title": f"Made {number}", "abstract": "x y", "categories": category, "update_date": day}
        for number, category, day in [(1, "cs.NE", "2024-05-01"), (2, "cs.NE", "2020-01-01"), (3, "math.CO", "2024-05-01")]
    ]
    (tmp_path / "dump.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = ("--category", "cs.NE", "--from", "2024-01-01", "--format", "json")
    assert summary(run("--store", store, "ingest", "arxiv-snapshot", tmp_path / "dump.json", *options))["new"] == 1


def test_answers_are_read_again_without_the_network(arxiv: Run, hf: Run, run: Run, store: Path, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of([Made("2405.00001", "Pruning as the brain does", PRUNING), *made(3, first=2)])
    summary(arxiv("brain", "--format", "json"))
    loopback.otherwise = hf_of(made(2, first=10))
    summary(hf("--date", "2024-05-20", "--format", "json"))
    before = exported(run, store)
    asked = len(loopback.requests)
    loopback.stop()
    said = summary(run("--store", store, "reextract", "--raw", "--again", "--format", "json"))
    assert (said["new"], said["known"], said["failed"]) == (0, 6, [])
    assert exported(run, store) == before
    assert len(loopback.requests) == asked
    named = ("--papers", "arxiv:2405.00001", "arxiv:2405.00002")
    said = summary(run("--store", store, "reextract", *named, "--format", "json"))
    assert said["known"] == 2
    assert exported(run, store) == before


def test_papers_are_made_anew_of_the_answers_alone(arxiv: Run, run: Run, store: Path, loopback: Loopback) -> None:
    loopback.otherwise = arxiv_of([Made("2405.00001", "Pruning as the brain does", PRUNING)])
    summary(arxiv("brain", "--format", "json"))
    other = store.with_name("other.db")
    with Store.open(store, write=False) as kept, Store.open(other) as bare:
        for raw in kept.raws():
            bare.add_raw(raw)
    said = run("--store", other, "reextract", "--raw")
    assert said.exit_code == 0 and "1 papers new" in said.stderr
    assert exported(run, other) == exported(run, store)


def test_reading_again_needs_a_store_and_papers_that_are_there(arxiv: Run, run: Run, store: Path, loopback: Loopback) -> None:
    assert run("--store", store, "reextract").exit_code == 1
    assert not store.exists()
    loopback.otherwise = arxiv_of(made(1))
    summary(arxiv("brain", "--format", "json"))
    result = run("--store", store, "reextract", "arxiv:1111.11111")
    assert result.exit_code == 1 and "no paper is called" in result.stderr

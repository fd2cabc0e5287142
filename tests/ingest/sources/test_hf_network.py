"""Hugging Face daily papers from their API: days, weeks, months, pages, and answers that are no list."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ingest.answers import Answers
from ingest.http import Fetcher, NoAnswer
from ingest.sources import hf_daily
from kg.errors import BadRecord, Refused
from kg.model import Paper
from kg.store import Store
from tests.loopback import JSON, Loopback, Reply, hf_of, made


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


@pytest.fixture
def answers(store: Store) -> Answers:
    fetcher = Fetcher(interval=0, pause=0, tries=3, deadline=5, sleep=lambda seconds: None)
    return Answers(store, fetcher, source=hf_daily.NAME, request="test")


def ask(answers: Answers, loopback: Loopback, *periods: tuple[str, str], page_size: int = 4) -> list[Paper | BadRecord]:
    return list(hf_daily.papers([*periods], answers.get, base_url=loopback.url, page_size=page_size))


def as_json(value: object) -> Reply:
    return Reply(json.dumps(value).encode(), kind=JSON)


def test_pages_are_asked_for_until_one_is_short(answers: Answers, loopback: Loopback) -> None:
    loopback.otherwise = hf_of(made(10))
    found = ask(answers, loopback, ("week", "2024-W21"))
    assert len(found) == 10
    assert [(request.path, request.query) for request in loopback.requests] == [
        ("/api/daily_papers", {"week": "2024-W21", "limit": "4", "p": str(number)}) for number in range(3)
    ]
    first = found[0]
    assert isinstance(first, Paper)
    assert (first.published, first.listed, first.key) == ("2024-05-11", "2024-05-20", "arxiv:2405.00010")
    assert first.authors == ("Ada Example", "Bo Muster")


def test_several_periods_are_asked_for_one_after_the_other(answers: Answers, loopback: Loopback) -> None:
    loopback.otherwise = hf_of(made(2))
    ask(answers, loopback, ("date", "2024-05-20"), ("month", "2024-04"))
    assert [{*request.query} & {"date", "month"} for request in loopback.requests] == [{"date"}, {"month"}]


def test_the_day_that_was_asked_for_counts_where_an_entry_names_none(answers: Answers, loopback: Loopback, store: Store) -> None:
    entry = made(1)[0].listed()
    del entry["paper"]["submittedOnDailyAt"]
    loopback.next = [as_json([entry])]
    (paper,) = ask(answers, loopback, ("date", "2024-05-21"))
    assert isinstance(paper, Paper)
    assert (paper.published, paper.listed) == ("2024-05-02", "2024-05-21")
    assert paper.raw_sha256
    assert list(hf_daily.parse(store.raw(paper.raw_sha256))) == [paper]


def test_a_day_without_papers_is_no_error(answers: Answers, loopback: Loopback) -> None:
    loopback.next = [as_json([])]
    assert ask(answers, loopback, ("date", "2024-05-19")) == []


def test_a_server_that_knows_no_pages_is_not_asked_for_ever(answers: Answers, loopback: Loopback) -> None:
    loopback.otherwise = lambda request: as_json([paper.listed() for paper in made(4)])
    assert len(ask(answers, loopback, ("date", "2024-05-20"))) == 4
    assert len(loopback.requests) == 2


def test_an_entry_that_is_no_paper_costs_itself_alone(answers: Answers, loopback: Loopback) -> None:
    loopback.next = [as_json([made(1)[0].listed(), {"paper": {"id": "2405.00009"}}])]
    paper, bad = ask(answers, loopback, ("date", "2024-05-20"))
    assert isinstance(paper, Paper) and isinstance(bad, BadRecord)


@pytest.mark.parametrize(
    ("body", "why", "tries"),
    [
        (b'[{"paper": {"id": "24', "not whole or no JSON", 3),
        (b"", "not whole or no JSON", 3),
        (b"[" * 100_000, "not whole or no JSON", 3),
        (b"\xff\xfe[]", "not whole or no JSON", 3),
        (b'{"error": "Invalid date\\nparameter"}', "it says: Invalid date parameter", 1),
        (b'{"papers": []}', "no list of papers", 1),
        (b"[1, 2]", "no list of papers", 1),
        (b'[{"name": "x"}]', "not of papers", 1),
    ],
)
def test_an_answer_that_is_no_list_is_a_clear_error(
    answers: Answers, loopback: Loopback, store: Store, body: bytes, why: str, tries: int
) -> None:
    loopback.otherwise = lambda request: Reply(body, kind=JSON)
    with pytest.raises(NoAnswer, match=why) as error:
        ask(answers, loopback, ("date", "2024-05-20"))
    assert "\n" not in str(error.value)
    assert len(loopback.requests) == tries
    assert list(store.raws()) == []


@pytest.mark.parametrize(
    "period", [("date", "2024-13-01"), ("date", "yesterday"), ("week", "2024-21"), ("week", "2024-W60"), ("month", "2024-5")]
)
def test_a_period_that_is_none_is_refused(period: tuple[str, str]) -> None:
    with pytest.raises(Refused, match="it looks like"):
        hf_daily.check([period])

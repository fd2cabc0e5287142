"""arXiv through the real arxiv package: pages, resumption, and answers that are not what they should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.answers import Answers
from ingest.http import Fetcher, NoAnswer
from ingest.sources import arxiv, open_path
from kg.errors import BadRecord, Refused, Unreadable
from kg.model import Paper
from kg.store import Store
from tests.loopback import Loopback, Made, Reply, arxiv_of, feed, made

NOW = datetime(2024, 6, 1, tzinfo=UTC)
BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE feed [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(9))
    + b"]><feed xmlns='http://www.w3.org/2005/Atom'><title>&j;</title></feed>"
)
OUTSIDE = (
    b"<!DOCTYPE feed [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><feed xmlns='http://www.w3.org/2005/Atom'><id>&x;</id></feed>"
)
ERROR = (
    b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>http://arxiv.org/api/errors#incorrect_id</id><title>Error</title>"
    b"<summary>incorrect id format for x</summary></entry></feed>"
)
NO_TOTAL = feed([], 0).replace(b"<opensearch:totalResults>0</opensearch:totalResults>", b"")


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        yield store


class Asking:
    """One run after another against the same store, as one command after another."""

    def __init__(self, store: Store, loopback: Loopback) -> None:
        self.store, self.loopback, self.now = store, loopback, NOW

    def search(self, query: str = "cells", **more: object) -> arxiv.Search:
        return arxiv.Search(**{"query": query, "page_size": 4, "base_url": f"{self.loopback.url}/api/query", **more})  # type: ignore[arg-type]

    def answers(self, search: arxiv.Search) -> Answers:
        fetcher = Fetcher(interval=0, pause=0, tries=3, deadline=5, sleep=lambda seconds: None, now=lambda: self.now)
        return Answers(self.store, fetcher, source=arxiv.NAME, request=search.request())

    def all(self, search: arxiv.Search, *, end: bool = True) -> list[Paper | BadRecord]:
        answers = self.answers(search)
        found = list(arxiv.papers(search, answers.get))
        if end:
            answers.end()
        return found

    def starts(self) -> list[int]:
        return [int(request.query["start"]) for request in self.loopback.requests]


@pytest.fixture
def asking(store: Store, loopback: Loopback) -> Asking:
    return Asking(store, loopback)


def keys(found: list[Paper | BadRecord]) -> list[str]:
    return [record.key for record in found if isinstance(record, Paper)]


def test_all_pages_come_in_and_each_paper_knows_its_answer(asking: Asking, store: Store) -> None:
    asking.loopback.otherwise = arxiv_of(made(10))
    found = asking.all(asking.search())
    assert keys(found) == [f"arxiv:2405.{number:05d}" for number in range(10, 0, -1)]
    assert asking.starts() == [0, 4, 8]
    first = found[0]
    assert isinstance(first, Paper)
    assert (first.title, first.published, first.n_authors) == ("Made paper number 10", "2024-05-11", 2)
    assert (first.url, first.source, first.ids) == ("https://arxiv.org/abs/2405.00010v1", "arxiv", (("arxiv", "2405.00010"),))
    assert first.raw_sha256 and next(iter(arxiv.parse(store.raw(first.raw_sha256)))) == first


def test_the_order_is_by_id_whatever_arxiv_says(asking: Asking) -> None:
    papers = made(7)
    for shuffled in (papers, papers[::-1], papers[3:] + papers[:3]):
        asking.loopback.otherwise = arxiv_of(shuffled)
        found = asking.all(asking.search())
        assert keys(arxiv.in_order(found)) == [f"arxiv:2405.{number:05d}" for number in range(1, 8)]


def test_pages_that_overlap_give_each_paper_once(asking: Asking) -> None:
    papers = made(8)
    asking.loopback.next = [Reply(feed(papers[:4], 8)), Reply(feed(papers[2:6], 8))]
    assert len(keys(asking.all(asking.search()))) == 6


def test_the_newest_of_a_limit_come_in_and_no_more_is_asked(asking: Asking) -> None:
    asking.loopback.otherwise = arxiv_of(made(20))
    assert keys(asking.all(asking.search(limit=6))) == [f"arxiv:2405.{number:05d}" for number in range(20, 14, -1)]
    assert asking.starts() == [0, 4]


def test_days_categories_and_words_become_one_search(asking: Asking) -> None:
    asking.loopback.otherwise = arxiv_of([])
    asking.all(asking.search('retina "heat shock"', categories=("cs.NE", "q-bio.NC"), first="2024-01-02", last="2024-02-03"))
    asked = asking.loopback.requests[-1].query["search_query"]
    assert asked == (
        '(all:retina AND all:"heat shock") AND (cat:cs.NE OR cat:q-bio.NC) AND submittedDate:[202401020000 TO 202402032359]'
    )
    asking.all(asking.search("ti:retina ANDNOT abs:camera"))
    assert asking.loopback.requests[-1].query["search_query"] == "(ti:retina ANDNOT abs:camera)"


def test_ids_with_and_without_versions(asking: Asking) -> None:
    papers = [Made("2205.08645", "A made title", version=2, doi="10.1000/ABC"), Made("q-bio/0401001", "An old made title")]
    asking.loopback.otherwise = arxiv_of(papers)
    found = asking.all(asking.search("", ids=("arXiv:2205.08645v2", "https://arxiv.org/abs/q-bio.NC/0401001", "2401.99999")))
    assert keys(found) == ["arxiv:2205.08645", "arxiv:q-bio/0401001"]
    assert isinstance(found[0], Paper) and found[0].ids == (("arxiv", "2205.08645"), ("doi", "10.1000/abc"))
    assert [str(record) for record in found if isinstance(record, BadRecord)] == [
        "cannot read arXiv id 2401.99999: arXiv has no such paper"
    ]
    assert asking.loopback.requests[0].query["id_list"] == "2205.08645v2,q-bio/0401001,2401.99999"


def test_many_ids_are_asked_for_in_parts(asking: Asking) -> None:
    papers = made(250)
    asking.loopback.otherwise = arxiv_of(papers)
    found = asking.all(asking.search("", ids=tuple(paper.id for paper in papers), page_size=100))
    assert len(keys(found)) == 250
    assert len(asking.loopback.requests) == 3


@pytest.mark.parametrize(
    "search",
    [{}, {"ids": ("nonsense",)}, {"categories": ("cs.NE; drop",)}, {"first": "2024-02-01", "last": "2024-01-01"}],
)
def test_a_search_that_cannot_be_is_refused_before_it_is_asked(asking: Asking, search: dict[str, object]) -> None:
    with pytest.raises(Refused):
        arxiv.check(asking.search("", **search))


def test_a_run_that_fails_midway_goes_on_at_the_page_where_it_stopped(asking: Asking) -> None:
    papers = made(12)
    asking.loopback.next = [Reply(feed(papers[:4], 12)), Reply(feed(papers[4:8], 12)), *[Reply(status=503)] * 3]
    with pytest.raises(NoAnswer):
        asking.all(asking.search())
    asking.loopback.requests.clear()
    asking.loopback.otherwise = arxiv_of(papers)
    assert len(keys(asking.all(asking.search()))) == 12
    assert asking.starts() == [8]
    asking.loopback.requests.clear()
    assert len(keys(asking.all(asking.search()))) == 12
    assert asking.starts() == [0, 4, 8], "a run that came to its end begins anew"


def test_pages_left_behind_long_ago_are_asked_for_again(asking: Asking) -> None:
    asking.loopback.otherwise = arxiv_of(made(6))
    asking.all(asking.search(), end=False)
    asking.loopback.requests.clear()
    asking.now += timedelta(hours=23)
    asking.all(asking.search(), end=False)
    assert asking.starts() == []
    asking.now += timedelta(hours=2)
    asking.all(asking.search())
    assert asking.starts() == [0, 4]


def test_another_search_does_not_go_on_with_these_pages(asking: Asking) -> None:
    asking.loopback.otherwise = arxiv_of(made(3))
    asking.all(asking.search("cells"), end=False)
    asking.all(asking.search("nets"), end=False)
    assert asking.starts() == [0, 0]


@pytest.mark.parametrize("start", [0, 4])
def test_an_empty_page_is_asked_for_again(asking: Asking, start: int) -> None:
    papers = made(8)
    pages = [Reply(feed(papers[:4], 8)), Reply(feed(papers[4:], 8))]
    pages.insert(start // 4, Reply(feed([], 8)))
    asking.loopback.next = pages
    assert len(keys(asking.all(asking.search()))) == 8
    asking.loopback.otherwise = lambda request: Reply(feed([], 8))
    with pytest.raises(NoAnswer, match="is empty"):
        asking.all(asking.search())


@pytest.mark.parametrize("empty", [feed([], 0), NO_TOTAL], ids=["total 0", "no total"])
def test_a_page_that_has_forgotten_what_the_pages_before_announced_is_asked_for_again(asking: Asking, empty: bytes) -> None:
    papers = made(10)
    asking.loopback.next = [Reply(feed(papers[:4], 10)), Reply(empty), Reply(empty)]
    asking.loopback.otherwise = arxiv_of(papers)
    assert len(keys(asking.all(asking.search()))) == 10
    assert asking.starts() == [0, 4, 4, 4, 8]
    asking.loopback.next = [Reply(feed(papers[:4], 10))]
    asking.loopback.otherwise = lambda request: Reply(empty)
    with pytest.raises(NoAnswer, match="it lists 10 papers, but the page from 4 on is empty"):
        asking.all(asking.search())


def test_a_first_page_that_does_not_say_how_many_there_are_is_asked_for_again(asking: Asking) -> None:
    # It would pass for the whole list, and six of ten papers would be missing without a word.
    papers = made(10)
    silent = Reply(feed(papers[:4], 0))
    asking.loopback.next = [silent]
    asking.loopback.otherwise = arxiv_of(papers)
    assert len(keys(asking.all(asking.search()))) == 10
    assert asking.starts() == [0, 0, 4, 8]
    asking.loopback.otherwise = lambda request: silent
    with pytest.raises(NoAnswer, match="does not say how many"):
        asking.all(asking.search())


def test_a_search_that_nothing_fits_is_no_error(asking: Asking) -> None:
    asking.loopback.otherwise = arxiv_of([])
    assert asking.all(asking.search()) == []


def test_a_list_that_shrinks_while_it_is_read_ends(asking: Asking) -> None:
    asking.loopback.next = [Reply(feed(made(4), 9)), Reply(feed([], 4))]
    assert len(keys(asking.all(asking.search()))) == 4


@pytest.mark.parametrize(
    ("body", "why", "tries"),
    [
        (feed(made(3))[:-30], "not whole or no XML", 3),
        (b"<feed", "not whole or no XML", 3),
        (b"", "not whole or no XML", 3),
        (b"\xff\xfe\x00<", "not whole or no XML", 3),
        (b"<html><body/></html>", "no Atom feed", 3),
        (feed(made(1)).replace(b"2024-05-02T10", b"yesterday"), "date in it cannot be read", 3),
        (BOMB, "document type", 1),
        (OUTSIDE, "document type", 1),
        (ERROR, "arXiv says: incorrect id format for x", 1),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_feed_is_a_clear_error(
    asking: Asking, store: Store, tmp_path: Path, body: bytes, why: str, tries: int
) -> None:
    asking.loopback.otherwise = lambda request: Reply(body)
    with pytest.raises(NoAnswer, match=why) as error:
        asking.all(asking.search())
    assert "\n" not in str(error.value)
    assert len(asking.loopback.requests) == tries
    assert list(store.raws()) == [], "what is no answer is not kept"
    if body and body != ERROR:
        (tmp_path / "saved.xml").write_bytes(body)
        with pytest.raises(Unreadable):
            list(arxiv.read(tmp_path / "saved.xml"))


def test_what_arxiv_says_of_a_bad_request_is_passed_on(asking: Asking) -> None:
    asking.loopback.otherwise = lambda request: Reply(ERROR, status=400)
    with pytest.raises(NoAnswer, match="arXiv says: incorrect id format"):
        asking.all(asking.search())


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n  "])
def test_a_saved_answer_is_read_without_the_network(tmp_path: Path, before: bytes) -> None:
    (tmp_path / "saved.txt").write_bytes(before + feed(made(3), 500))
    for found in (arxiv.read(tmp_path / "saved.txt"), open_path(tmp_path / "saved.txt")):
        assert keys(list(found)) == ["arxiv:2405.00003", "arxiv:2405.00002", "arxiv:2405.00001"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (ERROR, "arXiv says: incorrect id format"),
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        (feed(made(3))[:-30], "not whole"),
        (feed([]), "no entry of this Atom feed is a paper of arXiv"),
        (feed(made(1)).replace(b"/arxiv.org/abs/", b"/example.org/posts/"), "no entry of this Atom feed is a paper of arXiv"),
    ],
    ids=["error", "bomb", "outside", "cut", "empty", "of others"],
)
def test_a_saved_feed_that_is_no_answer_is_named_and_no_essay(tmp_path: Path, body: bytes, why: str) -> None:
    (tmp_path / "saved.xml").write_bytes(body)
    with pytest.raises(Unreadable, match=why):
        list(open_path(tmp_path / "saved.xml"))


def test_entries_of_a_saved_answer_that_lack_a_date_are_counted(tmp_path: Path) -> None:
    whole, broken = made(2)
    entry = broken.entry()
    body = feed([whole, broken]).replace(entry.encode(), entry.replace("published>", "said>").encode())
    (tmp_path / "saved.xml").write_bytes(body)
    paper, lacking = open_path(tmp_path / "saved.xml")
    assert isinstance(paper, Paper) and paper.key == f"arxiv:{whole.id}"
    assert "1 of its 2 entries" in str(lacking)


def test_a_title_is_data(asking: Asking) -> None:
    title = "<script>alert(1)</script> & '; DROP TABLE paper; --"
    asking.loopback.otherwise = arxiv_of([Made("2405.00001", title)])
    (paper,) = asking.all(asking.search())
    assert isinstance(paper, Paper)
    key, _ = asking.store.add_paper(paper)
    assert asking.store.paper(key).title == title

"""Fetching ends: in a whole answer, or in one line that says why not; and it leaves a busy server alone."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.http import Fetcher, NoAnswer, Transient, retry_after
from tests.loopback import Loopback, Reply

Fetch = Callable[..., bytes]
KIND = "text/plain"
NOW = datetime(2024, 6, 1, 12, 0, 0, tzinfo=UTC)


class Time:
    """A clock that goes on only where somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def fetcher(time: Time) -> Fetcher:
    return Fetcher(
        interval=0,
        pause=3,
        tries=4,
        read_timeout=5,
        deadline=5,
        sleep=time.sleep,
        clock=time.clock,
        now=lambda: NOW,
        jitter=lambda: 0.5,
    )


def text(body: bytes = b"whole", **more: Any) -> Reply:
    return Reply(body, kind=KIND, **more)


def get(fetcher: Fetcher, url: str, **more: Any) -> bytes:
    return fetcher.fetch(url, source="test", accept=(KIND,), **more).body


def why(fetcher: Fetcher, url: str, **more: Any) -> str:
    with pytest.raises(NoAnswer) as error:
        get(fetcher, url, **more)
    line = str(error.value)
    assert "\n" not in line and url in line
    return line


def test_an_answer_says_where_and_when_it_came_from(fetcher: Fetcher, loopback: Loopback) -> None:
    loopback.next = [text()]
    raw = fetcher.fetch(f"{loopback.url}/a?b=c", source="test", accept=(KIND,))
    assert (raw.body, raw.status, raw.url, raw.source) == (b"whole", 200, f"{loopback.url}/a?b=c", "test")
    assert raw.fetched_at == "2024-06-01T12:00:00Z"


def test_it_says_who_it_is_and_how_to_reach_its_user(
    fetcher: Fetcher, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.otherwise = lambda request: text()
    get(fetcher, loopback.url)
    assert loopback.requests[-1].headers["User-Agent"].startswith("exapt/")
    monkeypatch.setenv("EXAPT_MAILTO", "ada@example.org\r\nX-Other: 1")
    get(fetcher, loopback.url)
    assert "mailto:ada@example.org" in loopback.requests[-1].headers["User-Agent"]
    assert "X-Other" not in loopback.requests[-1].headers


def test_requests_to_one_host_keep_their_distance(fetcher: Fetcher, loopback: Loopback, time: Time) -> None:
    loopback.otherwise = lambda request: text()
    fetcher.interval = 3
    for _ in range(3):
        get(fetcher, loopback.url)
    assert time.slept == [3, 3]
    time.now += 100
    get(fetcher, loopback.url)
    assert time.slept == [3, 3]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_pauses_that_double(
    fetcher: Fetcher, loopback: Loopback, time: Time, status: int
) -> None:
    loopback.next = [text(status=status), text(status=status), text()]
    assert get(fetcher, loopback.url) == b"whole"
    assert time.slept == [3, 6]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("20", 20), ("Sat, 01 Jun 2024 12:00:40 GMT", 40), ("86400", 300), ("soon", 3), ("-5", 3), ("", 3), ("1", 3)],
)
def test_retry_after_is_honoured_up_to_a_limit(
    fetcher: Fetcher, loopback: Loopback, time: Time, asked: str, waited: float
) -> None:
    loopback.next = [text(status=429, headers={"Retry-After": asked}), text()]
    assert get(fetcher, loopback.url) == b"whole"
    assert time.slept == [waited]


def test_a_server_that_stays_busy_is_given_up(fetcher: Fetcher, loopback: Loopback) -> None:
    said: list[str] = []
    fetcher.tell = said.append
    loopback.otherwise = lambda request: text(status=503)
    assert "status 503 (4 tries)" in why(fetcher, loopback.url)
    assert len(loopback.requests) == 4
    assert len(said) == 3 and "trying again" in said[0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 204, 304])
def test_a_refusal_is_not_asked_again(fetcher: Fetcher, loopback: Loopback, status: int) -> None:
    loopback.otherwise = lambda request: text(b"" if status in (204, 304) else b"no", status=status)
    assert f"status {status}" in why(fetcher, loopback.url)
    assert len(loopback.requests) == 1


@pytest.mark.parametrize(
    "broken",
    [
        text(b"only a ha", length=50),
        text(b"5\r\nhal", length=-1, headers={"Transfer-Encoding": "chunked"}),
        text(b"\x1f\x8b not packed", headers={"Content-Encoding": "gzip"}),
        text(hang_up=True),
    ],
    ids=["cut", "cut chunk", "damaged packing", "hung up"],
)
def test_a_broken_answer_is_asked_for_again(fetcher: Fetcher, loopback: Loopback, broken: Reply) -> None:
    loopback.next = [broken, text()]
    assert get(fetcher, loopback.url) == b"whole"
    loopback.otherwise = lambda request: broken
    assert "(4 tries)" in why(fetcher, loopback.url)


def test_nobody_there_is_said(fetcher: Fetcher) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "refused" in why(fetcher, f"http://127.0.0.1:{taken.getsockname()[1]}/").lower()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "gopher://127.0.0.1/", "http://", "nonsense", "http://[::1"])
def test_what_is_no_web_address_is_not_asked(fetcher: Fetcher, url: str) -> None:
    why(fetcher, url)


@pytest.mark.parametrize(
    "slow",
    [
        text(b"x" * 1000, drip=0.02),
        text(b"x" * 1000, drip=0.02, length=-1),
        text(headers={"X-Long": "y" * 1000}, drip_headers=0.02),
        text(b"x" * 1000, status=404, drip=0.02),
    ],
    ids=["body", "body of unknown length", "headers", "refusal"],
)
def test_a_slow_drip_ends(fetcher: Fetcher, loopback: Loopback, slow: Reply) -> None:
    fetcher.deadline, fetcher.tries = 0.3, 2
    loopback.otherwise = lambda request: slow
    assert "in time (2 tries)" in why(fetcher, loopback.url)


def test_silence_ends(fetcher: Fetcher, loopback: Loopback) -> None:
    fetcher.read_timeout, fetcher.tries = 0.2, 2
    loopback.otherwise = lambda request: text(length=5, body=b"x", drip=3)
    assert "in time (2 tries)" in why(fetcher, loopback.url)


def test_a_redirect_is_followed_and_the_answer_keeps_its_first_address(fetcher: Fetcher, loopback: Loopback) -> None:
    loopback.next = [text(status=301, headers={"Location": "/other?x=1"}), text()]
    raw = fetcher.fetch(f"{loopback.url}/first", source="test", accept=(KIND,))
    assert (raw.url, raw.body) == (f"{loopback.url}/first", b"whole")
    assert [request.path for request in loopback.requests] == ["/first", "/other"]


def test_a_redirect_in_a_circle_ends(fetcher: Fetcher, loopback: Loopback) -> None:
    loopback.otherwise = lambda request: text(status=302, headers={"Location": request.path})
    assert "redirects more than 5 times" in why(fetcher, loopback.url)
    assert len(loopback.requests) == 6


@pytest.mark.parametrize("target", ["file:///etc/hostname", "javascript:alert(1)"])
def test_a_redirect_out_of_the_web_is_not_followed(fetcher: Fetcher, loopback: Loopback, target: str) -> None:
    loopback.otherwise = lambda request: text(status=302, headers={"Location": target})
    assert "no web address" in why(fetcher, loopback.url)


def test_another_type_than_was_asked_for_is_no_answer(fetcher: Fetcher, loopback: Loopback) -> None:
    loopback.otherwise = lambda request: Reply(b"<html>log in</html>", kind="text/html; charset=utf-8")
    assert "answers with text/html, not with text/plain" in why(fetcher, loopback.url)
    assert len(loopback.requests) == 1


MEGABYTE = b"x" * (1 << 20)


@pytest.mark.parametrize("length", [None, -1], ids=["announced", "unannounced"])
def test_a_hundred_megabytes_are_not_read(fetcher: Fetcher, loopback: Loopback, length: int | None) -> None:
    fetcher.most_bytes = 2 << 20
    loopback.otherwise = lambda request: text(MEGABYTE, repeat=100, length=length)
    assert "too large" in why(fetcher, loopback.url)
    assert len(loopback.requests) == 1
    assert loopback.sent < 20 << 20


def test_what_unpacks_to_too_much_is_not_unpacked(fetcher: Fetcher, loopback: Loopback) -> None:
    fetcher.most_bytes = 2 << 20
    packed = gzip.compress(MEGABYTE * 50)
    assert len(packed) < 100_000
    loopback.otherwise = lambda request: text(packed, headers={"Content-Encoding": "gzip"})
    assert "too large" in why(fetcher, loopback.url)


def test_a_packed_answer_is_unpacked(fetcher: Fetcher, loopback: Loopback) -> None:
    loopback.next = [text(gzip.compress(b"whole"), headers={"Content-Encoding": "gzip"})]
    assert get(fetcher, loopback.url) == b"whole"


def test_an_answer_that_does_not_pass_its_check_is_asked_again_or_refused(fetcher: Fetcher, loopback: Loopback) -> None:
    def whole(body: bytes) -> None:
        if body == b"odd":
            raise Transient("it is odd")
        if body == b"wrong":
            raise ValueError("it is wrong")

    loopback.next = [text(b"odd"), text()]
    assert get(fetcher, loopback.url, check=whole) == b"whole"
    loopback.next = [text(b"wrong")]
    assert "it is wrong" in why(fetcher, loopback.url, check=whole)
    loopback.otherwise = lambda request: text(b"odd")
    assert "it is odd (4 tries)" in why(fetcher, loopback.url, check=whole)


def test_retry_after_reads_numbers_and_dates() -> None:
    assert retry_after("Sat, 01 Jun 2024 11:00:00 GMT", NOW) == 0
    assert retry_after("9" * 400, NOW) == 1e9
    assert retry_after(None, NOW) is None

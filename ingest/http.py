"""Polite fetching: one request every few seconds to a host, patience where it asks for it, and an end to everything.

A server may be busy, slow, cut off, or answer with something else than was asked for. Each request ends in a whole answer within
known limits of time and size, or in one line that says why not. What may pass (a busy server, a cut connection, an answer that
does not hold together) is tried again after a pause that doubles; what will not pass ends at once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from kg.errors import Unreadable
from kg.raw import Raw

if TYPE_CHECKING:
    from requests import Response

BUSY = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Statuses that a later try may not meet again."""
REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_SHOWN = 2000
_CHUNK = 1 << 16


class NoAnswer(Unreadable):
    """The request to ``where`` came to nothing; ``status`` and ``body`` are the last answer's, where there was one."""

    def __init__(self, where: object, why: str, *, status: int | None = None, body: bytes = b"") -> None:
        self.status, self.body = status, body
        super().__init__(where, why)


class Transient(Exception):
    """Went wrong in a way that may pass; ``wait`` is how many seconds the server asks to be left alone."""

    def __init__(self, why: str, *, status: int | None = None, wait: float | None = None) -> None:
        self.why, self.status, self.wait = why, status, wait
        super().__init__(why)


Check = Callable[[bytes], None]
"""Looks at an answer; raises :class:`Transient` where asking again may help, ``ValueError`` where it will not."""


def user_agent() -> str:
    """What this program calls itself: with a way to reach its user, where ``EXAPT_MAILTO`` names one."""
    import os
    from importlib import metadata

    try:
        version = metadata.version("exapt")
    except metadata.PackageNotFoundError:
        version = "0"
    mail = "".join(letter for letter in os.environ.get("EXAPT_MAILTO", "") if letter.isascii() and letter.isprintable())
    return f"exapt/{version} ({f'mailto:{mail}' if mail else 'literature mining for research, one request at a time'})"


@dataclass(slots=True, kw_only=True)
class Fetcher:
    """Fetches with manners. Times are seconds; ``sleep``, ``clock``, ``now`` and ``jitter`` stand in for real ones."""

    interval: float = 3.0
    """Between two requests to one host; arXiv asks for three seconds."""
    tries: int = 6
    pause: float = 3.0
    """Before the second try; it doubles with each further one, give or take a quarter."""
    longest_pause: float = 300.0
    """Also of what a server asks for in Retry-After."""
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    """For the next byte."""
    deadline: float = 180.0
    """For one whole answer, however it drips."""
    most_bytes: int = 32 << 20
    """Of one answer, unpacked; a full page of either listing has less than a tenth of it."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random
    tell: Callable[[str], None] = lambda line: None
    """Told when there is a pause for trouble."""
    progress: Callable[[int, int | None], None] = lambda done, total: None
    """Told how many bytes of an answer have come, and how many there are where the server says so."""
    _last: dict[str, float] = field(default_factory=dict)

    def fetch(self, url: str, *, source: str, accept: tuple[str, ...], check: Check = lambda body: None) -> Raw:
        """The answer to ``url``.

        Args:
            url: http or https.
            source: the source plug-in that will read it.
            accept: content types that are an answer, such as ``"application/json"``.
            check: looks at the body before it counts as an answer.

        Raises:
            NoAnswer: refused, not found, of another type, too large, or still failing after all tries.
        """
        for number in range(1, self.tries + 1):
            try:
                return self._try(url, source, accept, check)
            except Transient as error:
                trouble = error
            if number < self.tries:
                wait = self._pause(number, trouble.wait)
                self.tell(f"{urlsplit(url).netloc}: {trouble.why}; trying again in {wait:.0f} s")
                self.sleep(wait)
        raise NoAnswer(
            url, f"{trouble.why} ({self.tries} tr{'y' if self.tries == 1 else 'ies'}); try again later", status=trouble.status
        )

    def _pause(self, number: int, asked: float | None) -> float:
        own: float = self.pause * 2 ** (number - 1) * (0.75 + self.jitter() / 2)
        return min(max(own, asked or 0.0), self.longest_pause)

    def _try(self, url: str, source: str, accept: tuple[str, ...], check: Check) -> Raw:
        import requests

        try:
            status, body = self._answer(url, accept)
        except requests.Timeout as error:
            raise Transient("it does not answer in time") from error
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise Transient(f"the connection failed ({_innermost(error)})") from error
        except requests.exceptions.ContentDecodingError as error:
            raise Transient("the answer is packed in a way that cannot be unpacked") from error
        except (requests.RequestException, ValueError) as error:
            raise NoAnswer(url, f"it cannot be asked for ({_innermost(error)})") from error
        try:
            check(body)
        except ValueError as error:
            raise NoAnswer(url, str(error), status=status, body=body[:_SHOWN]) from error
        fetched_at = self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Raw(source=source, url=url, fetched_at=fetched_at, status=status, body=body)

    def _answer(self, url: str, accept: tuple[str, ...]) -> tuple[int, bytes]:
        """Status and body of the answer, redirects followed by hand: each hop waits its turn and is looked at."""
        from ingest.deadline import Deadline, session

        with Deadline(self.deadline) as deadline, session(deadline) as web:
            place = url
            for _ in range(REDIRECTS + 1):
                self._wait_for_turn(place)
                # One connection a request: at one in three seconds there is little to gain from keeping it.
                headers = {
                    "User-Agent": user_agent(), "Accept": ", ".join(accept), "Accept-Encoding": "gzip", "Connection": "close"
                }  # fmt: skip
                timeout = (self.connect_timeout, self.read_timeout)
                with deadline.watching():
                    with web.get(place, headers=headers, timeout=timeout, stream=True, allow_redirects=False) as response:
                        if response.status_code not in _MOVED:
                            return response.status_code, self._body(url, response, accept)
                        place = _next_place(url, place, response)
        raise NoAnswer(url, f"it redirects more than {REDIRECTS} times")

    def _wait_for_turn(self, url: str) -> None:
        host = urlsplit(url).netloc
        if (last := self._last.get(host)) is not None and (left := last + self.interval - self.clock()) > 0:
            self.sleep(left)
        self._last[host] = self.clock()

    def _body(self, url: str, response: Response, accept: tuple[str, ...]) -> bytes:
        status = response.status_code
        if status in BUSY:
            wait = retry_after(response.headers.get("Retry-After"), self.now())
            raise Transient(f"it answers with status {status}", status=status, wait=wait)
        if status != 200:
            body = self._read(url, response, _SHOWN, whole=False)
            raise NoAnswer(url, f"it answers with status {status}", status=status, body=body)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in accept:
            raise NoAnswer(url, f"it answers with {kind or 'an unnamed type'}, not with {accept[0]}", status=status)
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self.most_bytes:
            raise NoAnswer(url, f"the answer is too large ({int(length):,} bytes; at most {self.most_bytes:,})", status=status)
        return self._read(url, response, self.most_bytes)

    def _read(self, url: str, response: Response, most: int, *, whole: bool = True) -> bytes:
        # read1 returns what has come, where requests' own iteration waits for a whole chunk.
        from urllib3 import exceptions

        from ingest.deadline import in_requests_words

        parts, size = [], 0
        length = response.headers.get("Content-Length", "")
        # A length is that of the packed bytes, and what comes here is unpacked.
        total = int(length) if length.isdigit() and not response.headers.get("Content-Encoding") else None
        try:
            while part := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                size += len(part)
                self.progress(size, total)
                if size > most:
                    if not whole:
                        break
                    raise NoAnswer(url, f"the answer is too large (more than {most:,} bytes)", status=response.status_code)
        except exceptions.HTTPError as error:
            raise in_requests_words(error) from error
        return b"".join(parts)[:most]


def _next_place(url: str, place: str, response: Response) -> str:
    target = urljoin(place, response.headers.get("Location", ""))
    if urlsplit(target).scheme not in ("http", "https") or not urlsplit(target).netloc:
        raise NoAnswer(url, "it redirects to something that is no web address", status=response.status_code)
    if urlsplit(place).scheme == "https" and urlsplit(target).scheme == "http":
        raise NoAnswer(url, "it redirects from https to http, which is not followed", status=response.status_code)
    return target


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, written as a number or a date; ``None`` where it asks for nothing usable."""
    if not value:
        return None
    try:
        return float(min(max(int(value), 0), 10**9))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


def _innermost(error: BaseException) -> str:
    """What lies under the layers of a failed request, on one line: "Connection refused" and not the six wrappers around it."""
    seen: BaseException = error
    while (inner := getattr(seen, "reason", None) or seen.__cause__ or (seen.args and seen.args[0])) and isinstance(
        inner, BaseException
    ):
        seen = inner
    text = getattr(seen, "strerror", None) or str(seen) or type(seen).__name__
    return " ".join(str(text).split())[:160]

"""A real HTTP server on loopback that answers as arXiv and Hugging Face do, and misbehaves on purpose."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import pytest

ATOM, JSON = "application/atom+xml; charset=utf-8", "application/json; charset=utf-8"


@dataclass
class Reply:
    """What to answer. ``length`` is what the header claims; ``None`` sends the true one, ``-1`` none and ends by closing."""

    body: bytes = b""
    status: int = 200
    kind: str = ATOM
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    drip: float = 0.0
    """Seconds between single bytes."""
    drip_headers: float = 0.0
    repeat: int = 1
    """How often the body is sent."""
    hang_up: bool = False
    """Close the connection without a word."""


@dataclass
class Request:
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Loopback:
    """``next`` replies are given first, one a request, and then what ``otherwise`` makes of each request."""

    def __init__(self) -> None:
        self.next: list[Reply] = []
        self.otherwise: Callable[[Request], Reply] = lambda request: Reply(b"not found", 404, "text/plain")
        self.requests: list[Request] = []
        self.sent = 0
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up on purpose
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                request = Request(parts.path, query, dict(self.headers.items()))
                loopback.requests.append(request)
                loopback.give(self, loopback.next.pop(0) if loopback.next else loopback.otherwise(request))

            def log_message(self, *_: Any) -> None:
                return None

        return Handler

    def give(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.close_connection = True
        if reply.hang_up:
            return
        length = len(reply.body) * reply.repeat if reply.length is None else reply.length
        lines = {"Content-Type": reply.kind, **({"Content-Length": str(length)} if length >= 0 else {}), **reply.headers}
        head = f"HTTP/1.1 {reply.status} Whatever\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._send(handler, head.encode() + b"\r\n", reply.drip_headers)
        for _ in range(reply.repeat):
            self._send(handler, reply.body, reply.drip)

    def _send(self, handler: BaseHTTPRequestHandler, data: bytes, drip: float) -> None:
        for part in [data] if not drip else (data[n : n + 1] for n in range(len(data))):
            if self.stopping.is_set():
                return
            handler.wfile.write(part)
            self.sent += len(part)
            if drip:
                time.sleep(drip)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    server = Loopback()
    yield server
    server.stop()


PRUNING = (
    "Networks are often larger than they need to be. Inspired by synaptic pruning in the developing brain, we propose a weight "
    "pruning method that removes weak connections of a neural network during training."
)
PLAIN = "We measure how the speed of a sorting program depends on the size of its input, and report tables of times."


@dataclass(frozen=True)
class Made:
    """A paper that nobody wrote."""

    id: str
    title: str
    summary: str = PLAIN
    day: str = "2024-05-01"
    version: int = 1
    doi: str = ""

    def entry(self) -> str:
        doi = f"<arxiv:doi>{self.doi}</arxiv:doi>" if self.doi else ""
        return (
            f"<entry><id>http://arxiv.org/abs/{self.id}v{self.version}</id><title>{escape(self.title)}</title>"
            f"<updated>{self.day}T10:00:00Z</updated><published>{self.day}T10:00:00Z</published>"
            f"<summary>{escape(self.summary)}</summary><author><name>Ada Example</name></author>"
            f"<author><name>Bo Muster</name></author>{doi}<arxiv:primary_category term='cs.NE'/><category term='cs.NE'/>"
            f"<link href='http://arxiv.org/pdf/{self.id}v{self.version}' title='pdf' rel='related'/></entry>"
        )

    def listed(self, day: str = "2024-05-20") -> dict[str, Any]:
        return {
            "paper": {
                "id": self.id, "title": self.title, "summary": self.summary, "publishedAt": f"{self.day}T10:00:00.000Z",
                "submittedOnDailyAt": f"{day}T04:00:00.000Z", "authors": [{"name": "Ada Example"}, {"name": "Bo Muster"}],
            },
            "title": self.title,
        }  # fmt: skip


def made(count: int, *, first: int = 1, summary: str = PLAIN) -> list[Made]:
    """So many papers, the newest first, as arXiv lists them."""
    numbers = range(first + count - 1, first - 1, -1)
    return [
        Made(f"2405.{number:05d}", f"Made paper number {number}", summary, f"2024-05-{number % 28 + 1:02d}") for number in numbers
    ]


def feed(entries: list[Made], total: int | None = None) -> bytes:
    """An answer of arXiv's query interface."""
    shown = "".join(entry.entry() for entry in entries)
    number = len(entries) if total is None else total
    return (
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/' "
        "xmlns:arxiv='http://arxiv.org/schemas/atom' xmlns='http://www.w3.org/2005/Atom'><id>https://arxiv.org/api/x</id>"
        f"<title>arXiv Query</title><updated>2024-06-01T00:00:00Z</updated>"
        f"<opensearch:totalResults>{number}</opensearch:totalResults>{shown}</feed>"
    ).encode()


def arxiv_of(papers: list[Made]) -> Callable[[Request], Reply]:
    """arXiv with these papers alone: pages, and ids with versions; whatever the words of the search."""

    def answer(request: Request) -> Reply:
        ids = [name for name in request.query.get("id_list", "").split(",") if name]
        found = [paper for paper in papers if not ids or {paper.id, f"{paper.id}v{paper.version}"} & {*ids}]
        start, size = int(request.query["start"]), int(request.query["max_results"])
        return Reply(feed(found[start : start + size], len(found)))

    return answer


def hf_of(papers: list[Made], day: str = "2024-05-20") -> Callable[[Request], Reply]:
    """The daily papers with these alone, by pages, whatever the day."""

    def answer(request: Request) -> Reply:
        size, number = int(request.query["limit"]), int(request.query["p"])
        shown = papers[size * number : size * (number + 1)]
        return Reply(json.dumps([paper.listed(day) for paper in shown]).encode(), kind=JSON)

    return answer

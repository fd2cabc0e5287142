"""An endpoint of a language model on loopback, which answers as a test tells it to, and a paper that it is asked about."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from ingest.extract.llm import LanguageModel
from kg.model import Paper

KEY = "key-that-nobody-may-see"
CLAIM = "Inspired by the path integration of desert ants, we propose AntNav, a neural controller."
PAPER = Paper(key="title:ant", title="AntNav for small robots", abstract=f"Robots lose their way. {CLAIM} It brings robots home.")
GOOD: dict[str, Any] = {
    "mechanism": "path integration of desert ants",
    "technique": "AntNav",
    "relation": "inspires",
    "evidence": [CLAIM],
    "mechanism_concept": "path integration",
    "technique_concept": "ant-inspired navigation",
    "functions": ["navigate", "rule_the_world"],
    "hedged": False,
    "confidence": 3,
}


def said(*mappings: Any, label: str = "bio_inspired") -> str:
    return json.dumps({"label": label, "label_confidence": 2, "mappings": list(mappings)})


class Reply(NamedTuple):
    body: bytes
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012  # never written to
    lacking: int = 0
    """Bytes that are announced and never sent."""
    drip: float = 0.0
    """Seconds between single bytes of the headers."""


def chat(content: str | None, *, finish: str = "stop", usage: Any = None, **message: Any) -> Reply:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
    usage = {"prompt_tokens": 1000, "completion_tokens": 50} if usage is None else usage
    return Reply(json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}).encode())


def trouble(status: int, message: str = "no", **error: Any) -> Reply:
    body = json.dumps({"error": {"message": message, **error}}).encode()
    return Reply(body, status, {"retry-after-ms": "5"})


class Server:
    """Answers requests with ``replies`` in turn, the last one for ever, or as ``reply`` says; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.replies: list[Reply] = []
        self.reply: Callable[[dict[str, Any]], Reply] = lambda request: (
            self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        )
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments: object) -> None:
                pass

            def flush_headers(self) -> None:
                head, self._headers_buffer = b"".join(self._headers_buffer), []
                size = 1 if self.drip else len(head)
                for start in range(0, len(head), size):
                    self.wfile.write(head[start : start + size])
                    time.sleep(self.drip)

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.asked.append(request)
                server.keys.append(self.headers["Authorization"])
                reply = server.reply(request)
                self.drip = reply.drip
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(reply.body) + reply.lacking))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:  # the client left, as some of these tests make it do
                    self.close_connection = True

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"


Make = Callable[..., LanguageModel]


def paper(number: int) -> Paper:
    return Paper(key=f"title:{number}", title=f"Paper {number}", abstract="Robots lose their way.")

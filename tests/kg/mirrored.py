"""A real Neo4j for the tests of the mirror, all that it holds as plain rows, and a graph of names that mean harm."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from kg.mirror.server import Server
from kg.model import Concept, Evidence, Mapping, Pair, Paper, Profile, Result, Span, sha256
from kg.store import Store

HOSTILE = (
    "`}) DETACH DELETE n //", "'}) MATCH (n) DETACH DELETE n; //", "Robert'); DROP TABLE paper;--", "$key {exapt: 1}", "*/ a",
    "<script>alert(1)</script>", "</title><img src=x onerror=alert(1)>", "\u202eright to left \u05d0\u05d1 \u0627\u0644",
    "tab\there and\nline\r\nor two", "🧬 emoji & «quotes» \"double\" 'single' “curly”", "null\x00byte", "back\\slash \\u0041 \\",
    "bell\x07 escape\x1b[31m delete\x7f next\x85line", "unit\x1fseparator record\x1e group\x1d file\x1c",
    "\ufeffmark \u2028 \u2029",
    "  blanks  around  ", "comma, semicolon; | pipe", '"', "''", "null", "true", "=1+1", "{{7*7}} ${7*7} %s", "e\u0301 combined",
    "x" * 10_000, "\U0010ffff last \ufffe",
)  # fmt: skip


@pytest.fixture
def neo4j(neo4j_server: Any) -> Iterator[Server]:
    """The server, without a graph of ours before and after."""
    with Server(neo4j_server.uri, username=neo4j_server.username, password=neo4j_server.password) as server:
        clear(server)
        yield server
        clear(server)


def clear(server: Server) -> None:
    """Remove our nodes, and not the constraints as ``wipe`` does: without them the server plans each statement anew."""
    server.run("MATCH (n) WHERE n.exapt IS NOT NULL DETACH DELETE n")


def held(server: Server) -> tuple[list[str], list[str]]:
    """All nodes and relationships of ours as lines, without what depends on when they were sent."""
    nodes = [
        json.dumps([labels, {name: value for name, value in properties.items() if name != "push"}], sort_keys=True)
        for labels, properties in server.each(
            "MATCH (n) WHERE n.exapt IS NOT NULL AND NOT n:Push RETURN labels(n), properties(n)"
        )
    ]
    links = [
        json.dumps(row, sort_keys=True)
        for row in server.each(
            "MATCH (a)-[r]->(b) WHERE a.exapt IS NOT NULL AND b.exapt IS NOT NULL"
            " RETURN labels(a), a.exapt, type(r), properties(r), labels(b), b.exapt"
        )
    ]
    return sorted(nodes), sorted(links)


def exported(store: Store) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in store.export())


def fill(store: Store) -> None:
    """Let every field that holds text hold each of :data:`HOSTILE`."""
    for number, text in enumerate(HOSTILE):
        function = store.add_concept(Concept(kind="function", name=f"{text} to do {number}", definition=text))
        family = store.add_concept(Concept(kind="family", name=f"{text} kin {number}", aliases=(text,)))
        shared: dict[str, Any] = {"aliases": (text, text + " "), "see": (text,), "domain": text, "parent": family}
        shared |= {"functions": (function,), "definition": text}
        profile = Profile(sense="loss_spike", respond="titration", act="weight_decay", reference=text, knobs=((text, 0.1),))
        mechanism = store.add_concept(Concept(kind="mechanism", name=f"{text} cell {number}", profile=profile, **shared))
        technique = store.add_concept(Concept(kind="technique", name=f"{text} net {number}", **shared))
        pairs = (Pair(mechanism_role=text, technique_role=text + "!"),)
        mapping = store.add_mapping(
            Mapping(mechanism=mechanism, relation="inspires", technique=technique, functions=(function,), pairs=pairs)
        )
        paper = Paper(
            key=f"arxiv:2401.{number:05d}", title=f"{text} title {number}", abstract=f"{text}. Nets do as cells do.", venue=text,
            authors=(text, f"{text} the second"), published="2024-01-02", published_text=text, url=text, source=text,
            ids=(("arxiv", f"2401.{number:05d}"), ("corpus", f"{text} {number}")),
        )  # fmt: skip
        key, _ = store.add_paper(paper)
        words = Span("abstract", 0, len(text) + 1)
        said = Evidence(mapping=mapping, paper=key, passages=(words,), text_sha256=sha256(paper.abstract or ""), by=f"by {text}")
        store.add_evidence(said)
        store.add_result(
            Result(
                race=f"race {number}",
                prototype=text,
                task=text,
                arm=text,
                seed=number,
                metric=text,
                mapping=mapping,
                note=text,
                value=float("nan") if number % 2 else float("inf"),
                knobs=((text, 1e-300),),
                versions=((text, text),),
            )
        )
        if number in (2, 3):
            store.decide(mapping, key, accept=number == 2, by=text)
    mechanisms = [concept.key for concept in store.concepts("mechanism")]
    store.merge_concepts(mechanisms[1], mechanisms[2], by=HOSTILE[0])
    store.merge_concepts(mechanisms[2], mechanisms[3], by=HOSTILE[5])
    store.rename_concept(mechanisms[6], "<b>called otherwise</b>", by=HOSTILE[1])
    store.rename_concept(mechanisms[7], store.concept(mechanisms[7]).name.upper().strip().translate(_PRINTED), by=HOSTILE[1])


_PRINTED = {code: None for code in [*range(32), *range(127, 160)]}


class Cut:
    """A way to the server that forwards ``after`` bytes of what is sent there, and then holds on to the rest.

    ``reached`` is set then; leaving the block closes all, which the one who sends sees as a server that is gone.
    """

    def __init__(self, uri: str, after: int) -> None:
        parts = urlsplit(uri)
        self._to, self._left = (parts.hostname, parts.port), after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.reached = threading.Event()
        self.uri = f"bolt://127.0.0.1:{self._listener.getsockname()[1]}"
        self._in(self._listen)

    def __enter__(self) -> Cut:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for one in self._open:
            with _gone():
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _in(self, work: Any, *arguments: Any) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _listen(self) -> None:
        with _gone():
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(self._to)
                self._open += [here, there]
                self._in(self._forward, here, there, True)
                self._in(self._forward, there, here, False)

    def _forward(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with _gone():
            while piece := source.recv(65536):
                if counted:
                    self._left -= len(piece)
                    if self._left < 0:
                        self.reached.set()
                        continue
                target.sendall(piece)
        for one in (source, target):
            with _gone():
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except OSError:
        pass

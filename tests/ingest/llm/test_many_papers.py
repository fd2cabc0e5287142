"""Papers one after the other: asked ahead, kept in order, taken into the graph."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ingest
from kg.errors import Refused, Unreadable
from kg.model import Paper
from kg.store import Store
from tests.ingest.llm.endpoint import GOOD, PAPER, Make, Reply, Server, chat, paper, said, trouble

pytest.importorskip("openai")


def test_papers_asked_ahead_keep_their_order_and_are_asked_once(server: Server, model: Make) -> None:
    together = threading.Barrier(2, timeout=20)

    def reply(request: dict[str, Any]) -> Reply:
        together.wait()  # answers only while two requests are on their way
        return chat("no") if "Paper 2\n" in request["messages"][1]["content"] else chat(said(label="other"))

    server.reply = reply
    reader = model(retries=0)
    # Paper 2 is asked three times: eight requests in all, two at a time.
    records: list[Paper | str] = [*map(paper, range(3)), "a bad record", *map(paper, range(3, 6))]
    labels = {}
    for record in reader.ahead(records, jobs=2):
        if isinstance(record, Paper):
            try:
                labels[record.title] = reader.read(record).label
            except Unreadable:
                labels[record.title] = "other"
                assert record.title == "Paper 2"
    assert list(labels) == [f"Paper {number}" for number in range(6)]
    assert (len(server.asked), reader.usage.requests, reader.usage.cached, reader.usage.skipped) == (8, 8, 0, 1)


def test_a_wrong_key_stops_what_is_asked_ahead(server: Server, model: Make) -> None:
    server.replies = [trouble(401)]
    with pytest.raises(Refused, match="EXAPT_LLM_KEY"):
        list(model().ahead(map(paper, range(1000)), jobs=2))
    assert len(server.asked) < 20


def test_it_reads_for_the_graph_as_any_reader_does(server: Server, model: Make, tmp_path: Path) -> None:
    server.reply = lambda request: (
        chat("no") if "Paper 1" in request["messages"][1]["content"] else chat(said(GOOD, GOOD | {"technique": "invented"}))
    )
    papers = [PAPER, paper(1)]
    with Store.open(tmp_path / "graph.db") as store:
        reader = model()
        summary = ingest(store, reader.ahead(papers, jobs=2), readers=lambda paper: reader, jobs=1)
        (evidence,) = store.evidence(paper=PAPER.key)
        assert (evidence.by, evidence.version) == ("llm", reader.VERSION)
        assert [evidence.mechanism_span, evidence.technique_span] != [None, None]
        assert summary.new == 2 and "no usable answer" in " ".join(map(str, summary.failed))
        number = len(server.asked)
        again = ingest(store, papers[:1], readers=lambda paper: reader, jobs=1)
        assert (again.read, again.evidence, len(server.asked)) == (0, 0, number)
        server.reply = lambda request: trouble(401)
        other = model(model="small-2")
        with pytest.raises(Refused, match="EXAPT_LLM_KEY"):
            ingest(store, papers, readers=lambda paper: other, jobs=1)

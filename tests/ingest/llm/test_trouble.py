"""A server that is busy, slow, modest or away: what is waited for, what costs one paper, and what ends the run in one line."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest.extract._llm_cache import Cache
from ingest.extract._llm_endpoint import Endpoint
from ingest.extract.llm import PATIENCE, LanguageModel
from kg.errors import Refused, Unreadable
from tests.ingest.llm.endpoint import GOOD, KEY, PAPER, Make, Reply, Server, chat, paper, said, trouble

pytest.importorskip("openai")


def test_a_busy_or_failing_server_is_waited_for(server: Server, model: Make) -> None:
    server.replies = [trouble(429), trouble(500), trouble(503), chat(said(GOOD))]
    reader = model()
    assert reader.read(PAPER).found
    assert (len(server.asked), reader.usage.requests, reader.usage.bad) == (4, 1, 0)


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        (trouble(401, f"wrong key: {KEY}"), "EXAPT_LLM_KEY"),
        (trouble(403), "EXAPT_LLM_KEY"),
        (trouble(404, "the model small-1 does not exist"), "EXAPT_LLM_MODEL"),
        (trouble(405), "OpenAI-compatible"),
        (trouble(429, "you have no money\x1b[31m", code="insufficient_quota"), "used up"),
    ],
)
def test_what_no_waiting_mends_ends_at_once_in_one_line(server: Server, model: Make, reply: Reply, names: str) -> None:
    server.replies = [reply]
    with pytest.raises(Refused, match=names) as caught:
        model(retries=0).read(PAPER)
    assert len(server.asked) == 1
    assert str(caught.value).isprintable() and KEY not in str(caught.value)


def test_nobody_at_the_address_ends_at_once(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        url = f"http://127.0.0.1:{free.server_port}/v1"
    reader = LanguageModel(Endpoint(url=url, model="m", retries=0), cache=Cache(tmp_path))
    with pytest.raises(Refused, match="nobody answers"):
        reader.read(PAPER)


def test_a_server_that_stays_away_ends_the_run_after_some_papers(server: Server, model: Make) -> None:
    server.replies = [trouble(503)]
    reader = model(retries=1)
    for number in range(PATIENCE - 1):
        with pytest.raises(Unreadable, match="503"):
            reader.read(paper(number))
    with pytest.raises(Refused, match="in a row"):
        reader.read(paper(PATIENCE))
    assert len(server.asked) == 2 * PATIENCE


def test_a_slow_server_costs_one_paper(server: Server, model: Make) -> None:
    done = threading.Event()

    def slow(request: dict[str, Any]) -> Reply:
        done.wait(10)
        return chat(said(GOOD))

    server.reply = slow
    try:
        with pytest.raises(Unreadable, match=r"within 0\.2 s"):
            model(retries=0, seconds=0.2).read(PAPER)
    finally:
        done.set()


def test_headers_that_drip_cost_one_paper(server: Server, model: Make) -> None:
    server.replies = [chat(said(GOOD))._replace(drip=0.02)]
    with pytest.raises(Unreadable, match=r"within 0\.3 s"):
        model(retries=0, seconds=0.3).read(PAPER)


def test_each_try_has_its_own_time(server: Server, model: Make) -> None:
    server.replies = [chat(said(GOOD))._replace(drip=0.04), chat(said(GOOD))]
    assert model(retries=1, seconds=2).read(PAPER).found
    assert len(server.asked) == 2


def test_an_error_that_breaks_off_costs_one_paper(server: Server, model: Make) -> None:
    server.replies = [trouble(400)._replace(lacking=100)]
    with pytest.raises(Unreadable, match="no usable answer"):
        model(retries=0, seconds=0.3).read(PAPER)


def test_what_a_server_does_not_know_is_left_out_and_remembered(server: Server, model: Make) -> None:
    def modest(request: dict[str, Any]) -> Reply:
        if "temperature" in request:
            return trouble(400, "Unsupported value: 'temperature'")
        if "max_tokens" in request:
            return trouble(400, "Unsupported parameter: use 'max_completion_tokens' instead of 'max_tokens'")
        if "response_format" in request:
            return trouble(400, "unknown field response_format")
        return chat(said(label="other"))

    server.reply = modest
    reader = model()
    reader.read(PAPER)
    assert len(server.asked) == 5
    reader.read(paper(1))
    assert len(server.asked) == 6


def test_a_request_declined_for_one_text_costs_that_paper_only(server: Server, model: Make) -> None:
    server.reply = lambda request: (
        trouble(400, "content policy") if "Paper 1" in request["messages"][1]["content"] else chat(said(label="other"))
    )
    reader = model()
    with pytest.raises(Unreadable, match="content policy"):
        reader.read(paper(1))
    reader.read(paper(2))
    # What was left out in vain for the declined text is asked for again.
    assert server.asked[-1]["response_format"]["type"] == "json_schema"

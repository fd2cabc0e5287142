"""An answer that cannot be used is asked for again, and costs one paper at most."""

from __future__ import annotations

import pytest

from ingest.extract._llm_answer import BadAnswer, Completion, answer
from ingest.extract.llm import TRIES
from kg.errors import Unreadable
from tests.ingest.llm.endpoint import GOOD, PAPER, Make, Reply, Server, chat, said

pytest.importorskip("openai")

CUT_OFF = chat(said(GOOD)[:40], finish="length")


@pytest.mark.parametrize(
    "bad",
    [
        chat("I think that ants are great."),
        chat(said(GOOD)[:-30]),
        chat("[" * 100_000),
        chat('{"a":' * 100_000),
        chat(""),
        chat(None),
        chat(None, refusal="I cannot help with that."),
        chat(said(GOOD), finish="content_filter"),
        CUT_OFF,
        chat('{"mappings": []}'),
        chat(said(label="<b>other</b>")),
        chat('{"label": ["other"], "mappings": []}'),
        chat('{"label": "other", "mappings": "none"}'),
        chat("x" * 300_000),
        Reply(b"<html><body>Welcome to the proxy</body></html>"),
        Reply(b'{"choices": []}'),
        Reply(b'{"choices": "none"}'),
        Reply(b'{"choices": [null]}'),
        Reply(b"[1, 2]"),
        Reply(b""),
        Reply(b"\xff\xfe\x00"),
        Reply(b'{"choices": [' + b" " * 5_000_000),
        Reply(b'{"choices"', lacking=100),
    ],
    ids=lambda reply: repr(reply.body[:24] + reply.body[-60:]),
)
def test_a_bad_answer_is_asked_again_with_a_note(server: Server, model: Make, bad: Reply) -> None:
    server.replies = [bad, chat(said(GOOD))]
    reader = model(retries=0)
    if bad.lacking:  # the server keeps the line open and stays silent
        reader = model(retries=0, seconds=0.3)
    assert len(reader.read(PAPER).found) == 1
    assert (len(server.asked), reader.usage.bad, reader.usage.skipped) == (2, 1, 0)
    first, second = (request["messages"] for request in server.asked)
    assert second[:-1] == first and "could not be used" in second[-1]["content"]
    assert (server.asked[1]["max_tokens"] > server.asked[0]["max_tokens"]) and len(second[-1]["content"]) < 300


def test_a_model_that_stays_bad_costs_one_paper_and_is_not_kept(server: Server, model: Make) -> None:
    server.replies = [CUT_OFF]
    reader = model()
    with pytest.raises(Unreadable, match="cut off"):
        reader.read(PAPER)
    assert (len(server.asked), reader.usage.bad, reader.usage.skipped) == (TRIES, TRIES, 1)
    server.replies = [chat(said(GOOD))]
    assert model().read(PAPER).found


def test_json_in_a_fence_or_after_thoughts_is_json() -> None:
    for text in (f"```json\n{said(GOOD)}\n```", f"<think>{{a}} {{</think>\n{said(GOOD)}", f"Here it is: {said(GOOD)} Good luck!"):
        assert answer(Completion(text)).mappings == [GOOD]
    with pytest.raises(BadAnswer):
        answer(Completion("<think>{}</think>"))

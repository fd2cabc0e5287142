"""Texts longer than one request are read in windows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from ingest.extract.llm import WINDOW, windows
from kg.model import Paper
from tests.ingest.llm.endpoint import CLAIM, GOOD, Make, Reply, Server, chat, said

pytest.importorskip("openai")


def test_a_long_essay_is_read_in_windows_and_its_spans_are_true(server: Server, model: Make) -> None:
    filler = [f"Nothing of note is said in sentence {number}, however long it grows.\n" for number in range(700)]
    folded = CLAIM.replace(" of desert", "\n  of desert")
    essay = Paper(key="title:e", title="Essay", kind="essay", abstract="".join([*filler[:170], folded, "\n", *filler[170:]]))
    assert len(essay.abstract or "") > 3 * WINDOW

    def reply(request: dict[str, Any]) -> Reply:
        return chat(said(GOOD) if "AntNav" in request["messages"][1]["content"] else said(label="other"))

    server.reply = reply
    reading = model().read(essay)
    assert len(server.asked) == len(list(windows(essay))) > 3
    (found,) = reading.found
    assert reading.label == "bio_inspired"
    text = essay.abstract or ""
    assert found.mechanism == text[found.mechanism_span.start : found.mechanism_span.end] == "path integration\n  of desert ants"
    assert text[found.technique_span.start : found.technique_span.end] == "AntNav"


def test_windows_cover_a_text_and_overlap() -> None:
    for text in ("", "Short.", "A sentence of words. " * 3000, "x" * 50_000):
        cut = list(windows(Paper(key="title:w", title="W", abstract=text)))
        assert (cut[0].start, cut[-1].end) == (0, len(text))
        assert all(before.start < after.start < before.end < after.end for before, after in pairwise(cut))
        assert all(window.end - window.start <= WINDOW for window in cut)

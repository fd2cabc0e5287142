"""What was asked once is free, whatever befell the files that keep it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.extract._llm_cache import Cache
from ingest.extract._llm_endpoint import Endpoint
from ingest.extract.llm import LanguageModel
from kg.errors import Refused
from tests.ingest.llm.endpoint import GOOD, PAPER, Make, Server, chat, said

pytest.importorskip("openai")


def test_the_same_paper_again_is_free(server: Server, model: Make) -> None:
    server.replies = [chat(said(GOOD))]
    first, again = model(), model()
    assert first.read(PAPER) == again.read(PAPER)
    assert (len(server.asked), again.usage.requests, again.usage.cached, again.usage.tokens_in) == (1, 0, 1, 0)
    model(model="small-2").read(PAPER)
    assert len(server.asked) == 2


def test_a_damaged_or_forged_cache_does_no_harm(server: Server, model: Make, tmp_path: Path) -> None:
    server.replies = [chat(said(GOOD))]
    model().read(PAPER)
    (file,) = (tmp_path / "cache").rglob("*.json")
    for damage in (b"", b"{", b"\xff", b'{"content": 7}', b"[]", json.dumps({"content": "nonsense"}).encode()):
        file.write_bytes(damage)
        assert model().read(PAPER).found
    assert len(server.asked) == 7
    file.write_text(json.dumps({"content": said(GOOD | {"technique": "Forged"})}), encoding="utf-8")
    assert model().read(PAPER).found == ()
    assert len(server.asked) == 7


def test_a_cache_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    server.replies = [chat(said(GOOD))]
    (tmp_path / "taken").write_text("a file")
    reader = LanguageModel(Endpoint(url=server.url, model="m"), cache=Cache(tmp_path / "taken"))
    with pytest.raises(Refused, match="EXAPT_CACHE"):
        reader.read(PAPER)

"""What reading costs, told before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.extract import llm
from ingest.extract._llm_usage import Prices
from ingest.extract.llm import LanguageModel, estimate
from kg.errors import Refused
from tests.ingest.llm.endpoint import GOOD, PAPER, Make, Server, chat, paper, said

pytest.importorskip("openai")


def test_a_server_that_does_not_count_tokens_is_counted_for(server: Server, model: Make) -> None:
    server.replies = [chat(said(GOOD), usage={"prompt_tokens": -1, "completion_tokens": "many"})]
    reader = model()
    reader.read(PAPER)
    assert reader.usage.tokens_in > 1000 and reader.usage.tokens_out > 100
    assert "about" in reader.usage.told(Prices())


def test_an_estimate_asks_nothing_and_knows_what_is_free(
    server: Server, model: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAPT_CACHE", str(tmp_path / "here"))
    monkeypatch.setenv("EXAPT_LLM_URL", server.url)
    monkeypatch.setenv("EXAPT_LLM_MODEL", "small-1")
    before = estimate([PAPER, paper(1)])
    assert (before.papers, before.requests, before.cached, len(server.asked)) == (2, 2, 0, 0)
    assert before.tokens_in > 2000 and "unknown price" in before.told(Prices())
    assert f"cost {(before.tokens_in * 3 + before.tokens_out * 15) / 1e6:.4f}" in before.told(Prices(3, 15))
    server.replies = [chat(said(GOOD))]
    LanguageModel.from_environment().read(PAPER)
    after = estimate([PAPER, paper(1)])
    assert (after.requests, after.cached) == (1, 1)
    assert after.tokens_in < before.tokens_in


def test_a_price_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAPT_LLM_PRICE_IN", "cheap")
    with pytest.raises(Refused, match="EXAPT_LLM_PRICE_IN"):
        llm.prices()

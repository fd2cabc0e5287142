"""The reader is set up by the environment; what cannot be right is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.extract.llm import LanguageModel
from kg.errors import Refused

pytest.importorskip("openai")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXAPT_LLM_URL", ""),
        ("EXAPT_LLM_URL", "localhost:8000"),
        ("EXAPT_LLM_URL", "http://localhost:port/v1"),
        ("EXAPT_LLM_URL", "file:///etc/passwd"),
        ("EXAPT_LLM_URL", "http://me:secret@localhost/v1"),
        ("EXAPT_LLM_MODEL", ""),
        ("EXAPT_LLM_MODEL", "a\nb"),
        ("EXAPT_LLM_KEY", "clé"),
        ("EXAPT_LLM_TIMEOUT", "soon"),
        ("EXAPT_LLM_TIMEOUT", "nan"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    monkeypatch.setenv("EXAPT_CACHE", str(tmp_path))
    monkeypatch.setenv("EXAPT_LLM_URL", "http://localhost:1/v1")
    monkeypatch.setenv("EXAPT_LLM_MODEL", "small-1")
    assert LanguageModel.from_environment().VERSION.startswith("small-1")
    monkeypatch.setenv(name, value)
    with pytest.raises(Refused, match=name) as caught:
        LanguageModel.from_environment()
    assert "secret" not in str(caught.value)

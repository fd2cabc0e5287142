"""What every test can use: the shared data where it is there, a store of its own, the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.loopback import loopback as loopback

# Speed is measured in benchmarks/; here a busy machine must not fail a test.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """``shared("gold/dev.jsonl")`` is a path into the shared data; the test is skipped where that is absent."""
    folder = Path(os.environ.get("EXAPT_SHARED") or CHECKOUT.parent / "shared")

    def path(relative: str) -> Path:
        found = folder / relative
        if not found.exists():
            pytest.skip(f"{relative} is not here: set EXAPT_SHARED to the folder of shared data")
        return found

    return path


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own store or colours must not change what a test sees."""
    for name in ("EXAPT_STORE", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

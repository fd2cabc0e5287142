"""What every test can use: the shared data where it is there, a store of its own, the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import settings

from tests.loopback import loopback as loopback

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


class Neo4jServer(NamedTuple):
    """Where a Neo4j answers, and whom it lets in."""

    uri: str
    username: str
    password: str


def pytest_runtest_setup() -> None:
    """What draws from torch's own seed draws the same in every run of a test."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a database run in one process, where the tests are spread over several."""
    for item in items:
        if "neo4j_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("neo4j"))


@pytest.fixture(scope="session")
def neo4j_server(shared: Callable[[str], Path]) -> Iterator[Neo4jServer]:
    """A real Neo4j: the one that the environment names, else one that is started here; the test is skipped where neither is."""
    pytest.importorskip("neo4j")
    if os.environ.get("NEO4J_URI"):
        yield Neo4jServer(
            os.environ["NEO4J_URI"], os.environ.get("NEO4J_USERNAME") or "neo4j", os.environ.get("NEO4J_PASSWORD") or ""
        )
        return
    if shutil.which("java") is None:
        with _in_a_container() as found:
            yield found
        return
    command = str(shared("neo4j/server"))
    said = subprocess.run([command, "start"], check=True, capture_output=True, text=True).stdout
    given = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    try:
        yield Neo4jServer(given["NEO4J_URI"], given["NEO4J_USERNAME"], given["NEO4J_PASSWORD"])
    finally:
        subprocess.run([command, "stop", given["NEO4J_HOME"]], check=True, capture_output=True)


@contextmanager
def _in_a_container() -> Iterator[Neo4jServer]:
    reason = "no Neo4j: set NEO4J_URI and NEO4J_PASSWORD, or install Java or testcontainers with Docker"
    if shutil.which("docker") is None:
        pytest.skip(reason)
    containers = pytest.importorskip("testcontainers.neo4j", reason=reason)
    with containers.Neo4jContainer("neo4j:5-community", password="not-a-secret") as container:
        yield Neo4jServer(container.get_connection_url(), "neo4j", "not-a-secret")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own store or colours must not change what a test sees."""
    for name in ("EXAPT_STORE", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


CHROMIUM_FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'exapt[dev]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = os.environ.get("EXAPT_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.skip("no Chromium is here: install it, or name it in EXAPT_CHROMIUM")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS, chromium_sandbox=False)
        yield running
        running.close()

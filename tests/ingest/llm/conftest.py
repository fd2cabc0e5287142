"""The endpoint on loopback, and readers of it: the real client library, never a fake one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.extract._llm_cache import Cache
from ingest.extract._llm_endpoint import Endpoint
from ingest.extract.llm import LanguageModel
from tests.ingest.llm.endpoint import KEY, Server


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


@pytest.fixture
def model(server: Server, tmp_path: Path) -> Callable[..., LanguageModel]:
    """A reader of that server, with a fresh client and the same cache each time."""

    def make(**options: Any) -> LanguageModel:
        endpoint = Endpoint(**{"url": server.url, "model": "small-1", "key": KEY, **options})
        return LanguageModel(endpoint, cache=Cache(tmp_path / "cache"))

    return make

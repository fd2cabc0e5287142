"""An end to every request: a watch that shuts the connection when the time for the whole answer is over.

A server that sends one byte before each read times out would hold a request for ever, already within its headers. Timeouts of
the socket begin anew with every byte, so a second thread watches the whole.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, exceptions


class Deadline:
    """Shuts the connections that it was shown once ``seconds`` of watching are over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._connections: list[Any] = []
        self._lock = threading.Lock()
        self.passed = False

    def __enter__(self) -> Deadline:
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.clear()

    def show(self, connection: Any) -> None:
        with self._lock:
            self._connections.append(connection)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """The block has the deadline's seconds; what fails in it after they are over fails for want of time."""
        self.passed = False
        watch = threading.Timer(self._seconds, self._shut)
        watch.daemon = True
        watch.start()
        try:
            yield
        except Exception as error:
            # Headers that were cut look like an answer of another kind, a body that was cut like a broken one.
            if self.passed:
                raise requests.ReadTimeout(f"not whole after {self._seconds:g} s") from error
            raise
        finally:
            watch.cancel()
        if self.passed:
            # A body whose length was not announced ends like a whole one when its connection is shut.
            raise requests.ReadTimeout(f"not whole after {self._seconds:g} s")

    def _shut(self) -> None:
        self.passed = True
        with self._lock:
            for connection in self._connections:
                if (open_socket := connection.sock) is not None:
                    with contextlib.suppress(OSError):
                        open_socket.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPAdapter):
    """Opens connections that the deadline knows of, straight or through a proxy."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _watch(self.poolmanager, self._deadline)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _watch(manager, self._deadline)
        return manager


def _watch(manager: PoolManager, deadline: Deadline) -> None:
    def watched(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        class Connection(pool.ConnectionCls):  # type: ignore[name-defined,misc]  # a class that the pool names
            def connect(self) -> None:
                super().connect()
                # The socket that shutdown() needs is kept apart: the response takes it from the connection.
                deadline.show(_Socket(self.sock))

        return type(pool.__name__, (pool,), {"ConnectionCls": Connection})

    manager.pool_classes_by_scheme = {"http": watched(HTTPConnectionPool), "https": watched(HTTPSConnectionPool)}


class _Socket:
    """A connection's socket, however the connection fares."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock


@contextlib.contextmanager
def session(deadline: Deadline) -> Iterator[requests.Session]:
    """A session whose requests end with ``deadline``; it keeps no cookies and reads no passwords from files."""
    with requests.Session() as web:
        for scheme in ("http://", "https://"):
            web.mount(scheme, _Watched(deadline))
        web.auth = lambda request: request  # else requests looks for the host's password in ~/.netrc
        yield web


def in_requests_words(error: exceptions.HTTPError) -> requests.RequestException:
    """An error of the connection under requests as requests would have raised it."""
    if isinstance(error, exceptions.ReadTimeoutError):
        return requests.ReadTimeout(error)
    if isinstance(error, exceptions.DecodeError):
        return requests.exceptions.ContentDecodingError(error)
    return requests.exceptions.ChunkedEncodingError(error)

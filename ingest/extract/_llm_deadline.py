"""An end to every request to a language model: the time for a reply is that of its headers and its body together.

A server that sends one byte before each read times out would hold a request for ever. Timeouts of the connection begin anew with
every byte, so a second thread watches the whole, and shuts the connection when the time is over.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

_OPENED = ("connect_tcp.complete", "start_tls.complete")
"""What the HTTP library tells when a connection stands; TLS puts a socket of its own in the place of the first."""


class Deadlines:
    """Those of the requests of one client, by the threads that make them.

    Args:
        seconds: that one reply may take; each try of a request has them anew.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._of = threading.local()

    def begin(self, request: Any) -> None:
        """Watch ``request``, which this thread is about to send, each on a connection of its own."""
        self.end()
        self._of.deadline = Deadline(self._seconds)
        request.extensions["trace"] = self._of.deadline.told

    def end(self) -> None:
        """The reply to the last request of this thread is there, or will not come."""
        if (deadline := getattr(self._of, "deadline", None)) is not None:
            deadline.stop()

    @property
    def passed(self) -> bool:
        """Whether the last request of this thread ran out of time."""
        deadline = getattr(self._of, "deadline", None)
        return deadline is not None and deadline.passed


class Deadline:
    """That of one request; it begins now."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._watch = threading.Timer(seconds, self._pass)
        self._watch.daemon = True
        self._watch.start()

    def stop(self) -> None:
        self._watch.cancel()

    def told(self, event: str, about: dict[str, Any]) -> None:
        if event.endswith(_OPENED):
            self._socket = about["return_value"].get_extra_info("socket")
            if self.passed:
                self._shut()

    def _pass(self) -> None:
        self.passed = True
        self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # Not by the method of a TLS socket, which would first take it apart under the thread that reads from it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

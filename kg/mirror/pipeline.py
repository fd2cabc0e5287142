"""One thread that sends while the next lot is being made, so that neither waits for the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

AHEAD = 2
"""Lots that may wait: enough to keep the thread busy, few enough for the memory."""


class Pipeline:
    """Does work in order. A fault in it comes out of the next call; leaving the block waits for what is under way."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=kind is not None)

    def put(self, work: Callable[[], None]) -> None:
        """Have ``work`` done after all that was put before."""
        while len(self._waiting) >= AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(work))

    def drain(self) -> None:
        """Wait until all is done."""
        while self._waiting:
            self._waiting.popleft().result()

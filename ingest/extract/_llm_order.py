"""Some calls at a time, results in the order of what went in."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_AHEAD = 3
"""Items in hand for each thread: one slow answer does not leave the others idle."""


def in_order(work: Callable[[Item], Result], items: Iterable[Item], *, jobs: int = 1) -> Iterator[Result]:
    """``work`` of each item, on ``jobs`` threads, in order; ``items`` is read only a little ahead.

    The threads are daemons, unlike those of the standard library's executors: Ctrl-C then ends the program at once, and does
    not wait for answers still on their way. What ``work`` raises is raised here in its turn, and nothing more is begun.
    """
    if jobs <= 1:
        yield from map(work, items)
        return
    tasks: queue.SimpleQueue[tuple[Future[Result], Item] | None] = queue.SimpleQueue()
    pending: deque[Future[Result]] = deque()
    for _ in range(jobs):
        threading.Thread(target=_serve, args=(work, tasks), daemon=True).start()
    try:
        for item in items:
            future: Future[Result] = Future()
            pending.append(future)
            tasks.put((future, item))
            if len(pending) >= jobs * _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
        for _ in range(jobs):
            tasks.put(None)


def _serve(work: Callable[[Item], Result], tasks: queue.SimpleQueue[tuple[Future[Result], Item] | None]) -> None:
    while (task := tasks.get()) is not None:
        future, item = task
        if not future.set_running_or_notify_cancel():
            continue
        try:
            result = work(item)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

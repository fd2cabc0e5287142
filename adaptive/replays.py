"""Lives of the controls that replay a response, and which of them are the candidate's own over again.

A mechanism that always responds alike leaves the same response on every seed. What is replayed then is what the candidate did
itself; a few such lives are lived, and where they are the candidate's to the last bit the others are taken over from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from adaptive.journal import Done
from adaptive.race import Run
from adaptive.trial import Job, Trajectory

LIVED = 2
"""Lives of a control that are lived to make sure that they are the candidate's."""
MESSAGE = "running the controls"


@dataclasses.dataclass(frozen=True, slots=True)
class Replay:
    """A life to be lived, and the candidate's on that seed where it gave the very response that is to be replayed."""

    job: Job
    own: Run | None


def is_own(options: Mapping[str, Any], response: Trajectory) -> bool:
    """Whether ``options`` tell the candidate to respond as it did when it left ``response``."""
    told = next((options[name] for name in ("replay", "constant") if name in options), None)
    if told is None or not len(response):
        return False
    told = numpy.asarray(told, dtype=numpy.float64)
    return bool(told.shape in ((), response.shape) and numpy.all(told == response))


def same_life(one: Run, other: Run) -> bool:
    """Whether two lives gave the same numbers to the last bit."""
    return (one.value, one.curve, one.budget, one.extra, one.note) == (
        other.value, other.curve, other.budget, other.extra, other.note
    )  # fmt: skip


def live(sweep: Callable[[Sequence[Job], str], list[Done]], asked: Sequence[Replay]) -> list[Done]:
    """What each of ``asked`` gave, in no order that matters; a life that is taken over took no time."""
    controls: dict[tuple[str, str], list[Replay]] = {}
    for replay in asked:
        controls.setdefault((replay.job.task, replay.job.arm), []).append(replay)
    sure = {place for place, lives in controls.items() if all(replay.own for replay in lives)}
    first = [replay for place, lives in controls.items() for replay in (lives[:LIVED] if place in sure else lives)]
    done = sweep([replay.job for replay in first], MESSAGE)
    differ = {
        (replay.job.task, replay.job.arm)
        for replay, (run, _) in zip(first, done, strict=True)
        if replay.own is None or not same_life(run, replay.own)
    }
    rest = [replay for place in sure for replay in controls[place][LIVED:]]
    more = [replay.job for replay in rest if (replay.job.task, replay.job.arm) in differ]
    if hasattr(sweep, "expected"):
        sweep.expected -= len(rest) - len(more)
    taken = [
        (dataclasses.replace(replay.own, arm=replay.job.arm, seconds=0.0), numpy.empty(0))
        for replay in rest
        if replay.own and (replay.job.task, replay.job.arm) not in differ
    ]
    return [*done, *(sweep(more, MESSAGE) if more else ()), *taken]

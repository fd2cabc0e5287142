"""The records of a race: what was run, what came of it, and the same as JSON.

A **run** is one life of one arm; an arm's **tuning** is the trials that chose its knobs; a **comparison** sets the candidate
against one other arm; the **verdict** says in words what a task showed.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from kg.errors import Unreadable

Knobs = tuple[tuple[str, float], ...]
Phase = Literal["tuning", "evaluation", "noise"]
Word = Literal["better", "worse", "no difference shown", "not run to the end"]
Tier = Literal["quick", "standard", "full"]

CANDIDATE = "candidate"
VALUE_OF: dict[Word, float] = {"better": 1.0, "worse": -1.0, "no difference shown": 0.0, "not run to the end": math.nan}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One life of one arm."""

    task: str
    arm: str
    phase: Phase
    seed: int
    knobs: Knobs
    value: float
    """The task's metric; NaN where the run did not reach its end, and then ``note`` says why."""
    budget: float = 0.0
    """Forward-equivalents: a forward pass of one sample is 1, a backward pass 2, a look-ahead what it costs."""
    seconds: float = 0.0
    """Processor time, which on one thread of an idle machine is wall time; judging is not counted."""
    curve: tuple[float, ...] = ()
    """The score over the life, in equal windows."""
    response: tuple[float, ...] = ()
    sensed: tuple[float, ...] = ()
    extra: Knobs = ()
    """Other measurements: ("last tenth", …), ("dead units", …), ("weight norm", …)."""
    init_sha256: str = ""
    stream_sha256: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One setting of an arm's knobs and its mean over the tuning seeds that it lived on; NaN where a seed failed."""

    knobs: Knobs
    value: float
    failures: int = 0
    widened: bool = False
    lives: int = 0
    """Tuning seeds that it lived on: what looks poor on the first does not get all; 0 where a file does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How an arm's knobs were chosen. The first trial is the defaults."""

    task: str
    arm: str
    knobs: Knobs
    trials: tuple[Trial, ...]
    edges: tuple[str, ...] = ()
    """Knobs whose first best value lay at the edge of its range, which widened the range."""
    flagged: tuple[str, ...] = ()
    """Knobs whose best value lies in the outer tenth of all that was searched: the arm might do better still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The candidate against ``arm`` on paired seeds; every difference is turned so that above 0 the candidate is better."""

    task: str
    arm: str
    seeds: int
    difference: float
    low: float
    high: float
    iqm: float
    iqm_low: float
    iqm_high: float
    p: float
    """Of the sign-flip test, two-sided."""
    p_holm: float
    chance: float
    """Share of seeds on which the candidate is better, ties counted half."""
    chance_low: float
    chance_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a task showed, and why that word."""

    task: str
    word: Word
    reason: str
    baseline: str = ""
    """The best tuned baseline."""
    floor: float = math.nan
    """Standard deviation of a mean difference between two runs of that baseline that differ in the order of the data alone."""
    fired: float = math.nan
    """Share of the candidate's steps at which its mechanism responded; NaN where it does not tell."""
    spent: float = math.nan
    """Forward-equivalents of the candidate, as a multiple of those of ``baseline``; NaN where a file does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A task as raced."""

    name: str
    title: str
    description: str
    metric: str
    direction: Literal["higher", "lower"]
    steps: int
    baselines: tuple[str, ...] = ()
    """Those that fit the task; none: all of the race."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Everything that a race showed."""

    key: str
    """Hash of configuration and sources: the same race has the same key."""
    prototype: str
    title: str
    mechanism: str
    technique: str
    description: str
    tier: Tier
    seeds: tuple[int, ...]
    tuning_seeds: tuple[int, ...]
    trials: int
    baselines: tuple[str, ...]
    controls: tuple[str, ...]
    courses: tuple[Course, ...]
    tunings: tuple[Tuning, ...]
    runs: tuple[Run, ...]
    comparisons: tuple[Comparison, ...]
    verdicts: tuple[Verdict, ...]
    sources: tuple[tuple[str, str], ...]
    """(file, SHA-256) of what was run."""
    versions: tuple[tuple[str, str], ...]
    seconds: float = 0.0
    """Processor seconds of all runs together."""
    limits: tuple[tuple[str, float], ...] = ()
    """What one run might take: ("seconds", …) of processor time, ("memory", …) in megabytes, ("wall", …); 0: as usual."""

    def course(self, task: str) -> Course:
        return next(course for course in self.courses if course.name == task)

    def verdict(self, task: str) -> Verdict:
        return next(verdict for verdict in self.verdicts if verdict.task == task)

    def arms(self, task: str | None = None) -> tuple[str, ...]:
        """The candidate first, then baselines, then controls; those of one ``task``, or of all."""
        baselines = (task and self.course(task).baselines) or self.baselines
        return (CANDIDATE, *baselines, *self.controls)

    def evaluations(self, task: str, arm: str) -> tuple[Run, ...]:
        """The runs that count, in order of their seeds."""
        found = (run for run in self.runs if (run.task, run.arm, run.phase) == (task, arm, "evaluation"))
        return tuple(sorted(found, key=lambda run: run.seed))

    def tuning(self, task: str, arm: str) -> Tuning | None:
        return next((t for t in self.tunings if (t.task, t.arm) == (task, arm)), None)


def spent(runs: Iterable[Run], task: str, baseline: str) -> float:
    """The candidate's mean budget on the seeds that count, as a multiple of that of ``baseline``; NaN where either has none."""
    budgets: dict[str, list[float]] = {CANDIDATE: [], baseline: []}
    for run in runs:
        if (run.task, run.phase) == (task, "evaluation") and run.arm in budgets:
            budgets[run.arm].append(run.budget)
    mine, its = (sum(values) / len(values) if values else 0.0 for values in budgets.values())
    return mine / its if mine and its else math.nan


def as_json(record: Any) -> dict[str, Any]:
    """``record`` as plain values; NaN and infinities, which JSON has not, become null and "inf"."""
    plain: dict[str, Any] = _plain(dataclasses.asdict(record))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def from_json(kind: Any, value: Any) -> Any:
    """The inverse of :func:`as_json`: builds ``kind`` (a record, a tuple of records, a number …) from plain values."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: from_json(hints[name], inner) for name, inner in value.items()})  # type: ignore[operator]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        inner = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
        return tuple(from_json(each, part) for each, part in zip(inner, value, strict=True))
    if origin in (Union, types.UnionType):
        return None if value is None else from_json(next(a for a in arguments if a is not type(None)), value)
    if kind is float:
        return math.nan if value is None else float(value)
    return value


def save(race: Race, path: Path) -> None:
    """Writes ``race``; a reader never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_text(json.dumps(as_json(race), ensure_ascii=False, allow_nan=False, indent=1) + "\n", encoding="utf-8")
    half.replace(path)


def load(path: Path | str) -> Race:
    """The race written at ``path``, or in the folder ``path``.

    Raises:
        Unreadable: there is no race, or the file is not one.
    """
    where = Path(path)
    where = where / "race.json" if where.is_dir() else where
    try:
        race = from_json(Race, json.loads(where.read_text(encoding="utf-8")))
    except OSError as error:
        raise Unreadable(where, error.strerror or "it cannot be opened") from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise Unreadable(where, f"it is not a race as this program writes it ({type(error).__name__})") from error
    assert isinstance(race, Race)
    return race

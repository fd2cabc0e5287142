"""Every prototype raced: each on the task where it should help and on one where no benefit is expected.

What comes of it is a list of :class:`Finding`, one a prototype and task, with the number of every arm on every seed: enough to
judge again, to draw, to tell, and to enter a graph. The findings of the standard tier ship with exapt (``load()``).
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy

from adaptive import bench, field, provenance
from adaptive.isolated import Limits
from adaptive.likeness import Likeness, known_methods
from adaptive.race import CANDIDATE, Comparison, Knobs, Race, Tier, Verdict, as_json, from_json
from adaptive.sweep import Pool, Progress
from kg import plugins
from kg.errors import Unreadable

Role = Literal["own", "plain"]
SHIPPED = Path(__file__).parent / "verdicts" / "standard.jsonl"
PLAIN, OTHER_PLAIN = "digits", "small_data_digits"
"""A task in which nothing changes; the second for those that claim to help on the first."""
FOLLOWED = 600
"""Steps over which known methods are compared with a candidate, unless they look the same."""
PROTOCOL = ("bench.py", "contest.py", "replays.py", "tuning.py", "stats.py")
"""What decides how arms are tuned, lived and compared."""
DIGITS = 7
"""Significant digits that a file of findings keeps of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the race of one prototype showed on one task."""

    prototype: str
    task: str
    role: Role
    """"own": the task where it says it should help; "plain": one where no benefit is expected."""
    metric: str
    direction: Literal["higher", "lower"]
    tier: Tier
    steps: int
    trials: int
    seeds: tuple[int, ...]
    values: tuple[tuple[str, tuple[float, ...]], ...]
    """(arm, its metric on each of the seeds); NaN where a run failed. The candidate first, then baselines, then controls."""
    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    knobs: Knobs
    """As tuned, of the candidate."""
    untuned: float
    tuned: float
    """Mean over the tuning seeds with default and with tuned knobs."""
    curves: tuple[tuple[str, tuple[float, ...]], ...]
    """(arm, mean score over the life in equal windows) of the candidate, the best baseline and the candidate switched off."""
    response: tuple[float, ...]
    """Mean response of the candidate over the life, in equal windows; empty where it does not tell."""
    likeness: Likeness | None
    """The nearest known method, by trajectory; measured on the own task."""
    race: str
    seconds: float
    """Processor seconds of the counted runs of all arms, baselines included, also where another race had done these before."""
    versions: tuple[tuple[str, str], ...] = ()
    code: str = ""
    """Digest of the code that decided these numbers, as :func:`is_of_other_code` compares it; empty where it is not known."""

    def of(self, arm: str) -> tuple[float, ...]:
        """The arm's metric on each seed; empty where it did not run."""
        return dict(self.values).get(arm, ())

    def mean(self, arm: str) -> float:
        """Mean over the seeds that reached the end; NaN where none did."""
        finite = [value for value in self.of(arm) if math.isfinite(value)]
        return float(numpy.mean(finite)) if finite else math.nan

    def against(self, arm: str) -> Comparison | None:
        """The candidate against ``arm``, above 0 where the candidate is better; ``None`` where that did not run."""
        return next((comparison for comparison in self.comparisons if comparison.arm == arm), None)


def tasks_of(module: ModuleType) -> tuple[str, str]:
    """The task where the prototype should help, and one where it should make no difference."""
    own = str(module.TASK)
    return own, OTHER_PLAIN if own == PLAIN else PLAIN


def run(
    names: Sequence[str] = (),
    *,
    tier: Tier = "standard",
    folder: Path | str = Path("races"),
    n_jobs: int | None = None,
    progress: Callable[[str], Progress] | None = None,
    limits: Limits | None = None,
    pool: Pool | None = None,
    steps: int | None = None,
    seeds: int | None = None,
    trials: int | None = None,
) -> Iterator[tuple[Race, tuple[Finding, ...]]]:
    """Races the prototypes called ``names``, or all, one after the other; what was run before is not run again.

    Controls that replay a response run where the candidate did better than switched off: else there is no gain to explain. Lives
    that can be lived as a population are, within float error the same.

    Args:
        progress: called with the name of a prototype, gives what :func:`bench.run` takes as progress.

    Raises:
        NotFound: no such prototype.
    """
    for name in names or bench.prototypes():
        module = field.candidate(name)
        race = bench.run(
            name, tasks_of(module), tier=tier, folder=folder, n_jobs=n_jobs, limits=limits, pool=pool, shams="gain",
            together=True, steps=steps, seeds=seeds, trials=trials, progress=progress(name) if progress else None,
        )  # fmt: skip
        yield race, findings(race, module)


def findings(race: Race, module: ModuleType) -> tuple[Finding, ...]:
    """What ``race`` showed, task by task."""
    own, _ = tasks_of(module)
    return tuple(_finding(race, course.name, "own" if course.name == own else "plain") for course in race.courses)


def _finding(race: Race, task: str, role: Role) -> Finding:
    course, verdict, tuning = race.course(task), race.verdict(task), race.tuning(task, CANDIDATE)
    assert tuning is not None
    runs = {arm: race.evaluations(task, arm) for arm in race.arms(task)}
    drawn = dict.fromkeys((CANDIDATE, verdict.baseline, "off"))
    defaults = tuning.trials[0]
    best = next((trial for trial in tuning.trials if trial.knobs == tuning.knobs), defaults)
    return Finding(
        prototype=race.prototype, task=task, role=role, metric=course.metric, direction=course.direction, tier=race.tier,
        steps=course.steps, trials=race.trials, seeds=race.seeds,
        values=tuple((arm, tuple(_short(run_.value) for run_ in its)) for arm, its in runs.items() if its),
        comparisons=tuple(c for c in race.comparisons if c.task == task), verdict=verdict, knobs=tuning.knobs,
        untuned=defaults.value, tuned=best.value,
        curves=tuple((arm, _mean([run_.curve for run_ in runs[arm]])) for arm in drawn if runs.get(arm)),
        response=_mean([run_.response for run_ in runs[CANDIDATE]]),
        likeness=_likeness(race.prototype, task, tuning.knobs, course.steps) if role == "own" else None,
        race=race.key, seconds=sum(run_.seconds for its in runs.values() for run_ in its), versions=race.versions,
        code=_code(race.prototype, task, runs, dict(race.sources)),
    )  # fmt: skip


def is_of_other_code(finding: Finding) -> bool:
    """Whether prototype, task, rivals or protocol have changed since; false where it is not known what they were."""
    return bool(finding.code) and finding.code != _code(finding.prototype, finding.task, dict(finding.values), _hashes())


def _code(prototype: str, task: str, arms: Iterable[str], hashes: Mapping[str, str]) -> str:
    """One digest of the ``hashes``, by name, of the files that decide what ``arms`` do on ``task``; empty where one has none."""
    known = set(plugins.names(field.BASELINES))
    files = {provenance.HERE / name for name in (*PROTOCOL, f"prototypes/{prototype}.py")}
    for plugin in (f"{field.PROTOTYPES}:{prototype}", *(f"{field.BASELINES}:{arm}" for arm in arms if arm in known)):
        files.update(provenance.source_files(plugin, task))
    names = [path.relative_to(provenance.HERE.parent).as_posix() for path in files]
    if not all(name in hashes for name in names):
        return ""
    return provenance.digest(sorted((name, hashes[name]) for name in names))[:16]


@functools.cache
def _hashes() -> dict[str, str]:
    """SHA-256 of every file of this package as it is now, by name."""
    return dict(provenance.hashes(provenance.HERE.rglob("*.py")))


def _likeness(prototype: str, task: str, knobs: Knobs, steps: int) -> Likeness:
    """The nearest known method; what looks the same at first is followed to the end of the life."""
    near = known_methods(prototype, task, knobs, steps=min(steps, FOLLOWED))
    return known_methods(prototype, task, knobs, steps=steps) if near.same and steps > FOLLOWED else near


def _mean(lines: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """The mean of lines of equal length; of lines that differ, over the shortest."""
    known = [line for line in lines if len(line)]
    if not known:
        return ()
    length = min(map(len, known))
    return tuple(_short(float(value)) for value in numpy.mean([line[:length] for line in known], axis=0))


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def save(found: Iterable[Finding], path: Path) -> None:
    """Writes findings as JSON lines; a reader never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    lines = [json.dumps(_rounded(as_json(one)), allow_nan=False, ensure_ascii=False) for one in found]
    half.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    half.replace(path)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return _short(value) if isinstance(value, float) else value


def load(path: Path | None = None) -> tuple[Finding, ...]:
    """The findings in ``path``, or those that ship.

    Raises:
        Unreadable: there is no such file, or it does not hold findings.
    """
    where = path or SHIPPED
    try:
        return tuple(from_json(Finding, json.loads(line)) for line in where.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise Unreadable(where, error.strerror or "it cannot be opened") from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise Unreadable(where, f"it does not hold findings as this program writes them ({type(error).__name__})") from error


def module_of(name: str) -> ModuleType:
    """The prototype that a finding is about."""
    return plugins.load(field.PROTOTYPES, name, kind="prototype")

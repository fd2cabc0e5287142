"""The loop closed: candidates are proposed, compiled, held to the contract, raced, and raced again on other lives.

A candidate passes the first gate where it does better than the best tuned baseline and than its base step alone; it survives
where it does so again on a second set of seeds, and there also beats its shams, one of them its base step with its very own
knobs. Every outcome is written down as soon as it is known; a search that is stopped goes on where it was, with the same choices.
"""

from __future__ import annotations

import functools
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from adaptive import bench, circuits, contract, stats
from adaptive import field as races
from adaptive.circuits import Circuit
from adaptive.isolated import Limits
from adaptive.proposals import Bound, Proposal, Proposer
from adaptive.provenance import digest
from adaptive.race import Race, as_json, from_json
from adaptive.tasks import FIRST_EVALUATION_SEED
from adaptive.trial import plugin_module
from kg import plugins

SECOND_SEEDS = FIRST_EVALUATION_SEED + 100
"""Where the second set begins, unless the first reaches so far: then it begins after that."""
SHAMS = ("off", "bare", "yoked", "constant", "shuffled")
MEMORY = 1024
CHANCE = 0.025
"""How often a candidate that is no better shows a gain whose 95 % interval lies above 0: at most so often."""
USUAL = "label_swap_digits"
"""The task of a function for which no prototype names one."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What one race said; gains are the candidate's, above 0 where it is better."""

    passed: bool
    why: str
    baseline: str
    gain: float
    low: float
    high: float
    over_off: float
    off_low: float
    off_high: float
    race: str

    @property
    def errors(self) -> float:
        """The gain over the best baseline in standard errors; NaN where there is none."""
        width = (self.high - self.low) / 3.92
        return self.gain / width if width > 0 else 0.0 if self.gain == 0 else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one candidate."""

    number: int
    proposal: Proposal
    contract: str = ""
    """The first point that it breaks; empty where it keeps all, and for placebos."""
    first: Gate | None = None
    second: Gate | None = None
    seconds: float = 0.0
    """By the clock."""

    @property
    def survived(self) -> bool:
        return self.second is not None and self.second.passed

    @property
    def errors(self) -> float:
        return self.first.errors if self.first else math.nan


class TimeUp(Exception):
    """The budget is spent."""


@dataclass(slots=True)
class Discovery:
    """One search.

    Args:
        function: what the mechanisms of the candidates do, as the graph keys it.
        task: where they race.
        bound: what the graph binds for the function, see :func:`adaptive.proposals.bound_in`.
        folder: where searches are kept; this one has a folder of its own in it.
        keep: called with the last race of every candidate and the key of the mapping that it bears on, or "".
    """

    function: str
    task: str
    bound: Sequence[Bound]
    seed: int = 0
    folder: Path = Path("discoveries")
    n_jobs: int | None = None
    steps: int | None = None
    seeds: int | None = None
    trials: int | None = None
    tell: Tell = print
    keep: Callable[[Race, str], None] = lambda race, mapping: None
    outcomes: list[Outcome] = field(default_factory=list, init=False)
    proposer: Proposer = field(init=False)
    home: Path = field(init=False)
    _until: float = field(default=math.inf, init=False)

    def __post_init__(self) -> None:
        task: ModuleType = plugins.load(races.TASKS, self.task, kind="task")
        facts = (self.function, self.task, self.seed, self.steps, self.seeds, self.trials)
        self.home = self.folder / ("d" + digest(facts)[:12])
        self.bound = self._remembered()
        self.proposer = Proposer(self.bound, offers=task.REVEALS, seed=self.seed, tried_before=shipped())
        path = self.home / "tried.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                self.outcomes.append(from_json(Outcome, json.loads(line)))
            except (ValueError, TypeError, KeyError, AttributeError):
                continue  # The line that was being written when the search was killed: that candidate is tried again.

    def _remembered(self) -> list[Bound]:
        """What the graph bound when the search began, and what it binds now: what has been raced meanwhile was part of it."""
        path = self.home / "bound.json"
        known = _bound(path)
        every = [*(known or ()), *(one for one in self.bound if one not in (known or ()))]
        if every != known:
            self.home.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(".part")
            half.write_text(json.dumps([as_json(one) for one in every], indent=1) + "\n", encoding="utf-8")
            half.replace(path)
        return every

    def run(self, minutes: float, *, most: int | None = None) -> None:
        """Tries candidates until ``minutes`` by the clock are over, or ``most`` have been tried in all.

        What is under way when the time is over is left for the next time.
        """
        began = time.monotonic()
        self._until = began + 60.0 * minutes
        try:
            while most is None or len(self.outcomes) < most:
                self._tick()
                proposal = self.proposer.next(self.tried)
                if proposal is None:
                    return
                self._keep(self._try(proposal))
        except TimeUp:
            return

    @property
    def tried(self) -> list[tuple[Proposal, float]]:
        return [(outcome.proposal, outcome.errors) for outcome in self.outcomes]

    def _try(self, proposal: Proposal) -> Outcome:
        began, placebo = time.monotonic(), proposal.origin == "placebo"
        told = functools.partial(Outcome, number=len(self.outcomes) + 1, proposal=proposal)
        path = circuits.write(proposal.circuit, self.home / "candidates", placebo=placebo)
        if not placebo and (broken := _broken(plugin_module(str(path)))):
            return told(contract=broken, seconds=time.monotonic() - began)
        race = self._race(path, proposal, first_seed=FIRST_EVALUATION_SEED, controls=("off",), together=True)
        first = gate(race, self.task, shams=("off",), placebo=placebo)
        second = None
        if first.passed:
            second_seeds = max(SECOND_SEEDS, race.seeds[-1] + 1)
            race = self._race(path, proposal, first_seed=second_seeds, controls=SHAMS, together=False)
            second = gate(race, self.task, shams=SHAMS, placebo=placebo)
        if not placebo:
            # Only the last word is evidence: a gain on the first seeds has not met its shams.
            self.keep(race, proposal.mapping)
        return told(first=first, second=second, seconds=time.monotonic() - began)

    def _race(self, path: Path, proposal: Proposal, *, first_seed: int, controls: Sequence[str], together: bool) -> Race:
        return bench.run(
            str(path), (self.task,), tier="quick", controls=controls, folder=self.home / "races", n_jobs=self.n_jobs,
            limits=Limits(memory=MEMORY), off=proposal.circuit.base, first_seed=first_seed, progress=self._progress(proposal),
            steps=self.steps, seeds=self.seeds, trials=self.trials, together=together,
        )  # fmt: skip

    def _progress(self, proposal: Proposal) -> Callable[[int, int, str], None]:
        number = len(self.outcomes) + 1

        def progress(done: int, total: int, note: str) -> None:
            self._tick()
            self.tell(f"candidate {number}: {proposal.circuit.words}, run {done} of {total}")

        return progress

    def _tick(self) -> None:
        if time.monotonic() > self._until:
            raise TimeUp

    def _keep(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.home.mkdir(parents=True, exist_ok=True)
        path = self.home / "tried.jsonl"
        whole = not path.is_file() or path.read_bytes()[-1:] in (b"", b"\n")
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" * (not whole) + json.dumps(as_json(outcome), allow_nan=False) + "\n")


def _bound(path: Path) -> list[Bound] | None:
    """What the file holds; ``None`` where there is none, or none that can be read."""
    try:
        return [from_json(Bound, one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def gate(race: Race, task: str, *, shams: Sequence[str], placebo: bool = False) -> Gate:
    """Whether the candidate beat the best baseline and every one of ``shams``, each shown as a verdict would have it.

    Nor may it have failed on a seed, lose against any other baseline, or have a mechanism that never fired: that of a
    ``placebo`` never does, and what it gains all the same is how far luck gets.
    """
    verdict = race.verdict(task)
    against = {comparison.arm: comparison for comparison in race.comparisons if comparison.task == task}
    main, off = against.get(verdict.baseline), against.get("off")
    why = "" if main is not None else "no baseline reached the end"
    if verdict.word == "not run to the end":
        why = verdict.reason
    elif verdict.fired == 0.0 and not placebo:
        why = "the mechanism never fired"
    ahead = [name for name in race.baselines if (c := against.get(name)) and stats.loses(c, verdict.floor)]
    for name in (verdict.baseline, *ahead, *shams) if not why else ():
        comparison = against.get(name)
        if comparison and stats.replayed(comparison, len(race.seeds)):
            continue  # it responds alike all the time, so this is the candidate itself
        doubt = stats.doubt(comparison, verdict.floor) if comparison else "it was not run"
        if comparison and comparison.high < 0:
            doubt = "that does better"
        if doubt:
            why = f"{name}: {doubt}"
            break
    if not why and stats.overspent(verdict.spent):
        why = f"it spent {stats.times(verdict.spent)} times the passes of {verdict.baseline}"
    none = math.nan
    return Gate(
        passed=not why, why=why, baseline=verdict.baseline, race=race.key,
        gain=main.difference if main else none, low=main.low if main else none, high=main.high if main else none,
        over_off=off.difference if off else none, off_low=off.low if off else none, off_high=off.high if off else none,
    )  # fmt: skip


def task_for(function: str) -> str:
    """The task that most prototypes of ``function`` (as "function:protect-old" or "protect_old") name, or the usual one."""
    wanted = function.removeprefix("function:").replace("-", "_")
    named = [
        str(module.TASK)
        for module in (plugins.load(races.PROTOTYPES, name, kind="prototype") for name in plugins.names(races.PROTOTYPES))
        if getattr(module, "FUNCTION", "") == wanted
    ]
    return max(sorted(set(named)), key=named.count, default=USUAL)


def shipped() -> list[Circuit]:
    """The circuits of the prototypes that ship, which race on their own."""
    modules = (plugins.load(races.PROTOTYPES, name, kind="prototype") for name in plugins.names(races.PROTOTYPES))
    specs = [module.SPEC for module in modules if module.SPEC is not None]
    return [Circuit(spec.sense, spec.respond, spec.act) for spec in specs]


def expected(outcomes: Sequence[Outcome]) -> float:
    """How many of the candidates raced would survive if none were any better: each gate lets through at most :data:`CHANCE`."""
    raced = [outcome for outcome in outcomes if outcome.first is not None and outcome.proposal.origin != "placebo"]
    return len(raced) * CHANCE**2


def _broken(module: ModuleType) -> str:
    return next(
        (f"point {found.point}, {found.title}: {found.detail}" for found in contract.check(module) if not found.passed), ""
    )

"""The plan of one race and the steps of carrying it out.

1. tune       every tuned arm gets the same trials, on tuning seeds only; the better half of them goes on from seed to seed
2. evaluate   candidate, baselines and tuned controls on paired seeds that tuning never saw
3. yoke       controls that replay what the candidate's response was on another seed; and the best baseline once more, with
              the data in another order, for the noise floor
4. judge      paired statistics, corrected for all comparisons of the race; a verdict in words
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Literal

import numpy

from adaptive import field, provenance, replays, stats, tuning
from adaptive.field import Arm
from adaptive.isolated import Limits
from adaptive.journal import Done
from adaptive.race import CANDIDATE, Comparison, Course, Knobs, Phase, Race, Run, Tier, Trial, Tuning, Verdict, spent
from adaptive.sweep import same_for_all
from adaptive.tasks import FIRST_EVALUATION_SEED, draw, is_tuning
from adaptive.trial import Job

TUNING_SEEDS: dict[Tier, int] = {"quick": 2, "standard": 5, "full": 5}
Shams = Literal["always", "gain"]
Do = Callable[[Sequence[Job], str], list[Done]]
"""Does jobs and says what it is at: a :class:`adaptive.sweep.Sweep`."""


class Contest:
    """One race.

    Args:
        baselines: for each task, those of ``arms`` that fit it.
        steps: length of a life, in place of the tier's.
        shams: "gain" spares the controls that replay the response where the candidate did no better than it does switched off:
            there is no gain to explain.
    """

    def __init__(
        self,
        prototype: str,
        module: ModuleType,
        tasks: Mapping[str, ModuleType],
        arms: Mapping[str, Arm],
        baselines: Mapping[str, Sequence[str]],
        *,
        seeds: int,
        trials: int,
        tier: Tier,
        steps: int | None = None,
        limits: Limits | None = None,
        shams: Shams = "always",
        first_seed: int = FIRST_EVALUATION_SEED,
    ) -> None:
        self.prototype, self.module, self.tasks, self.arms, self.trials, self.tier = prototype, module, tasks, arms, trials, tier
        self.seeds = tuple(range(first_seed, first_seed + seeds))
        self.tuning_seeds = tuple(range(TUNING_SEEDS[tier]))
        self.steps = {name: steps or int(task.STEPS.get(tier, task.STEPS["standard"])) for name, task in tasks.items()}
        self.limits, self.spent, self.shams = limits or Limits(), 0.0, shams
        self.fitting = {task: tuple(baselines[task]) for task in tasks}
        self.here = {
            task: [a for a in arms.values() if a.control or a.name in (CANDIDATE, *self.fitting[task])] for task in tasks
        }
        """The arms that run on each task."""
        self.baselines = [name for name, arm in arms.items() if arm.control is None and name != CANDIDATE]
        files = {path for task in tasks for arm in self.here[task] for path in provenance.source_files(arm.plugin, task)}
        files |= {
            path for name, arm in arms.items() if arm.control for path in provenance.source_files(f"{field.CONTROLS}:{name}", "")
        }
        files |= {provenance.HERE / name for name in ("bench.py", "contest.py", "replays.py", "tuning.py", "stats.py")}
        self.sources = provenance.hashes(files)
        self.versions = provenance.versions()
        facts = (
            field.name_of(prototype), self.steps, self.seeds, self.tuning_seeds, trials, list(arms),
            [list(named) for named in self.fitting.values()], self.shams,
            [self.limits.seconds, self.limits.memory, self.limits.wall], self.sources, self.versions,
        )  # fmt: skip
        self.key = "r" + provenance.digest(facts)[:12]

    def expected(self) -> int:
        """Runs if no range is widened."""
        tuning_runs = tuning.lives(self.trials, self.tuning_seeds, keep=1)
        return sum(
            sum(tuning_runs * arm.tuned + len(self.seeds) for arm in self.here[task]) + bool(self.fitting[task]) * len(self.seeds)
            for task in self.tasks
        )

    def race(self, sweep: Do) -> Race:
        tunings = self.tune(sweep)
        knobs = {(t.task, t.arm): t.knobs for t in tunings}
        jobs = [
            self.job(task, arm, knobs[task, arm.name], seed)
            for task in self.tasks
            for arm in self.here[task]
            if arm.tuned
            for seed in self.seeds
        ]
        done = sweep(jobs, "evaluating")
        best = {task: self.best_baseline(task, done) for task in self.tasks}
        done += self.yoke(sweep, knobs, done)
        again = [
            self.job(task, self.arms[best[task]], knobs[task, best[task]], seed, reorder=True)
            for task in self.tasks
            if best[task]
            for seed in self.seeds
        ]
        noise = sweep(again, "measuring the noise floor")
        same_for_all(done)
        same_for_all(noise)
        runs = [*(run_ for run_, _ in done), *(run_ for run_, _ in noise)]
        comparisons, verdicts = self.judge(runs, best, self.firing(done))
        return Race(
            key=self.key, prototype=field.name_of(self.prototype), title=str(getattr(self.module, "TITLE", self.prototype)),
            mechanism=str(getattr(self.module, "MECHANISM", "")), technique=str(getattr(self.module, "TECHNIQUE", "")),
            description=str(getattr(self.module, "DESCRIPTION", "")), tier=self.tier, seeds=self.seeds,
            tuning_seeds=self.tuning_seeds, trials=self.trials, baselines=tuple(self.baselines),
            controls=tuple(name for name, arm in self.arms.items() if arm.control),
            courses=tuple(self.course(name) for name in self.tasks),
            tunings=tuple(tunings), runs=tuple(runs), comparisons=comparisons, verdicts=verdicts, sources=self.sources,
            versions=self.versions, seconds=self.spent + sum(run_.seconds for run_ in runs),
            limits=(("seconds", self.limits.seconds), ("memory", float(self.limits.memory)), ("wall", self.limits.wall)),
        )  # fmt: skip

    def course(self, name: str) -> Course:
        task = self.tasks[name]
        return Course(
            name=name,
            title=task.TITLE,
            description=task.DESCRIPTION,
            metric=task.METRIC,
            direction=task.DIRECTION,
            steps=self.steps[name],
            baselines=self.fitting[name],
        )

    def job(
        self,
        task: str,
        arm: Arm,
        knobs: Knobs,
        seed: int,
        *,
        options: Mapping[str, Any] | None = None,
        reorder: bool = False,
        limit: int = 0,
    ) -> Job:
        """A run of ``arm``; a tuned control says here what it tampers with."""
        if options is None:
            told = arm.control if arm.tampered else None
            options = told.options(numpy.empty(0), draw(task, f"control {arm.name}", seed)) if told else {}
        phase: Phase = "tuning" if is_tuning(seed) else "noise" if reorder else "evaluation"
        return Job(
            task=task,
            steps=self.steps[task],
            arm=arm.name,
            plugin=arm.plugin,
            knobs=knobs,
            options=tuple((options or {}).items()),
            seed=seed,
            phase=phase,
            reorder=reorder,
            limit=limit,
        )

    # 1. tune

    def tune(self, sweep: Do) -> list[Tuning]:
        places = [(task, arm) for task in self.tasks for arm in self.here[task] if arm.tuned]
        settings = {(task, arm.name): tuning.first_look(arm.space, trials=self.trials, task=task) for task, arm in places}
        first = self.try_out(sweep, settings, widened=False)
        found: dict[tuple[str, str], Tuning] = {}
        for task, arm in places:
            trials = first[task, arm.name]
            best = tuning.best_of(trials, direction=self.tasks[task].DIRECTION)
            edges = tuning.at_edge(arm.space, best.knobs, trials)
            found[task, arm.name] = Tuning(task=task, arm=arm.name, knobs=best.knobs, trials=trials, edges=edges)
        # An edge met by one arm buys every arm of that task the same further trials.
        wide = {task for (task, _), t in found.items() if t.edges}
        more, after = tuning.extra_trials(self.trials), self.trials - 1
        again = {
            (task, arm.name): tuning.second_look(
                arm.space, found[task, arm.name].knobs, found[task, arm.name].edges, trials=more, task=task, after=after
            )
            for task, arm in places
            if task in wide
        }
        if hasattr(sweep, "expected"):
            sweep.expected += sum(tuning.lives(len(tried), self.tuning_seeds) for tried in again.values())
        second = self.try_out(sweep, again, widened=True)
        for place, before in found.items():
            every = before.trials + second.get(place, ())
            knobs = tuning.best_of(every, direction=self.tasks[place[0]].DIRECTION).knobs
            flagged = tuning.still_at_edge(self.arms[place[1]].space, knobs, first=before.knobs, edges=before.edges)
            found[place] = dataclasses.replace(before, knobs=knobs, trials=every, flagged=flagged)
        return list(found.values())

    def try_out(
        self, sweep: Do, settings: Mapping[tuple[str, str], Sequence[Knobs]], *, widened: bool
    ) -> dict[tuple[str, str], tuple[Trial, ...]]:
        """Every setting on the first tuning seeds, and what looks best there on all of them."""
        going = {place: tuple(dict.fromkeys(tried)) for place, tried in settings.items()}
        lives: dict[tuple[str, str], dict[Knobs, list[float]]] = {
            place: {knobs: [] for knobs in tried} for place, tried in going.items()
        }
        ladder = tuning.rungs(self.tuning_seeds)
        for number, seeds in enumerate(ladder):
            asked = [(place, knobs, seed) for place, tried in going.items() for knobs in tried for seed in seeds]
            jobs = [self.job(task, self.arms[arm], knobs, seed) for (task, arm), knobs, seed in asked]
            done = sweep(jobs, "tuning in widened ranges" if widened else "tuning") if jobs else []
            same_for_all(done)
            self.spent += sum(run_.seconds for run_, _ in done)
            for (place, knobs, _), (run_, _) in zip(asked, done, strict=True):
                lives[place][knobs].append(run_.value)
            if number + 1 < len(ladder):
                # The defaults stay: what tuning gains is told against them.
                going = {
                    place: tuning.better_half(
                        tried,
                        [lives[place][knobs] for knobs in tried],
                        direction=self.tasks[place[0]].DIRECTION,
                        keep=0 if widened else 1,
                    )
                    for place, tried in going.items()
                }
        trials: dict[tuple[str, str], tuple[Trial, ...]] = {}
        for place, tried in settings.items():
            found = []
            for knobs in tried:
                values = lives[place][knobs]
                failures = sum(not math.isfinite(value) for value in values)
                value = math.nan if failures else float(numpy.mean(values))
                found.append(Trial(knobs=knobs, value=value, failures=failures, widened=widened, lives=len(values)))
            trials[place] = tuple(found)
        return trials

    # 2. and 3. evaluate, yoke

    def best_baseline(self, task: str, done: Sequence[Done]) -> str:
        """The baseline that did best on the evaluation seeds, among those that always reached the end."""
        sign = 1.0 if self.tasks[task].DIRECTION == "higher" else -1.0
        means = {}
        for name in self.fitting[task]:
            values = [run_.value for run_, _ in done if (run_.task, run_.arm) == (task, name)]
            if all(math.isfinite(value) for value in values):
                means[name] = sign * float(numpy.mean(values))
        return max(means, key=means.__getitem__, default="")

    def yoke(self, sweep: Do, knobs: Mapping[tuple[str, str], Knobs], done: Sequence[Done]) -> list[Done]:
        """The untuned controls: each seed gets what the candidate's response was on the next seed that reached the end."""
        asked, idle = [], []
        for task in self.tasks:
            if self.shams == "gain" and not self.gains(task, done):
                continue
            lives = {
                run_.seed: (run_, path)
                for run_, path in done
                if (run_.task, run_.arm) == (task, CANDIDATE) and len(path) and not run_.note
            }
            for arm in self.here[task]:
                if arm.control is None or arm.tuned:
                    continue
                for seed in self.seeds:
                    donors = [s for s in (*self.seeds, *self.seeds) if s != seed and s in lives]
                    donor = next((s for s in donors if s > seed), donors[0] if donors else None)
                    if donor is None:
                        reason = "the candidate left no response to replay"
                        idle.append(
                            Run(task=task, arm=arm.name, phase="evaluation", seed=seed, knobs=(), value=math.nan, note=reason)
                        )
                        continue
                    path = lives[donor][1]
                    options = arm.control.options(path, draw(task, f"control {arm.name}", seed))
                    job = self.job(task, arm, knobs[task, CANDIDATE], seed, options=options, limit=len(path))
                    own, response = lives.get(seed, (None, path[:0]))
                    same = len(response) == len(path) and replays.is_own(options, response)
                    asked.append(replays.Replay(job, own if same else None))
        return replays.live(sweep, asked) + [(run_, numpy.empty(0)) for run_ in idle]

    def gains(self, task: str, done: Sequence[Done]) -> bool:
        """Whether the candidate did better with its mechanism than switched off, however little; also where that was not run."""
        sign = 1.0 if self.tasks[task].DIRECTION == "higher" else -1.0
        on, off = (
            numpy.mean([run_.value for run_, _ in done if (run_.task, run_.arm) == (task, arm)] or [math.nan])
            for arm in (CANDIDATE, "off")
        )
        return bool(not sign * (on - off) <= 0)

    # 4. judge

    def firing(self, done: Sequence[Done]) -> dict[str, float]:
        """For each task, at what share of the candidate's steps its mechanism responded; NaN where it does not tell."""
        shares = {}
        for task in self.tasks:
            told = [path for run_, path in done if (run_.task, run_.arm) == (task, CANDIDATE) and len(path)]
            shares[task] = float(numpy.mean([(numpy.abs(path) > 0).mean() for path in told])) if told else math.nan
        return shares

    def judge(
        self, runs: Sequence[Run], best: Mapping[str, str], fired: Mapping[str, float]
    ) -> tuple[tuple[Comparison, ...], tuple[Verdict, ...]]:
        def values(task: str, arm: str, phase: str = "evaluation") -> list[float]:
            found = {run_.seed: run_.value for run_ in runs if (run_.task, run_.arm, run_.phase) == (task, arm, phase)}
            return [found.get(seed, math.nan) for seed in self.seeds]

        ran = {(run_.task, run_.arm) for run_ in runs}
        asked = [(task, a.name) for task in self.tasks for a in self.here[task] if a.name != CANDIDATE and (task, a.name) in ran]
        plain = [
            stats.compare(
                values(task, CANDIDATE),
                values(task, arm),
                task=task,
                arm=arm,
                direction=self.tasks[task].DIRECTION,
                generator=draw(task, f"bootstrap {arm}", 0),
                family=len(asked),
            )
            for task, arm in asked
        ]
        comparisons = stats.adjusted(plain)
        required = [name for name, arm in self.arms.items() if arm.control and arm.control.REQUIRED]
        verdicts = tuple(
            stats.judge(
                task,
                comparisons={c.arm: c for c in comparisons if c.task == task},
                baseline=best[task],
                controls=required,
                floor=stats.noise_floor(values(task, best[task]), values(task, best[task], "noise")),
                failures=sum(not math.isfinite(value) for value in values(task, CANDIDATE)),
                seeds=len(self.seeds),
                baselines=self.fitting[task],
                fired=fired[task],
                spent=spent(runs, task, best[task]),
            )
            for task in self.tasks
        )
        return comparisons, verdicts

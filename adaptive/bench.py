"""A fair race: the candidate against tuned baselines and sham controls, on the same lives.

1. tune       every tuned arm gets the same trials, on tuning seeds only
2. evaluate   candidate, baselines and tuned controls on paired seeds that tuning never saw
3. yoke       controls that replay what the candidate's response was on another seed; and the best baseline once more, with
              the data in another order, for the noise floor
4. judge      paired statistics, corrected for all comparisons of the race; a verdict in words
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy

from adaptive import field, provenance, stats, tuning
from adaptive.field import Arm
from adaptive.journal import Done, Journal
from adaptive.race import CANDIDATE, Comparison, Course, Knobs, Phase, Race, Run, Tier, Trial, Tuning, Verdict, save
from adaptive.sweep import Progress, Sweep, folder_of, same_for_all
from adaptive.tasks import FIRST_EVALUATION_SEED, draw, is_tuning
from adaptive.trial import Job
from kg import plugins
from kg.errors import Refused

TUNING_SEEDS: dict[Tier, int] = {"quick": 2, "standard": 5}
ALL_BASELINES = ("sgd", "adamw")
ALL_CONTROLS = ("off", "yoked", "constant", "shuffled")


def run(
    prototype: str,
    tasks: Sequence[str] = (),
    *,
    seeds: int = 20,
    trials: int = 16,
    tier: Tier = "standard",
    steps: int | None = None,
    baselines: Sequence[str] = ALL_BASELINES,
    controls: Sequence[str] = ALL_CONTROLS,
    n_jobs: int | None = None,
    folder: Path | str = Path("races"),
    progress: Progress | None = None,
) -> Race:
    """Races ``prototype`` and writes the race to ``folder``/KEY/race.json; the same call again continues or just loads it.

    Args:
        prototype: name of a prototype, or path of a Python file with ``KNOBS`` and ``build``.
        tasks: names of tasks; none means all that the prototype can run on.
        seeds: paired evaluation seeds, at least 2; fewer than 6 can show no difference, 20 is a fair number.
        trials: settings tried for each tuned arm, at least 1 (the defaults); half as many again where a range is widened.
        tier: "quick" for a look (short lives, 2 tuning seeds), "standard" for a claim (5 tuning seeds).
        steps: length of a life, in place of the tier's.
        n_jobs: processes; none means one a core. The results do not depend on it.
        progress: called with (runs done, runs expected, what is going on).

    Raises:
        NotFound: no such prototype, task, baseline or control.
        Refused: the prototype cannot run on a task, or the numbers make no race.
    """
    if seeds < 2 or trials < 1 or (steps is not None and steps < 1) or tier not in TUNING_SEEDS:
        raise Refused("a race needs at least 2 seeds, 1 trial and 1 step, and the tier quick or standard")
    if seeds > 100_000 or trials > 10_000:
        raise Refused("a race can have 100,000 seeds and 10,000 trials at the most")
    module = field.candidate(prototype)
    chosen = field.tasks_of(tasks, module, prototype)
    arms = field.arms_of(prototype, module, baselines, controls)
    contest = _Contest(prototype, module, chosen, arms, seeds=seeds, trials=trials, tier=tier, steps=steps)
    mine, siblings = folder_of(Path(folder), contest.key)
    sweep = Sweep(Journal(mine, siblings=siblings), n_jobs=n_jobs or _cores(), expected=contest.expected(), progress=progress)
    race = contest.race(sweep)
    save(race, mine / "race.json")
    return race


def _cores() -> int:
    import joblib

    return int(joblib.cpu_count())


class _Contest:
    """The plan of one race and the steps of carrying it out."""

    def __init__(
        self,
        prototype: str,
        module: ModuleType,
        tasks: Mapping[str, ModuleType],
        arms: Mapping[str, Arm],
        *,
        seeds: int,
        trials: int,
        tier: Tier,
        steps: int | None,
    ) -> None:
        self.prototype, self.module, self.tasks, self.arms, self.trials, self.tier = prototype, module, tasks, arms, trials, tier
        self.seeds = tuple(range(FIRST_EVALUATION_SEED, FIRST_EVALUATION_SEED + seeds))
        self.tuning_seeds = tuple(range(TUNING_SEEDS[tier]))
        self.steps = {name: steps or int(task.STEPS[tier]) for name, task in tasks.items()}
        self.tuned = [arm for arm in arms.values() if arm.tuned]
        self.yoked = [arm for arm in arms.values() if not arm.tuned]
        self.baselines = [name for name, arm in arms.items() if arm.control is None and name != CANDIDATE]
        files = {path for arm in arms.values() for task in tasks for path in provenance.source_files(arm.plugin, task)}
        files |= {
            path for name, arm in arms.items() if arm.control for path in provenance.source_files(f"{field.CONTROLS}:{name}", "")
        }
        files |= {provenance.HERE / name for name in ("bench.py", "tuning.py", "stats.py")}
        self.sources = provenance.hashes(files)
        self.versions = provenance.versions()
        facts = (
            field.name_of(prototype),
            self.steps,
            self.seeds,
            self.tuning_seeds,
            trials,
            list(arms),
            self.sources,
            self.versions,
        )
        self.key = "r" + provenance.digest(facts)[:12]

    def expected(self) -> int:
        """Runs if no range is widened."""
        tuning_runs = len(self.tuned) * self.trials * len(self.tuning_seeds)
        return len(self.tasks) * (tuning_runs + (len(self.arms) + bool(self.baselines)) * len(self.seeds))

    def race(self, sweep: Sweep) -> Race:
        tunings = self.tune(sweep)
        knobs = {(t.task, t.arm): t.knobs for t in tunings}
        jobs = [
            self.job(task, arm, knobs[task, arm.name], seed) for task in self.tasks for arm in self.tuned for seed in self.seeds
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
        comparisons, verdicts = self.judge(runs, best)
        return Race(
            key=self.key, prototype=field.name_of(self.prototype), title=str(getattr(self.module, "TITLE", self.prototype)),
            mechanism=str(getattr(self.module, "MECHANISM", "")), technique=str(getattr(self.module, "TECHNIQUE", "")),
            description=str(getattr(self.module, "DESCRIPTION", "")), tier=self.tier, seeds=self.seeds,
            tuning_seeds=self.tuning_seeds, trials=self.trials, baselines=tuple(self.baselines),
            controls=tuple(name for name, arm in self.arms.items() if arm.control),
            courses=tuple(self.course(name) for name in self.tasks),
            tunings=tuple(tunings), runs=tuple(runs), comparisons=comparisons, verdicts=verdicts, sources=self.sources,
            versions=self.versions, seconds=self.spent + sum(run_.seconds for run_ in runs),
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
            options = arm.control.options(numpy.empty(0), draw(task, f"control {arm.name}", seed)) if arm.control else {}
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

    def tune(self, sweep: Sweep) -> list[Tuning]:
        places = [(task, arm) for task in self.tasks for arm in self.tuned]
        settings = {(task, arm.name): tuning.first_look(arm.space, trials=self.trials, task=task) for task, arm in places}
        self.spent = 0.0
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
        sweep.expected += sum(map(len, again.values())) * len(self.tuning_seeds)
        second = self.try_out(sweep, again, widened=True)
        for place, trials in second.items():
            before = found[place]
            every = before.trials + trials
            best = tuning.best_of(every, direction=self.tasks[place[0]].DIRECTION)
            flagged = tuning.still_at_edge(self.arms[place[1]].space, best.knobs, before.edges)
            found[place] = Tuning(
                task=place[0], arm=place[1], knobs=best.knobs, trials=every, edges=before.edges, flagged=flagged
            )
        return list(found.values())

    def try_out(
        self, sweep: Sweep, settings: Mapping[tuple[str, str], Sequence[Knobs]], *, widened: bool
    ) -> dict[tuple[str, str], tuple[Trial, ...]]:
        """Every setting on every tuning seed."""
        jobs = [
            self.job(task, self.arms[arm], knobs, seed)
            for (task, arm), tried in settings.items()
            for knobs in tried
            for seed in self.tuning_seeds
        ]
        done = sweep(jobs, "tuning in widened ranges" if widened else "tuning") if jobs else []
        same_for_all(done)
        self.spent += sum(run_.seconds for run_, _ in done)
        values = iter(run_.value for run_, _ in done)
        trials: dict[tuple[str, str], tuple[Trial, ...]] = {}
        for place, tried in settings.items():
            found = []
            for knobs in tried:
                lives = [next(values) for _ in self.tuning_seeds]
                failures = sum(not math.isfinite(value) for value in lives)
                found.append(
                    Trial(
                        knobs=knobs, value=math.nan if failures else float(numpy.mean(lives)), failures=failures, widened=widened
                    )
                )
            trials[place] = tuple(found)
        return trials

    # 2. and 3. evaluate, yoke

    def best_baseline(self, task: str, done: Sequence[Done]) -> str:
        """The baseline that did best on the evaluation seeds, among those that always reached the end."""
        sign = 1.0 if self.tasks[task].DIRECTION == "higher" else -1.0
        means = {}
        for name in self.baselines:
            values = [run_.value for run_, _ in done if (run_.task, run_.arm) == (task, name)]
            if all(math.isfinite(value) for value in values):
                means[name] = sign * float(numpy.mean(values))
        return max(means, key=means.__getitem__, default="")

    def yoke(self, sweep: Sweep, knobs: Mapping[tuple[str, str], Knobs], done: Sequence[Done]) -> list[Done]:
        """The untuned controls: each seed gets what the candidate's response was on the next seed that reached the end."""
        jobs, idle = [], []
        for task in self.tasks:
            lives = {
                run_.seed: path
                for run_, path in done
                if (run_.task, run_.arm) == (task, CANDIDATE) and len(path) and not run_.note
            }
            for arm in self.yoked:
                assert arm.control is not None
                for seed in self.seeds:
                    donors = [s for s in (*self.seeds, *self.seeds) if s != seed and s in lives]
                    donor = next((s for s in donors if s > seed), donors[0] if donors else None)
                    if donor is None:
                        reason = "the candidate left no response to replay"
                        idle.append(
                            Run(task=task, arm=arm.name, phase="evaluation", seed=seed, knobs=(), value=math.nan, note=reason)
                        )
                        continue
                    options = arm.control.options(lives[donor], draw(task, f"control {arm.name}", seed))
                    jobs.append(self.job(task, arm, knobs[task, CANDIDATE], seed, options=options, limit=len(lives[donor])))
        replayed = sweep(jobs, "running the controls")
        return replayed + [(run_, numpy.empty(0)) for run_ in idle]

    # 4. judge

    def judge(self, runs: Sequence[Run], best: Mapping[str, str]) -> tuple[tuple[Comparison, ...], tuple[Verdict, ...]]:
        def values(task: str, arm: str, phase: str = "evaluation") -> list[float]:
            found = {run_.seed: run_.value for run_ in runs if (run_.task, run_.arm, run_.phase) == (task, arm, phase)}
            return [found.get(seed, math.nan) for seed in self.seeds]

        plain = [
            stats.compare(
                values(task, CANDIDATE),
                values(task, arm),
                task=task,
                arm=arm,
                direction=module.DIRECTION,
                generator=draw(task, f"bootstrap {arm}", 0),
            )
            for task, module in self.tasks.items()
            for arm in self.arms
            if arm != CANDIDATE
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
            )
            for task in self.tasks
        )
        return comparisons, verdicts


def prototypes() -> tuple[str, ...]:
    """Names of the prototypes that can race."""
    return plugins.names(field.PROTOTYPES)

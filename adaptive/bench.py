"""A fair race: the candidate against tuned baselines and sham controls, on the same lives.

What happens in it, step by step, is in ``contest``; how runs are done, and done once only, in ``sweep``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adaptive import field
from adaptive.contest import TUNING_SEEDS, Contest, Shams
from adaptive.isolated import Limits
from adaptive.journal import Journal
from adaptive.race import Race, Tier, save
from adaptive.sweep import Pool, Progress, Sweep, folder_of
from adaptive.tasks import FIRST_EVALUATION_SEED
from kg import plugins
from kg.errors import Refused

SEEDS: dict[Tier, int] = {"quick": 20, "standard": 20, "full": 30}
TRIALS: dict[Tier, int] = {"quick": 8, "standard": 16, "full": 32}
ALL_CONTROLS = ("off", "bare", "yoked", "constant", "shuffled")


def run(
    prototype: str,
    tasks: Sequence[str] = (),
    *,
    seeds: int | None = None,
    trials: int | None = None,
    tier: Tier = "standard",
    steps: int | None = None,
    baselines: Sequence[str] = (),
    controls: Sequence[str] = ALL_CONTROLS,
    n_jobs: int | None = None,
    folder: Path | str = Path("races"),
    progress: Progress | None = None,
    limits: Limits | None = None,
    pool: Pool | None = None,
    alone: bool = True,
    shams: Shams = "always",
    off: str = "",
    first_seed: int = FIRST_EVALUATION_SEED,
    together: bool = False,
) -> Race:
    """Races ``prototype`` and writes the race to ``folder``/KEY/race.json; the same call again continues or just loads it.

    Args:
        prototype: name of a prototype, or path of a Python file with ``KNOBS`` and ``build``.
        tasks: names of tasks; none means those of the tier that the prototype can run on.
        seeds: paired evaluation seeds, at least 2; fewer than 6 can show no difference, 20 is a fair number. None: the tier's.
        trials: settings tried for each tuned arm, at least 1 (the defaults); half as many again where a range is widened.
        tier: "quick" for a look (short lives, 2 tuning seeds), "standard" for a claim (5 tuning seeds), "full" for every task
            that can run here against every baseline that can live in it.
        steps: length of a life, in place of the tier's.
        baselines: names; none means, for each task, those that fit it and the prototype (see ``field``).
        n_jobs: runs at a time; none means one a core. The results do not depend on it.
        progress: called with (runs done, runs expected, what is going on).
        limits: what one run may take; a run that takes more has failed.
        pool: others who do the runs: anything with ``submit(function, *arguments)``, which gives a future, and ``workers``.
        shams: "gain" does not run the controls that replay the response where the candidate gained nothing over being off.
        off: the baseline that the prototype is when switched off, where the caller has made sure of that; found out otherwise.
        first_seed: the first of the evaluation seeds; other seeds are other lives, with the same tuning.
        together: evaluation runs are lived as populations where that is possible: sooner done, for a first look.
        alone: each run has a process of its own. Without, all happen in this one, and ``limits`` and ``n_jobs`` mean nothing.

    Raises:
        NotFound: no such prototype, task, baseline or control.
        Refused: the prototype cannot run on a task, reaches for what judges it, or the numbers make no race.
    """
    if tier not in TUNING_SEEDS:
        raise Refused(f"the tiers are {', '.join(TUNING_SEEDS)}")
    seeds = SEEDS[tier] if seeds is None else seeds
    trials = TRIALS[tier] if trials is None else trials
    if seeds < 2 or trials < 1 or (steps is not None and steps < 1):
        raise Refused("a race needs at least 2 seeds, 1 trial and 1 step")
    if first_seed < FIRST_EVALUATION_SEED:
        raise Refused(f"evaluation seeds start at {FIRST_EVALUATION_SEED}: those below are for tuning")
    if seeds > 100_000 or trials > 10_000:
        raise Refused("a race can have 100,000 seeds and 10,000 trials at the most")
    module = field.candidate(prototype)
    chosen = field.tasks_of(tasks, module, prototype, tier=tier)
    fitting = {name: tuple(baselines) or field.baselines_of(task, module, tier) for name, task in chosen.items()}
    every = tuple(dict.fromkeys(name for named in fitting.values() for name in named))
    arms = field.arms_of(prototype, module, every, controls, off=off)
    contest = Contest(
        prototype, module, chosen, arms, fitting, seeds=seeds, trials=trials, tier=tier, steps=steps, limits=limits, shams=shams,
        first_seed=first_seed,
    )  # fmt: skip
    mine, siblings = folder_of(Path(folder), contest.key)
    sweep = Sweep(
        Journal(mine, siblings=siblings),
        n_jobs=n_jobs or _cores(),
        expected=contest.expected(),
        progress=progress,
        limits=limits,
        pool=pool,
        alone=alone,
        together=together,
    )
    race = contest.race(sweep)
    save(race, mine / "race.json")
    return race


def _cores() -> int:
    import joblib

    return int(joblib.cpu_count())


def prototypes() -> tuple[str, ...]:
    """Names of the prototypes that can race."""
    return plugins.names(field.PROTOTYPES)

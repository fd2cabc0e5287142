"""Races whose numbers are known, judged by the real statistics, for tests of what is said of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy

from adaptive import field, stats, telling, telling_shams
from adaptive.campaign import Finding, Role
from adaptive.likeness import Likeness
from adaptive.race import CANDIDATE
from kg import plugins

SEEDS = tuple(range(100, 120))
CONTROLS = telling_shams.CONTROLS
REQUIRED = tuple(name for name in CONTROLS if plugins.load(field.CONTROLS, name).REQUIRED)
KNOBS = (("lr", 0.05), ("momentum", 0.8), ("weight_decay", 1e-4), ("act_gain", 0.5))


def finding(
    gains: Mapping[str, float],
    *,
    prototype: str = "adaptive_eta",
    role: Role = "own",
    task: str = "label_swap_digits",
    metric: str = "online accuracy",
    direction: str = "higher",
    noise: float = 0.01,
    fired: float = 0.5,
    failed: int = 0,
    lost: Mapping[str, int] | None = None,
    knobs: Sequence[tuple[str, float]] = KNOBS,
    likeness: Likeness | None = None,
    number: int = 0,
    spent: float = 1.0,
) -> Finding:
    """A finding whose arms differ from the candidate by known ``gains`` of the candidate over them, judged for real.

    Seeds differ far more than arms, which pairing takes out. The candidate failed on the first ``failed`` seeds, other arms on
    the first so many as ``lost`` says.
    """
    generator = numpy.random.default_rng(number)
    luck = 0.7 + 0.05 * generator.normal(size=len(SEEDS))
    sign = 1.0 if direction == "higher" else -1.0
    numbers = {CANDIDATE: luck + noise * generator.normal(size=len(SEEDS))}
    for arm, gain in gains.items():
        numbers[arm] = luck - sign * gain + noise * generator.normal(size=len(SEEDS))
    for arm, seeds in {CANDIDATE: failed, **(lost or {})}.items():
        numbers[arm][:seeds] = math.nan
    comparisons = stats.adjusted(
        [
            stats.compare(numbers[CANDIDATE], numbers[arm], task=task, arm=arm, direction=direction, generator=generator)
            for arm in gains
        ]
    )
    baselines = [arm for arm in gains if arm not in CONTROLS]
    ended = [arm for arm in baselines if numpy.isfinite(numbers[arm]).all()]
    best = max(ended, key=lambda arm: sign * float(numbers[arm].mean()))
    verdict = stats.judge(
        task,
        comparisons={c.arm: c for c in comparisons},
        baseline=best,
        controls=[arm for arm in REQUIRED if arm != "bare" or arm in gains],
        floor=0.1 * noise,
        failures=failed,
        seeds=len(SEEDS),
        baselines=baselines,
        fired=fired,
        spent=spent,
    )
    line = tuple(float(value) for value in numpy.linspace(0.3, 0.8, 10))
    return Finding(
        prototype=prototype, task=task, role=role, metric=metric, direction=direction, tier="standard", steps=2000, trials=16,
        seeds=SEEDS, values=tuple((arm, tuple(map(float, values))) for arm, values in numbers.items()), comparisons=comparisons,
        verdict=verdict, knobs=tuple(knobs), untuned=0.6, tuned=0.7, curves=((CANDIDATE, line), (best, line), ("off", line)),
        response=line, likeness=likeness, race="r0123456789ab", seconds=12.0, versions=(("torch", "2.5"),),
    )  # fmt: skip


def plainly(**gains: float) -> Finding:
    """What a race on the plain task shows: no difference, unless told."""
    return finding({"adamw": 0.0, "off": 0.0} | gains, role="plain", task="digits", metric="test accuracy", number=5)


FAR = Likeness(method="sgd_hypergradient", distance=0.31)
HELPS = {"sgd": 0.05, "adamw": 0.04, "off": 0.05, "yoked": 0.03, "shuffled": 0.03, "constant": 0.03}
CASES: dict[str, Finding] = {
    "helps": finding(HELPS, likeness=FAR),
    "sham": finding(HELPS | {"yoked": 0.0, "shuffled": 0.0, "constant": 0.0}, likeness=FAR),
    "order": finding(HELPS | {"shuffled": 0.0}, likeness=FAR),
    "open": finding(HELPS | {"off": 0.03, "yoked": 0.015}, noise=0.02, number=2, likeness=FAR),
    "nothing": finding({"adamw": 0.0, "sgd": 0.03, "off": 0.0}, likeness=FAR),
    "tuning": finding({"adamw": 0.04, "off": 0.0}, likeness=FAR),
    "worse": finding({"adamw": -0.05, "off": 0.0}, likeness=FAR),
    "lesser": finding({"adamw": -0.03, "off": 0.05, "yoked": 0.05}, likeness=FAR),
    "harm": finding({"adamw": -0.05, "off": -0.04}, likeness=FAR),
    "silent": finding({"adamw": 0.04, "off": 0.04, "yoked": 0.04}, fired=0.0),
    "metaphor": finding({"adamw": 0.0, "off": 0.0}, likeness=Likeness(method="l2_init", distance=1e-6)),
    "failed": finding(HELPS, failed=3),
    "error": finding(
        {"sgd": 0.05, "off": 0.05, "yoked": 0.03, "shuffled": 0.03, "constant": 0.03},
        direction="lower", metric="online mean squared error", task="slow_regression", likeness=FAR,
    ),
}  # fmt: skip
STANDINGS = {
    "helps": "better", "sham": "no difference shown", "order": "no difference shown", "open": "no difference shown",
    "nothing": "no difference shown", "tuning": "no difference shown", "worse": "worse", "lesser": "worse", "harm": "worse",
    "silent": "no difference shown", "metaphor": "metaphor only", "failed": "not run to the end", "error": "better",
}  # fmt: skip


def told(case: str, *others: Finding) -> str:
    return telling.paragraph((CASES[case], *(others or (plainly(),))))

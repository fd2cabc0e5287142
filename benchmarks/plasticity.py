"""Does the harness reproduce who keeps learning in a world that changes for a million steps? Published order and our numbers.

Continual backprop keeps a small network able to learn on slowly-changing regression, a pull to the initial weights does so less,
and plain SGD loses it (arXiv 2108.06325, arXiv 2308.11958). The task is that of the authors' code: one sample a step, a bit flips
every 10,000 steps. Networks of an arm live together, seeds are paired. About an hour on one core.
"""

from __future__ import annotations

import concurrent.futures
import os
import sys
from typing import Any

import numpy

from adaptive import population, stats
from adaptive.race import Run
from adaptive.tasks import Episode, slow_regression
from adaptive.trial import Job

TASK = "slow_regression"
SEEDS, STEPS = 30, 1_000_000
MOST = 0.50
"""The lifetime error that continual backprop must not exceed, for the harness to be called right."""
PLAIN = {"momentum": 0.0, "weight_decay": 0.0}
ARMS: dict[str, list[dict[str, float]]] = {
    "sgd": [{"lr": rate} | PLAIN for rate in (0.001, 0.003, 0.01)],
    "adamw": [{"lr": rate, "weight_decay": 0.0} for rate in (0.001, 0.01)],
    "l2_init": [{"lr": 0.01, "strength": strength} for strength in (1e-3, 1e-2, 1e-1)],
    "continual_backprop": [{"lr": 0.01, "replacement_rate": rate} for rate in (1e-5, 1e-4, 1e-3)],
}


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    """One row a setting; the last rows compare the best setting of each arm with continual backprop's, seed by seed."""
    seeds, steps = (4, 20_000) if quick else (SEEDS, STEPS)
    records: list[Run] = []
    with concurrent.futures.ProcessPoolExecutor(max_workers=min(len(ARMS), os.cpu_count() or 1)) as pool:
        for arm, lived in zip(ARMS, pool.map(lives, ARMS, [seeds] * len(ARMS), [steps] * len(ARMS)), strict=True):
            records += lived
            sys.stderr.write(f"  {arm}: {len(lived)} lives of {steps:,} steps done\n")
    rows: list[tuple[object, ...]] = [("arm", "setting", "seeds", "first tenth", "last tenth", "lifetime", "of the best of each")]
    best: dict[str, Any] = {}
    for arm, settings in ARMS.items():
        for knobs in settings:
            own = [record for record in records if record.arm == arm and record.knobs == tuple(knobs.items())]
            values = numpy.array([record.value for record in own])
            first = float(numpy.mean([numpy.mean(record.curve[: len(record.curve) // 10]) for record in own]))
            last = float(numpy.mean([dict(record.extra)["last tenth"] for record in own if record.extra]))
            shown = " ".join(f"{name} {value:g}" for name, value in knobs.items() if value)
            rows.append((arm, shown, len(own), first, last, float(values.mean()), ""))
            if arm not in best or values.mean() < best[arm].mean():
                best[arm] = values
    ours = best.pop("continual_backprop")
    for arm, values in best.items():
        low, high = stats.mean_interval(ours - values, numpy.random.default_rng(0))
        told = f"{float((ours - values).mean()):+.3f} ({low:+.3f} to {high:+.3f}), lower on {int((ours < values).sum())} seeds"
        rows.append(("continual_backprop", f"less {arm}, each at its best", seeds, "", "", float(ours.mean()), told))
    reached = "reached" if ours.mean() <= MOST else "NOT reached"
    rows.append(("continual_backprop", f"lifetime at most {MOST}", seeds, "", "", float(ours.mean()), reached))
    return rows


def lives(arm: str, seeds: int, steps: int) -> list[Run]:
    """All lives of one arm, together."""
    jobs = [
        Job(task=TASK, steps=steps, arm=arm, plugin=f"adaptive.baselines:{arm}", knobs=tuple(knobs.items()), seed=seed)
        for seed in range(100, 100 + seeds)
        for knobs in ARMS[arm]
    ]
    return [record for record, _ in population.run(jobs, make=_make)]


def _make(seed: int, *, steps: int, reorder: bool) -> Episode:
    return slow_regression.make(seed, steps=steps, reorder=reorder, **slow_regression.PUBLISHED)  # type: ignore[arg-type]

"""Twenty seeds times sixteen settings in one batch, against the same lives one after the other: how many times faster?"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import torch
from threadpoolctl import threadpool_limits

from adaptive import population, trial
from adaptive.knobs import Knob
from adaptive.trial import Job
from kg.plugins import load

SEEDS, SETTINGS = 20, 16


ARMS = (
    ("baselines", "sgd"),
    ("baselines", "continual_backprop"),
    # Circuits that sense a network, each tensor, and each weight.
    ("prototypes", "heat_shock_regularization"),
    ("prototypes", "epigenetic_memory"),
    ("prototypes", "expression_gated_sensitivity"),
)


def jobs(task: str, folder: str, arm: str, *, seeds: int, settings: int, steps: int) -> list[Job]:
    """``settings`` learning rates, spread over the lower half of the arm's range, on each seed."""
    knob: Knob = load(f"adaptive.{folder}", arm).KNOBS["lr"]
    rates = [knob.at(0.5 * number / settings) for number in range(settings)]
    return [
        Job(
            task=task,
            steps=steps,
            arm=arm,
            plugin=f"adaptive.{folder}:{arm}",
            knobs=(("lr", rate),),
            seed=seed,
            phase="evaluation",
        )
        for seed in range(100, 100 + seeds)
        for rate in rates
    ]


def run(*, quick: bool = False) -> list[tuple[object, ...]]:
    threads = torch.get_num_threads()
    # A second thread that waits for work counts as processor time too, and a single life would seem to cost more.
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):  # numpy's, which some tasks wake, waits for work at full speed
            return _measured(quick)
    finally:
        torch.set_num_threads(threads)


def _measured(quick: bool) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for task in ("slow_regression", "digits"):
        for folder, arm in ARMS:
            steps = 100 if quick else int(load("adaptive.tasks", task).STEPS["quick"])
            every = jobs(task, folder, arm, seeds=SEEDS, settings=SETTINGS, steps=steps)
            # Alone, one in sixteen (quick) or all: a life costs the same whoever else lives.
            alone = every[:: SETTINGS + 1] if quick else every
            population.run(every[:2])
            trial.run(every[0])
            together, batched = _timed(lambda every=every: population.run(every))
            apart, single = _timed(lambda alone=alone: [trial.run(job) for job in alone])
            each = single / len(alone) * len(every)
            known = {job: record.value for job, (record, _) in zip(every, together, strict=True)}
            gap = max(abs(known[job] - record.value) for job, (record, _) in zip(alone, apart, strict=True))
            rows.append((task, arm, len(every), steps, batched, each, each / batched, gap))
            sys.stderr.write(f"  {task}, {arm}: {batched:.1f} s together, {each:.1f} s one by one\n")
    head = (
        "task",
        "arm",
        "lives",
        "steps",
        "seconds together",
        "seconds one by one",
        "times faster",
        "largest gap in score",
    )
    return [head, *rows]


def _timed(what: object) -> tuple[Sequence[population.Done], float]:
    """What it gives, and the processor time that it takes: on one thread of an idle machine, wall time."""
    assert callable(what)
    began = time.process_time()
    return what(), time.process_time() - began

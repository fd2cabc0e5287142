"""One failure is one run's: it is not laid at the door of others, and what came of circumstances is not kept."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from adaptive import isolated, trial
from adaptive.isolated import Limits
from adaptive.journal import Journal
from adaptive.sweep import Sweep
from adaptive.trial import Job
from tests.adaptive.brief_races import variant

pytestmark = pytest.mark.skipif(not isolated.possible(), reason="this system cannot fork")


def job(lr: float, *, task: str = "digits", plugin: str = "adaptive.baselines:sgd", arm: str = "sgd") -> Job:
    return Job(task=task, steps=20, arm=arm, plugin=plugin, knobs=(("lr", lr),), seed=0, phase="tuning")


def sweep(folder: Path, *, limits: Limits | None = None, alone: bool = True) -> Sweep:
    return Sweep(Journal(folder), n_jobs=1, expected=1, limits=limits, alone=alone)


def test_where_a_population_finds_no_room_each_of_its_lives_does() -> None:
    jobs = [job(0.01 * (1 + number)) for number in range(8)]
    together = isolated.run(jobs, Limits(memory=1))
    assert [run.note for run, _ in together] == [""] * len(jobs)
    assert [run.value for run, _ in together] == [trial.run(one)[0].value for one in jobs]


@pytest.mark.parametrize("alone", [True, False])
def test_one_setting_that_fails_fails_alone(tmp_path: Path, alone: bool) -> None:
    good, bad = job(0.05), job(-1.0)  # A learning rate below 0 is refused.
    (lived, _), (failed, _) = sweep(tmp_path, alone=alone)([good, bad], "tuning")
    assert lived.value == trial.run(good)[0].value and not lived.note
    assert math.isnan(failed.value) and "ValueError" in failed.note
    assert len((tmp_path / "journal.jsonl").read_text().splitlines()) == 2


def test_a_population_that_is_too_slow_is_lived_one_by_one() -> None:
    jobs = [dataclasses.replace(job(0.05 + number / 100), steps=10**9) for number in range(5)]
    notes = [run.note for run, _ in isolated.run(jobs, Limits(seconds=1, wall=600))]
    assert notes[:3] == ["ran past its limit of 1 s of processor time"] * 3
    assert all(note.startswith(isolated.NOT_BEGUN) for note in notes[3:])


def test_want_of_memory_is_said_and_not_held_against_a_run_with_more(tmp_path: Path) -> None:
    tight, roomy = Limits(memory=1), Limits(memory=512)
    jobs = [job(0.05, task="sparse_gradient"), job(0.1, task="sparse_gradient")]
    for run, _ in sweep(tmp_path, limits=tight)(jobs, "tuning"):
        assert run.note.startswith("ran past its limit of 1 MB of memory") and "MemoryError" in run.note
    kept = len((tmp_path / "journal.jsonl").read_text().splitlines())
    assert kept == 2, "with the same limits it would end the same way"
    assert all(math.isfinite(run.value) for run, _ in sweep(tmp_path, limits=roomy)(jobs, "tuning"))


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os._exit(0)"])
def test_a_run_whose_process_died_is_lived_again_the_next_time(follower: str, tmp_path: Path, end: str) -> None:
    stop = tmp_path / "stop"
    changes = (
        ("import torch\n", "import os\nimport torch\n"),
        ("        self.steps += 1\n", f"        self.steps += 1\n        if os.path.exists({str(stop)!r}):\n            {end}\n"),
    )
    plugin = variant(follower, tmp_path / "mortal.py", *changes)
    stop.touch()
    jobs = [job(0.05, plugin=plugin, arm="candidate", task="small_data_digits")]
    ((died, _),) = sweep(tmp_path / "race")(jobs, "tuning")
    assert died.note.startswith(isolated.DIED)
    stop.unlink()
    ((lived, _),) = sweep(tmp_path / "race")(jobs, "tuning")
    assert math.isfinite(lived.value) and not lived.note

"""A race that is stopped goes on, no run is done twice, and who meets whom does not depend on how runs are done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest
import torch

from adaptive import bench, field, population, provenance, sweep, trial
from adaptive import race as races_of
from adaptive.race import CANDIDATE, Race
from adaptive.trial import Job
from ingest import engines
from kg import plugins
from tests.adaptive.brief_races import small, variant


def test_the_same_race_again_runs_nothing(follower: str, race: Race, races: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(job: trial.Job) -> Any:
        raise AssertionError(f"{job.arm} ran again")

    monkeypatch.setattr(sweep, "run", never)
    monkeypatch.setattr(population, "run", never)
    tasks = ("small_data_digits", "slow_regression")
    again = small(follower, races, tasks=tasks, seeds=8)
    assert races_of.as_json(again) == races_of.as_json(race)


def _runs(race: Race) -> int:
    return len(race.runs) + sum(trial.lives for t in race.tunings for trial in t.trials)


HOLD = """        if "GATE" in os.environ and self.mechanism == "off":
            pathlib.Path(os.environ["GATE"]).write_text(str(os.getpid()))
            time.sleep(3600)
        self.steps += 1
"""


def test_a_race_that_is_killed_goes_on_where_it_was(follower: str, tmp_path: Path) -> None:
    # This prototype can be made to hold its race up where the last arm is tuned.
    changes = (("import torch\n", "import os, pathlib, time\nimport torch\n"), ("        self.steps += 1\n", HOLD))
    holding = variant(follower, tmp_path / "holding.py", *changes)
    whole = small(holding, tmp_path / "whole")
    words = f"from adaptive import bench; bench.run({holding!r}, ('small_data_digits',), seeds=3, trials=2, tier='quick', "
    words += f"steps=12, baselines=('sgd', 'adamw'), n_jobs=1, folder={str(tmp_path / 'killed')!r})"
    gate, place = tmp_path / "gate", str(Path(bench.__file__).parents[1])
    process = subprocess.Popen([sys.executable, "-c", words], env=os.environ | {"GATE": str(gate), "PYTHONPATH": place})
    journal = tmp_path / "killed" / whole.key / "journal.jsonl"
    try:
        # The two settings of three arms on two seeds are done, and the first run of the fourth is under way.
        while not (gate.exists() and gate.read_text() and len(journal.read_text().splitlines()) == 12):
            assert process.poll() is None, "the race ended by itself"
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    before = journal.read_text().splitlines(keepends=True)
    assert len(before) == 12
    with pytest.raises(ProcessLookupError):  # What was under way has ended with the race.
        while True:
            os.kill(int(gate.read_text()), 0)
            time.sleep(0.05)
    # And had the kill come while a line was being written, that line would be lost and no other.
    journal.write_text("".join(before)[:-20])
    race = small(holding, tmp_path / "killed")
    assert race.key == whole.key
    assert [run.value for run in race.runs] == [run.value for run in whole.runs]
    after = journal.read_text().splitlines(keepends=True)
    assert after[:11] == before[:11]
    # The lost run was one of two that are lived together, so both are done again, but only one is written.
    assert len(after) == _runs(whole) + 1


def test_a_baseline_is_not_run_twice_for_two_candidates(follower: str, tmp_path: Path) -> None:
    small(follower, tmp_path / "races")
    other = small(variant(follower, tmp_path / "other.py", ("follows & obeys", "another text")), tmp_path / "races")
    lines = (tmp_path / "races" / other.key / "journal.jsonl").read_text().splitlines()
    assert {json.loads(line)["run"]["arm"] for line in lines} == {CANDIDATE, "off", "bare", "yoked", "constant", "shuffled"}


def test_two_processes_give_what_one_gives(follower: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"seeds": 2, "controls": ("off", "yoked"), "alone": True}
    one, two = (small(follower, tmp_path / str(n), n_jobs=n, **settings) for n in (1, 2))
    here = small(follower, tmp_path / "here", **settings | {"alone": False})
    for other in (two, here):
        assert [(run.arm, run.seed, run.value) for run in one.runs] == [(run.arm, run.seed, run.value) for run in other.runs]
        assert one.key == other.key


def test_a_pool_of_others_gives_the_same(follower: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"seeds": 2, "trials": 1, "controls": ("off", "yoked"), "baselines": ("sgd",)}
    here = small(follower, tmp_path / "here", **settings)
    with engines.opened("loky", jobs=2) as pool:
        there = small(follower, tmp_path / "there", **settings, pool=pool)
    assert [(run.arm, run.seed, run.value) for run in here.runs] == [(run.arm, run.seed, run.value) for run in there.runs]


def test_progress_ends_at_the_number_expected(follower: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    race = small(follower, tmp_path, progress=lambda done, expected, message: told.append((done, expected)))
    assert told[-1] == (_runs(race), _runs(race))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_another_source_is_another_race(follower: str, tmp_path: Path) -> None:
    other = variant(follower, tmp_path / "follower.py", ("min(self.sensed, 3.0)", "min(self.sensed, 2.0)"))
    assert small(follower, tmp_path / "races").key != small(other, tmp_path / "races").key


def test_a_race_leaves_the_process_as_it_was(follower: str, tmp_path: Path) -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    small(follower, tmp_path)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


# Who meets whom.


def test_every_task_has_baselines_that_fit_it_and_the_candidate() -> None:
    decay, reset = field.candidate("heat_shock_regularization"), ModuleType("no_spec")
    stream, steady, recurrent = (plugins.load("adaptive.tasks", n) for n in ("slow_regression", "digits", "exploding_gradient"))
    assert field.baselines_of(stream, decay, "quick") == ("sgd", "adamw", "l2_init", "shrink_perturb")
    assert {"continual_backprop", "upgd"} <= set(field.baselines_of(stream, reset, "standard"))
    assert {"nadamw", "nesterov", "adamw_cosine"} <= set(field.baselines_of(steady, reset, "standard"))
    assert "pbt" in field.baselines_of(steady, reset, "full")
    assert "pbt" not in field.baselines_of(stream, reset, "full"), "passes of its own would be a budget that the others lack"
    full = field.baselines_of(recurrent, reset, "full")
    assert "sgd" in full and "continual_backprop" not in full, "a network without such units has no use for it"


def test_a_race_that_names_no_task_is_small() -> None:
    prototype = "heat_shock_regularization"
    module = field.candidate(prototype)
    assert set(field.tasks_of((), module, prototype, tier="quick")) == set(field.OWN_TASKS["quick"])
    standard = set(field.tasks_of((), module, prototype, tier="standard"))
    assert standard < set(field.tasks_of((), module, prototype, tier="full"))


def test_each_task_races_its_own_baselines(follower: str, tmp_path: Path) -> None:
    tasks = ("small_data_digits", "slow_regression")
    race = small(follower, tmp_path, tasks=tasks, seeds=2, trials=1, baselines=())
    assert set(race.course("small_data_digits").baselines) != set(race.course("slow_regression").baselines)
    for task in tasks:
        assert {run.arm for run in race.runs if run.task == task} == set(race.arms(task))
    assert len(race.comparisons) == sum(len(race.arms(task)) - 1 for task in tasks)
    assert races_of.as_json(races_of.load(tmp_path / race.key)) == races_of.as_json(race)


def test_tuned_together_or_alone_a_baseline_scores_the_same(follower: str, tmp_path: Path) -> None:
    race = small(follower, tmp_path, seeds=2, trials=4)
    for arm in ("sgd", "adamw"):
        tuning = race.tuning("small_data_digits", arm)
        assert tuning is not None
        for tried in tuning.trials:
            lives = [
                trial.run(
                    Job(
                        task="small_data_digits", steps=12, arm=arm, plugin=f"adaptive.baselines:{arm}", knobs=tried.knobs,
                        seed=seed, phase="tuning",
                    )
                )[0]
                for seed in race.tuning_seeds
            ]  # fmt: skip
            assert tried.value == pytest.approx(numpy.mean([run.value for run in lives]), abs=5e-3)


def test_what_a_run_depends_on_is_part_of_its_name() -> None:
    def files(plugin: str, task: str) -> set[str]:
        return {path.relative_to(provenance.HERE).as_posix() for path in provenance.source_files(plugin, task)}

    assert {"tasks/_images.py", "tasks/label_swap_digits.py", "tasks/_mnist.py"} <= files(
        "adaptive.baselines:sgd", "label_swap_mnist"
    )
    assert {"baselines/_rule.py", "trial.py", "tasks/__init__.py", "knobs.py"} <= files(
        "adaptive.baselines:sgd", "slow_regression"
    )
    assert "tasks/_images.py" not in files("adaptive.baselines:sgd", "slow_regression")
    assert "race.py" not in files("adaptive.baselines:sgd", "slow_regression")

"""Races whose answer is known beforehand: only a protocol that gives these answers is worth believing on others."""

from __future__ import annotations

import collections
import dataclasses
import json
import math
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import pytest

from adaptive import bench, field, guard, isolated, trial
from adaptive.contest import Contest
from adaptive.isolated import Limits
from adaptive.journal import Done
from adaptive.race import CANDIDATE, Race, Run, Verdict, as_json, from_json
from adaptive.trial import Job
from kg.errors import Refused
from tests.adaptive.brief_races import variant

TASK = "small_data_digits"
pytestmark = pytest.mark.skipif(not isolated.possible(), reason="this system cannot fork")


# Lives that are numbers: what the protocol makes of arms whose true differences are known.


@pytest.fixture(scope="module")
def contest(follower: str) -> Contest:
    module = field.candidate(follower)
    baselines = ("sgd", "adamw")
    arms = field.arms_of(follower, module, baselines, bench.ALL_CONTROLS)
    return Contest(
        follower, module, field.tasks_of((TASK,), module, follower), arms, {TASK: baselines}, seeds=10, trials=1, tier="quick"
    )


def raced(
    contest: Contest, number: int, gains: Mapping[str, float], *, heavy: bool = False, budgets: Mapping[str, float] | None = None
) -> Race:
    """The race of arms that are better than the others by ``gains``, in units of the noise of a life.

    Seeds differ four times as much as lives of one seed, which pairing must take out.
    """
    generator = numpy.random.default_rng(number)
    luck: dict[int, float] = collections.defaultdict(lambda: float(4 * generator.normal()))

    def do(jobs: Sequence[Job], message: str) -> list[Done]:
        noise = generator.standard_t(3, size=len(jobs)) if heavy else generator.normal(size=len(jobs))
        return [
            (
                Run(
                    task=job.task, arm=job.arm, phase=job.phase, seed=job.seed, knobs=job.knobs,
                    value=luck[job.seed] + gains.get(job.arm, 0.0) + float(own), budget=(budgets or {}).get(job.arm, 300.0),
                ),
                numpy.ones(3) if job.arm == CANDIDATE else numpy.empty(0),
            )
            for job, own in zip(jobs, noise, strict=True)
        ]  # fmt: skip

    return contest.race(do)


def verdict(contest: Contest, number: int, gains: Mapping[str, float], **more: Any) -> Verdict:
    (said,) = raced(contest, number, gains, **more).verdicts
    return said


@pytest.mark.parametrize("heavy", [False, True], ids=["normal", "heavy tails"])
def test_equal_arms_are_told_apart_no_more_often_than_the_level_says(contest: Contest, heavy: bool) -> None:
    words = collections.Counter(verdict(contest, number, {}, heavy=heavy).word for number in range(200 if not heavy else 100))
    assert words["better"] + words["worse"] <= 0.05 * words.total()
    assert words["better"] <= 1, "a placebo would have to be lucky against four arms at once"


def test_a_planted_winner_is_found(contest: Contest) -> None:
    words = [verdict(contest, number, {CANDIDATE: 4.0}).word for number in range(20)]
    assert words.count("better") >= 19


def test_a_gain_that_a_control_has_too_is_no_win(contest: Contest) -> None:
    for control in bench.ALL_CONTROLS:
        for number in range(5):
            said = verdict(contest, number, {CANDIDATE: 4.0, control: 4.0})
            assert said.word == "no difference shown" and f"control {control!r}" in said.reason


def test_a_gain_that_was_bought_with_more_passes_is_no_win_and_the_verdict_keeps_the_ratio(contest: Contest) -> None:
    for passes, word in ((300.0, "better"), (320.0, "better"), (2400.0, "no difference shown")):
        race = raced(contest, 1, {CANDIDATE: 4.0}, budgets={CANDIDATE: passes})
        (said,) = race.verdicts
        assert (said.word, said.spent) == (word, passes / 300.0)
        assert from_json(Race, json.loads(json.dumps(as_json(race)))).verdicts == race.verdicts
    assert "it spent 8.0 times the passes of" in said.reason


def test_a_race_that_does_not_tell_what_was_spent_is_read(contest: Contest) -> None:
    plain = as_json(raced(contest, 1, {CANDIDATE: 4.0}))
    for said in plain["verdicts"]:
        del said["spent"]
    (old,) = from_json(Race, plain).verdicts
    assert old.word == "better" and math.isnan(old.spent)


def test_every_arm_whose_best_knobs_lie_at_the_end_of_a_range_is_flagged(follower: str) -> None:
    module = field.candidate(follower)
    arms = field.arms_of(follower, module, ("sgd",), ("off",))
    tasks = field.tasks_of((TASK,), module, follower)
    contest = Contest(follower, module, tasks, arms, {TASK: ("sgd",)}, seeds=6, trials=16, tier="quick")

    def do(jobs: Sequence[Job], message: str) -> list[Done]:
        # The more momentum the better, whatever else: a linear range, which is never widened.
        return [
            (
                Run(
                    task=job.task, arm=job.arm, phase=job.phase, seed=job.seed, knobs=job.knobs,
                    value=dict(job.knobs).get("momentum", 0.0),
                ),
                numpy.empty(0),
            )
            for job in jobs
        ]  # fmt: skip

    told = contest.race(do).tuning(TASK, "sgd")
    assert told is not None and "momentum" in told.flagged and "momentum" not in told.edges


def test_a_planted_loser_is_found(contest: Contest) -> None:
    assert [verdict(contest, number, {CANDIDATE: -4.0}).word for number in range(5)] == ["worse"] * 5


# Lives that are lived.


def small(prototype: str, folder: Path, *, steps: int = 12, seeds: int = 6, limits: Limits | None = None) -> Race:
    return bench.run(
        prototype, (TASK,), seeds=seeds, trials=1, tier="quick", steps=steps, baselines=("sgd",), controls=("off", "yoked"),
        n_jobs=2, folder=folder, limits=limits,
    )  # fmt: skip


WINNER = """        bit = 1.0 if int(self.sensed * 1e4) % 2 else -1.0
        self.response = self.respond(bit)
        self.steps += 1
        for group in self.param_groups:
            for p in group["params"]:
                p.data.sub_(group["lr"] * bit * self.response * p.grad)
        return None
"""


def test_a_mechanism_that_answers_its_own_life_beats_baseline_and_controls(follower: str, tmp_path: Path) -> None:
    # It walks downhill only where its response has the sign that a digit of its own loss gives; another life's are a coin's.
    text = Path(follower).read_text(encoding="utf-8")
    head, rest = text.split("        self.response = self.respond()\n")
    _, tail = rest.split("        return result\n")
    text = (head + WINNER + tail).replace("def respond(self):", "def respond(self, bit):").replace("min(self.sensed, 3.0)", "bit")
    text = text.replace("Knob(0.05, 0.005, 0.5", "Knob(0.3, 0.03, 3.0")
    (tmp_path / "winner.py").write_text(text, encoding="utf-8")
    race = small(str(tmp_path / "winner.py"), tmp_path, steps=10, seeds=12)
    (said,) = race.verdicts
    assert said.word == "better", said.reason
    assert said.fired == 1.0


def test_a_placebo_is_what_its_controls_are_and_says_so(follower: str, tmp_path: Path) -> None:
    placebo = variant(follower, tmp_path / "placebo.py", ("min(self.sensed, 3.0)", "0.0"))
    race = small(placebo, tmp_path, steps=30)
    values = {arm: [run.value for run in race.evaluations(TASK, arm)] for arm in (CANDIDATE, "yoked", "off")}
    assert values["yoked"] == values["off"] == values[CANDIDATE]
    (said,) = race.verdicts
    assert said.word != "better" and said.fired == 0.0
    assert "the mechanism never fired" in said.reason


# Candidates that do not live.


def job(plugin: str, *, steps: int = 12) -> Job:
    knobs = (("lr", 0.05), ("gain", 0.5))
    return Job(task=TASK, steps=steps, arm=CANDIDATE, plugin=plugin, knobs=knobs, seed=100)


def lived(follower: str, path: Path, code: str, limits: Limits) -> Run:
    """One life of a candidate that does ``code`` in its first step."""
    changed = variant(follower, path, ("        self.steps += 1\n", f"        self.steps += 1\n        {code}\n"))
    ((run, _),) = isolated.run([job(changed)], limits)
    if run.note:
        assert math.isnan(run.value) and run.arm == CANDIDATE and run.seed == 100
    return run


FAILS: list[tuple[str, Limits, str]] = [
    ("while True: pass", Limits(seconds=1, wall=600), "ran past its limit of 1 s of processor time"),
    ("__import__('time').sleep(3600)", Limits(wall=2), "ran past its limit of 2 s by the clock"),
    ("self.kept = [torch.ones(1 << 22) for _ in range(1000)]", Limits(memory=300), "ran past its limit of 300 MB of memory"),
    ("self.kept = [bytearray(1 << 22) for _ in range(1000)]", Limits(memory=300), "ran past its limit of 300 MB of memory"),
    ("__import__('os').kill(__import__('os').getpid(), 11)", Limits(), "its process was ended by SIGSEGV"),
    ("__import__('os')._exit(0)", Limits(), "its process ended without a result"),
    ("self.param_groups[0]['params'][0].data.fill_(math.nan)", Limits(), "the loss is nan at step 2"),
]


@pytest.mark.parametrize(("code", "limits", "note"), FAILS, ids=[note for _, _, note in FAILS])
def test_a_candidate_that_does_not_live_is_a_failed_run(
    follower: str, tmp_path: Path, code: str, limits: Limits, note: str
) -> None:
    run = lived(follower, tmp_path / "failing.py", code.replace("math.nan", "float('nan')"), limits)
    assert note in run.note


def test_what_a_run_started_ends_with_it(follower: str, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    start = f"__import__('pathlib').Path({str(told)!r}).write_text(str(__import__('subprocess').Popen(['sleep', '3600']).pid))"
    lived(follower, tmp_path / "parent.py", f"self.steps == 1 and {start}", Limits())
    # Dead, though perhaps not yet buried by the system.
    while (state := _state(int(told.read_text()))) and not state.startswith("Z"):
        time.sleep(0.02)


def _state(process: int) -> str:
    return subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout.strip()


def test_a_race_with_a_candidate_that_hangs_comes_to_its_end(follower: str, tmp_path: Path) -> None:
    hanging = variant(follower, tmp_path / "hanging.py", ("self.steps += 1\n", "self.steps += 1\n        while True: pass\n"))
    race = small(hanging, tmp_path, limits=Limits(seconds=1, wall=600))
    (said,) = race.verdicts
    assert said.word == "not run to the end"
    notes = {run.note.partition(":")[0] for run in race.evaluations(TASK, CANDIDATE)}
    assert notes <= {"ran past its limit of 1 s of processor time", "not begun"}
    assert all(math.isfinite(run.value) for run in race.evaluations(TASK, "sgd"))


# Candidates that peek.

PEEKS = {
    "import of a task by name": "__import__('importlib').import_module('adaptive.tasks._images')",
    "import of the data": "__import__('sklearn.datasets')",
    "data by the way of the package": "__import__('sklearn').datasets.load_digits()",
    "the harness by the way of the package": "__import__('adaptive.trial')",
    "what else there is in memory": "__import__('gc').get_objects()",
    "the frames that called it": "__import__('sys')._getframe()",
    "a frame through inspect": "__import__('inspect').currentframe()",
}


@pytest.mark.parametrize("code", PEEKS.values(), ids=PEEKS)
def test_a_candidate_that_peeks_while_it_runs_is_caught(follower: str, tmp_path: Path, code: str) -> None:
    run = lived(follower, tmp_path / "peeking.py", code, Limits())
    assert run.note.startswith(guard.PREFIX) or "AttributeError" in run.note


def test_a_candidate_that_peeks_is_refused_even_if_it_hushes_it_up(follower: str, tmp_path: Path) -> None:
    code = "try: import_('adaptive.tasks._images')\n        except Exception: pass\n"
    changes = (
        ("self.steps += 1\n", f"self.steps += 1\n        {code}"),
        ("import torch\n", "import torch\nfrom importlib import import_module as import_\n"),
    )
    with pytest.raises(Refused, match=r"reached for adaptive\.tasks"):
        small(variant(follower, tmp_path / "sly.py", *changes), tmp_path)


@pytest.mark.parametrize(
    "line", ["from adaptive.tasks._images import images", "import adaptive.trial", "from sklearn import datasets", "import gc"]
)
def test_a_file_that_imports_what_judges_it_is_refused_before_the_race(follower: str, tmp_path: Path, line: str) -> None:
    peeking = variant(follower, tmp_path / "peeking.py", ("import torch\n", f"import torch\n{line}\n"))
    with pytest.raises(Refused, match=r"a candidate may not import"):
        small(peeking, tmp_path / "races")
    assert not (tmp_path / "races").exists()


def test_an_honest_candidate_is_let_through(follower: str, tmp_path: Path) -> None:
    # Named tuples and type variables look at the frame that makes them, which is no peeking.
    words = "import torch\nimport collections, typing\nT = typing.TypeVar('T')\nPair = collections.namedtuple('Pair', 'a b')\n"
    honest = variant(follower, tmp_path / "honest.py", ("import torch\n", words))
    ((alone, _),) = isolated.run([job(honest)], Limits())
    here = trial.run(job(honest))[0]
    assert math.isfinite(alone.value) and not alone.note
    assert dataclasses.replace(here, seconds=0.0) == dataclasses.replace(alone, seconds=0.0)

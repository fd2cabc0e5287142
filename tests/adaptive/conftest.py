"""What the tests of prototypes and races share: one thread, a prototype that is read at a glance, and a brief race of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from adaptive import bench
from adaptive.race import Race

PROTOTYPE = '''
"""SGD whose learning rate follows the loss."""

import torch

from adaptive.knobs import Knob

TITLE = "Follower <script>alert(1)</script>"
MECHANISM, TECHNIQUE = "heat shock response", "dynamic regularization"
DESCRIPTION = "follows & obeys"
KNOBS = {"lr": Knob(0.05, 0.005, 0.5, log=True), "gain": Knob(0.5, 0.1, 1.0)}


class Follower(torch.optim.SGD):
    OBSERVES = ("loss",)
    forward_equivalents = 0.0

    def __init__(self, params, *, lr, gain=0.5, mechanism="on", replay=None, constant=None):
        super().__init__(params, lr=lr)
        self.gain, self.mechanism, self.replay, self.constant = gain, mechanism, replay, constant
        self.steps, self.response, self.sensed = 0, 0.0, 0.0

    def observe(self, *, loss):
        self.sensed = float(loss)

    def step(self, closure=None):
        self.response = self.respond()
        self.steps += 1
        for group in self.param_groups:
            group["lr"] *= 1 + self.gain * self.response
        result = super().step(closure)
        for group in self.param_groups:
            group["lr"] /= 1 + self.gain * self.response
        return result

    def respond(self):
        if self.mechanism == "off":
            return 0.0
        if self.constant is not None:
            return self.constant
        return self.replay[self.steps] if self.replay is not None else min(self.sensed, 3.0)


def build(params, *, lr, **knobs):
    return Follower(params, lr=lr, **knobs)
'''


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """The networks of these tests are so small that a second thread would only wait for the first."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def follower(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a prototype file."""
    path = tmp_path_factory.mktemp("prototypes") / "follower.py"
    path.write_text(PROTOTYPE, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="session")
def races(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the brief race lies."""
    return tmp_path_factory.mktemp("races")


@pytest.fixture(scope="session")
def race(follower: str, races: Path) -> Race:
    """Follower on two tasks: eight seeds, two trials, lives of 12 steps."""
    tasks = ("small_data_digits", "slow_regression")
    numbers = {"seeds": 8, "trials": 2, "tier": "quick", "steps": 12}
    return bench.run(follower, tasks, **numbers, baselines=("sgd", "adamw"), alone=False, folder=races)

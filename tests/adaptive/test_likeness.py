"""A known method under another name is recognised by its trajectory, and a mechanism that does something is not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from adaptive import field
from adaptive.likeness import SAME, Likeness, distances, known_methods
from adaptive.race import Knobs, as_json, from_json
from kg.errors import NotFound, Refused

HEAD = """
import torch

from adaptive.knobs import Knob

KNOBS = {"lr": Knob(0.05, 0.005, 0.5, log=True)}
"""
RENAMED = """
class Homeostat(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum, weight_decay):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                pull = p.grad + group["weight_decay"] * p
                old = self.state[p].get("velocity", 0.0)
                self.state[p]["velocity"] = velocity = group["momentum"] * old - group["lr"] * pull
                p += velocity


def build(params, *, lr, momentum=0.8, weight_decay=1e-3):
    return Homeostat(params, lr, momentum, weight_decay)
"""
MINIMAL = """
class Drift(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure=None):
        for p in self.param_groups[0]["params"]:
            p -= self.param_groups[0]["lr"] * p.grad


def build(params, *, lr):
    return Drift(params, lr)
"""
ADAM = """
def build(params, *, lr, **knobs):
    return torch.optim.Adam(params, lr)
"""
RESPONDING = """
class Tide(torch.optim.SGD):
    OBSERVES = ("loss",)

    def __init__(self, params, lr, mechanism="on", constant=None):
        super().__init__(params, lr)
        self.level = 0.0 if mechanism == "off" else 0.5 if constant is None else constant
        self.response = 0.0

    def observe(self, *, loss):
        pass

    @torch.no_grad()
    def step(self, closure=None):
        self.response = self.level
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * (1.0 + self.response) * p.grad


def build(params, *, lr, **options):
    return Tide(params, lr, **options)
"""
FAILING = """
class Faint(torch.optim.SGD):
    count = 0

    def step(self, closure=None):
        self.count += 1
        if self.count > 5:
            raise ArithmeticError("no energy left")
        return super().step(closure)


def build(params, *, lr):
    return Faint(params, lr)
"""
NOISY = """
class Shaken(torch.optim.SGD):
    @torch.no_grad()
    def step(self, closure=None):
        for p in self.param_groups[0]["params"]:
            p += 0.01 * torch.randn(p.shape)
        return super().step(closure)


def build(params, *, lr, **options):
    return Shaken(params, lr, **{name: value for name, value in options.items() if name != "mechanism"})
"""
NEUTRAL = ["heat_shock_regularization", "motor_unit_recruitment", "homeostatic_learning_rate", "grid_cells"]
Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a candidate and gives the path of its file."""

    def path(code: str) -> str:
        file = tmp_path / "candidate.py"
        file.write_text(HEAD + code, encoding="utf-8")
        return str(file)

    return path


def usual(name: str, **others: float) -> Knobs:
    return tuple(({knob: its.default for knob, its in field.candidate(name).KNOBS.items()} | others).items())


@pytest.mark.parametrize("name", NEUTRAL)
def test_a_neutral_prototype_is_its_base_step(name: str) -> None:
    module = field.candidate(name)
    found = known_methods(name, module.TASK, usual(name, **module.NEUTRAL), steps=60, seeds=(100,))
    assert found.method in ("sgd", "off")
    assert found.distance < SAME
    assert found.same


@pytest.mark.parametrize("name", ["neuromodulated_rate", "surprise_driven_growth"])
def test_a_mechanism_that_never_fires_is_the_base_step(name: str) -> None:
    found = known_methods(name, field.candidate(name).TASK, usual(name), steps=60, seeds=(100, 101))
    assert (found.method, found.same) == ("sgd", True)


def test_a_lively_mechanism_is_none_of_the_known_methods() -> None:
    lively = usual("heat_shock_regularization", act_gain=1.0)
    found = known_methods("heat_shock_regularization", "noisy_label_digits", lively, steps=60, seeds=(100, 101))
    assert math.isfinite(found.distance)
    assert found.distance > 10 * SAME
    assert not found.same


@pytest.mark.parametrize("task", ["noisy_label_digits", "slow_regression", "exploding_gradient"])
def test_sgd_under_another_name_is_recognised(write: Write, task: str) -> None:
    found = known_methods(write(RENAMED), task, (("lr", 0.02),), steps=60, seeds=(100, 101))
    assert (found.method, found.same) == ("sgd", True)


def test_who_has_neither_momentum_nor_decay_is_compared_with_methods_that_have_none(write: Write) -> None:
    found = known_methods(write(MINIMAL), "digits", (("lr", 0.1),), steps=60, seeds=(100,))
    assert (found.method, found.same) == ("sgd", True)


def test_a_known_method_is_named_rather_than_the_candidate_switched_off(write: Write) -> None:
    found = known_methods(write(ADAM), "digits", (("lr", 1e-3),), steps=60, seeds=(100,))
    assert (found.method, found.same) == ("adamw", True)


def test_a_response_that_never_changes_is_recognised(write: Write) -> None:
    found = known_methods(write(RESPONDING), "digits", (("lr", 0.05),), steps=60, seeds=(100, 101))
    assert (found.method, found.same) == ("constant", True)


def test_a_direction_of_the_network_followed_all_the_time_is_no_fixed_change() -> None:
    life = ("tensor_brain", "noisy_label_digits", usual("tensor_brain"))
    assert "constant" not in distances(*life, steps=10, seeds=(100,))
    assert not known_methods(*life, steps=40, seeds=(100,)).same


def test_a_candidate_that_fails_is_like_nothing(write: Write) -> None:
    assert known_methods(write(FAILING), "digits", (("lr", 0.05),), steps=60) == Likeness(method="", distance=math.inf)
    assert distances(write(FAILING), "digits", (("lr", 0.05),), steps=60) == {}


def test_a_candidate_that_diverges_is_like_nothing(write: Write) -> None:
    found = known_methods(write(MINIMAL), "ill_conditioned", (("lr", 1e6),), steps=60)
    assert found == Likeness(method="", distance=math.inf)
    assert not found.same


def test_a_task_that_does_not_tell_what_the_candidate_needs_leaves_it_like_nothing() -> None:
    knobs = usual("homeostatic_learning_rate")
    assert known_methods("homeostatic_learning_rate", "slow_regression", knobs, steps=10, seeds=(100,)).method == ""


def test_a_method_that_fails_does_not_stop_the_others(write: Write) -> None:
    far = distances(write(RENAMED), "digits", (("lr", 0.02),), steps=20, seeds=(100, 101))
    assert far["off"] == far["constant"] == math.inf  # That candidate knows no such options.
    assert far["sgd"] < SAME < far["nesterov"] < math.inf
    assert sum(map(math.isfinite, far.values())) > 15


def test_baselines_that_work_on_hidden_units_stay_out_where_there_are_none(write: Write) -> None:
    here = distances(write(RENAMED), "digits", (("lr", 0.02),), steps=10, seeds=(100,))
    there = distances(write(RENAMED), "ill_conditioned", (("lr", 1e-4),), steps=10, seeds=(100,))
    assert {"continual_backprop", "redo", "snr"} <= set(here) - set(there)


def test_the_distance_is_the_largest_of_all_seeds_and_what_is_left_early_was_farther() -> None:
    life = ("muscle_fatigue", "slow_regression", usual("muscle_fatigue"))
    apart = [distances(*life, steps=40, seeds=(seed,)) for seed in (100, 101)]
    both = {method: max(far[method] for far in apart) for method in apart[0]}
    assert SAME < both["constant"] < math.inf  # Every tensor responds in its own way, which no one number is.
    found = known_methods(*life, steps=40, seeds=(100, 101))
    assert found.distance == min(both.values()) == both[found.method]


@pytest.mark.parametrize("code", [NOISY, RENAMED], ids=["drawing", "plain"])
def test_the_same_call_gives_the_same_numbers_and_draws_from_nobody(write: Write, code: str) -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    once, again = (distances(write(code), "digits", (("lr", 0.02),), steps=15, seeds=(100,)) for _ in range(2))
    assert once == again
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


def test_methods_that_draw_draw_the_same(write: Write) -> None:
    """Switched off, this one does the same: then its noise is the same, too."""
    found = known_methods(write(NOISY), "digits", (("lr", 0.02),), steps=30, seeds=(100,))
    assert found == Likeness(method="off", distance=0.0)


def test_what_judges_is_out_of_reach(write: Write) -> None:
    with pytest.raises(Refused):
        known_methods(write("from adaptive.tasks import digits\nbuild = digits"), "digits", (("lr", 0.1),), steps=10)
    with pytest.raises(NotFound):
        known_methods("no_such_thing", "digits", (("lr", 0.1),), steps=10)


def test_a_life_shorter_than_the_moments_to_compare(write: Write) -> None:
    assert known_methods(write(RENAMED), "digits", (("lr", 0.02),), steps=3, seeds=(100,)).method == "sgd"


@pytest.mark.parametrize(
    "one", [Likeness(method="sgd", distance=1e-6), Likeness(method="", distance=math.inf)], ids=["near", "none"]
)
def test_it_goes_through_json(one: Likeness) -> None:
    assert from_json(Likeness, json.loads(json.dumps(as_json(one), allow_nan=False))) == one

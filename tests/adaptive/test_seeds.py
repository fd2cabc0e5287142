"""What a prototype draws is another thing in every life: it comes from its seed, which is torch's where none is given."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
import torch

from adaptive import circuits, population, replays, trial
from adaptive.circuits import Circuit
from adaptive.compile import compile_spec
from adaptive.contract import behaviour
from adaptive.contract.world import Broken, attach, batches, live, lively, make, network, same, weights
from adaptive.prototypes import heat_shock_regularization as heat
from adaptive.standalone import standalone
from adaptive.trial import Job
from kg import plugins
from kg.model import Spec

DRAWING = ("exploratory_noise", "motor_unit_recruitment", "blended_tuner", "texture_robustness", "counter_current_learning")
"""One of every kind: what acts draws, on gradients or weights; turns; inputs; first weights of a network of its own."""


def load(name: str) -> Any:
    return plugins.load("adaptive.prototypes", name)


def ended(build: Any, of_torch: int, **options: Any) -> list[torch.Tensor]:
    model = network()
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(of_torch)
        live(model, attach(build(model.parameters(), **options), model), batches(100))
    return weights(model)


@pytest.mark.parametrize("name", DRAWING)
def test_without_a_seed_it_is_that_of_torch_and_a_given_one_wins(name: str) -> None:
    prototype = load(name)
    one = ended(prototype.build, 1, **lively(prototype))
    assert same(one, ended(prototype.build, 1, **lively(prototype)))
    assert not same(one, ended(prototype.build, 2, **lively(prototype)))
    assert same(one, ended(prototype.build, 2, **lively(prototype), seed=1))


@pytest.mark.parametrize("name", DRAWING)
def test_a_life_that_goes_on_elsewhere_draws_what_it_would_have_drawn(name: str) -> None:
    prototype, life = load(name), batches(100)
    model, here = network(), []
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(1)
        optimizer = make(prototype, model, **lively(prototype))
        live(model, optimizer, life[:60])
        torch.manual_seed(2)
        elsewhere = copy.deepcopy(model)
        fresh = make(prototype, elsewhere, **lively(prototype))
        fresh.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        live(model, optimizer, life[60:])
        here = live(elsewhere, fresh, life[60:])
    assert len(here) == 40 and same(weights(model), weights(elsewhere))


def test_a_copy_keeps_the_seed() -> None:
    optimizer = load("exploratory_noise").build(network().parameters(), lr=0.1, seed=11)
    assert pickle.loads(pickle.dumps(optimizer)).seed == copy.deepcopy(optimizer).seed == 11
    assert load("exploratory_noise").build(network().parameters(), lr=0.1).seed == torch.initial_seed()


@pytest.mark.parametrize("act", ["gradient_noise", "shrink_and_perturb"])
def test_a_file_of_its_own_draws_as_the_class_does(act: str) -> None:
    spec, written = Spec(name="any", sense="loss_stagnation", respond="ramp", act=act), {"__name__": "made"}
    exec(compile(standalone(spec), "made", "exec"), written)
    knobs = {"lr": 0.05, "weight_decay": 1e-4, "constant": 1.0}
    ends = [[ended(build, seed, **knobs) for build in (compile_spec(spec), written["build"])] for seed in (1, 10**9)]
    assert all(same(ours, theirs) for ours, theirs in ends)
    assert not same(ends[0][0], ends[1][0])


def jobs(circuit: Circuit, folder: Path, *, arm: str = "candidate") -> list[Job]:
    """Two settings on three seeds."""
    space = circuits.searched(circuit)
    defaults = {name: knob.default for name, knob in space.items()}
    strong = defaults | {name: knob.at(0.9) for name, knob in space.items() if name.startswith("act_")}
    return [
        Job(
            task="label_swap_digits", steps=60, arm=arm, plugin=str(circuits.write(circuit, folder)), seed=seed, phase="tuning",
            knobs=tuple(knobs.items()),
        )
        for seed in (0, 1, 2)
        for knobs in (defaults, strong)
    ]  # fmt: skip


def norm(run: Any) -> float:
    return float(dict(run.extra)["weight norm"])


@pytest.mark.parametrize(
    "named",
    [
        ("gradient_noise", "adaptation", "gradient_noise", "adamw"),
        ("gradient_change", "energy_budget", "shrink_and_perturb", "sgd"),
        ("weight_surprise", "lateral_inhibition", "rate_jitter", "adamw"),
        ("loss_spike", "refractory", "unit_recruitment", "sgd"),
    ],
    ids="-".join,
)
def test_each_member_of_a_population_draws_what_it_would_have_drawn_alone(named: tuple[str, ...], tmp_path: Path) -> None:
    every = jobs(Circuit(*named), tmp_path)
    mixed = [every[i] for i in (5, 2, 4, 0)]
    for some in (every, mixed):
        for job, (together, _) in zip(some, population.run(some), strict=True):
            assert norm(together) == pytest.approx(norm(trial.run(job)[0]), rel=1e-4)


def test_every_arm_draws_the_same_in_one_life_and_something_else_in_the_next(tmp_path: Path) -> None:
    job = jobs(Circuit("gradient_noise", "adaptation", "gradient_noise", "sgd"), tmp_path)[1]
    for arm in ("candidate", "yoked", "another"):
        assert norm(trial.run(dataclasses.replace(job, arm=arm))[0]) == norm(trial.run(job)[0])
    one, other = (dataclasses.replace(job, seed=seed) for seed in (0, 1))
    assert trial.noise_seed(one.task, 0) != trial.noise_seed(one.task, 1) != trial.noise_seed("digits", 1)
    assert norm(trial.run(one)[0]) != norm(trial.run(other)[0])


@pytest.mark.parametrize("name", ["manifold_capacity", "exploratory_noise"])
def test_the_replay_of_a_response_that_is_always_the_same_is_the_candidate(name: str) -> None:
    prototype = load(name)
    knobs = {key: knob.default for key, knob in prototype.KNOBS.items()}
    candidate = Job(
        task="small_data_digits", steps=40, arm="candidate", plugin=f"adaptive.prototypes:{name}", seed=100,
        knobs=tuple(knobs.items()),
    )  # fmt: skip
    constant = dataclasses.replace(candidate, options=(("constant", 1.0),))
    life = trial.run(constant)[0]
    for control in ("yoked", "shuffled", "constant"):
        told = plugins.load("adaptive.controls", control).options(numpy.ones(40), numpy.random.default_rng(0))
        replay = dataclasses.replace(candidate, arm=control, options=tuple(told.items()))
        assert replays.same_life(trial.run(replay)[0], life)


def altered(build: Any, of: Any = heat) -> Any:
    kept = {name: getattr(of, name) for name in ("KNOBS", "NEUTRAL", "NEEDS", "BUFFERS", "SPEC")}
    return SimpleNamespace(**kept, build=build)


def test_the_contract_notices_who_draws_the_same_in_every_life() -> None:
    prototype = load("exploratory_noise")
    assert "another seed" in behaviour.repeatability(prototype)
    assert "draws no random numbers" in behaviour.repeatability(heat)
    fixed = altered(lambda params, **o: prototype.build(params, **({"seed": 0} | o)), prototype)
    with pytest.raises(Broken, match="same random numbers"):
        behaviour.repeatability(fixed)
    fixed.build = lambda params, **o: prototype.build(params, **(o | {"seed": torch.initial_seed()}))
    with pytest.raises(Broken, match="a seed that is given does not"):
        behaviour.repeatability(fixed)


class Clipped(compile_spec(heat.SPEC)):  # type: ignore[misc]
    """Brings all gradients to one length together, so that what is not a number in one gets into all."""

    def step(self, closure: Any = None) -> Any:
        if self.mechanism == "on":
            torch.nn.utils.clip_grad_norm_([p for group in self.param_groups for p in group["params"]], 1.0)
        return super().step(closure)


def test_the_contract_notices_a_gradient_that_spreads() -> None:
    assert "NaN or Inf gradient" in behaviour.not_a_number(heat)
    with pytest.raises(Broken, match="a gradient of nan"):
        behaviour.not_a_number(altered(lambda params, *, lr, **o: Clipped(params, lr, **o)))

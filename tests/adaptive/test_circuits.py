"""Circuits as files, and circuits lived together: what a search stands on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from adaptive import circuits, contract, parts, population, trial
from adaptive.circuits import Circuit
from adaptive.trial import Job, plugin_module
from kg.errors import NotFound, Refused

LIVED = (
    # One of every scope and of everything that an action changes or reads.
    ("loss_spike", "hill", "learning_rate", "sgd"),
    ("loss_spike", "refractory", "unit_recruitment", "sgd"),
    ("loss_stagnation", "leaky_memory", "momentum", "adamw"),
    ("loss_turbulence", "leaky_memory", "pull_to_init", "adamw"),
    ("gradient_norm_outlier", "titration", "gradient_clip", "sgd"),
    ("error_rate", "inverted_u", "weight_decay", "adamw"),
    ("gradient_agreement", "bistable_mark", "decay_tone", "sgd"),
    ("gradient_novelty", "leaky_memory", "pull_to_average", "sgd"),
    ("gradient_noise", "adaptation", "gradient_noise", "adamw"),
    ("gradient_change", "energy_budget", "shrink_and_perturb", "sgd"),
    ("weight_drift", "ramp", "synaptic_scaling", "sgd"),
    ("weight_surprise", "lateral_inhibition", "rate_jitter", "adamw"),
    ("weight_surprise", "habituation", "gradient_competition", "sgd"),
    ("weight_importance", "leaky_memory", "consolidation", "sgd"),
    ("unit_dormancy", "hill", "unit_reset", "sgd"),
)


def job(path: Path, knobs: dict[str, float], *, steps: int = 60) -> Job:
    return Job(
        task="label_swap_digits",
        steps=steps,
        arm="candidate",
        plugin=str(path),
        knobs=tuple(knobs.items()),
        seed=1,
        phase="tuning",
    )


@pytest.mark.parametrize("named", LIVED, ids="-".join)
def test_lives_of_a_circuit_lived_together_are_those_lived_alone(named: tuple[str, str, str, str], tmp_path: Path) -> None:
    circuit = Circuit(*named)
    path = circuits.write(circuit, tmp_path)
    space = circuits.searched(circuit)
    defaults = {name: knob.default for name, knob in space.items()}
    settings = [
        defaults,
        *(
            {name: knob.at(share) if name.startswith("act_") else defaults[name] for name, knob in space.items()}
            for share in (0.3, 0.9)
        ),
        defaults | {"lr": space["lr"].at(0.4)},
    ]
    jobs = [job(path, knobs) for knobs in settings]
    assert population.able(jobs[0])
    off = trial.run(dataclasses.replace(jobs[0], options=(("mechanism", "off"),)))[0]
    lives = list(zip(population.run(jobs), (trial.run(one) for one in jobs), strict=True))
    for (together, _), (alone, _) in lives:
        assert together.value == pytest.approx(alone.value, abs=2e-3)
        assert dict(together.extra)["weight norm"] == pytest.approx(dict(alone.extra)["weight norm"], rel=1e-4)
    norms = [dict(together.extra)["weight norm"] for (together, _), _ in lives]
    assert any(norm != pytest.approx(dict(off.extra)["weight norm"], rel=1e-6) for norm in norms), "the mechanism does something"


@pytest.mark.parametrize("named", [("label_effect", "leaky_memory", "learning_rate"), ("loss_spike", "clock", "learning_rate")])
def test_a_circuit_that_needs_more_lives_alone_or_agrees(named: tuple[str, str, str], tmp_path: Path) -> None:
    path = circuits.write(Circuit(*named), tmp_path)
    knobs = {name: knob.default for name, knob in circuits.searched(Circuit(*named)).items()}
    able = population.able(job(path, knobs))
    assert able == (named[0] != "label_effect")


@pytest.mark.parametrize("base", circuits.BASES)
def test_the_file_of_a_circuit_keeps_the_contract(base: str, tmp_path: Path) -> None:
    module = plugin_module(str(circuits.write(Circuit("loss_spike", "hill", "momentum", base), tmp_path)))
    assert [found for found in contract.check(module) if not found.passed] == []
    assert set(module.KNOBS) >= {"lr", "weight_decay", "sense_threshold", "respond_half", "act_gain"}


def test_a_placebo_is_its_base_to_the_bit(tmp_path: Path) -> None:
    circuit = Circuit("loss_trend", "leaky_memory", "learning_rate")
    settings = {"lr": 0.1, "momentum": 0.8, "weight_decay": 1e-3, "act_gain": 2.0}
    placebo = trial.run(job(circuits.write(circuit, tmp_path, placebo=True), settings))[0]
    real = trial.run(job(circuits.write(circuit, tmp_path), settings))[0]
    plain = {name: settings[name] for name in ("lr", "momentum", "weight_decay")}
    base = trial.run(dataclasses.replace(job(tmp_path, plain), plugin="adaptive.baselines:sgd"))[0]
    assert dict(placebo.extra) == dict(base.extra)
    assert dict(real.extra) != dict(base.extra)


def test_only_a_file_as_it_was_written_is_ours(tmp_path: Path) -> None:
    path = circuits.write(Circuit("loss_spike", "hill", "learning_rate", "adamw"), tmp_path)
    assert circuits.is_ours(str(path))
    assert circuits.write(Circuit("loss_spike", "hill", "learning_rate", "adamw"), tmp_path) == path
    path.write_text(path.read_text(encoding="utf-8") + "import os\n", encoding="utf-8")
    assert not circuits.is_ours(str(path))
    other = tmp_path / "mine.py"
    other.write_text("KNOBS = {}\n", encoding="utf-8")
    assert not circuits.is_ours(str(other))
    assert not circuits.is_ours("adaptive.baselines:sgd")


def test_what_does_not_fit_or_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        circuits.write(Circuit("loss_spike", "lateral_inhibition", "learning_rate"), tmp_path)
    with pytest.raises(NotFound):
        circuits.write(Circuit("no_such_sense", "hill", "learning_rate"), tmp_path)
    with pytest.raises(Refused, match="base"):
        Circuit("loss_spike", "hill", "learning_rate", "lbfgs")
    assert not list(tmp_path.iterdir())


def test_every_binding_that_fits_has_knobs_that_its_optimizer_takes() -> None:
    tried = 0
    for act in parts.names("act"):
        for sense in parts.names("sense"):
            if not parts.fits(sense, "leaky_memory", act):
                continue
            circuit = Circuit(sense, "leaky_memory", act)
            knobs = {name: knob.default for name, knob in circuits.searched(circuit).items()}
            circuits.builder(circuit)([torch.nn.Parameter(torch.ones(2, 2))], **knobs)
            tried += 1
    assert tried > 100

"""A life in a population is the life that it would have been alone."""

from __future__ import annotations

import dataclasses
import math

import pytest

from adaptive import population, trial
from adaptive.tasks import slow_regression
from adaptive.trial import Job
from kg import plugins
from kg.errors import Refused

RULES = [name for name in plugins.names("adaptive.baselines") if hasattr(plugins.load("adaptive.baselines", name), "rule")]
LIVELY = {"continual_backprop": {"replacement_rate": 0.01}, "redo": {"every": 20.0, "threshold": 0.3}, "snr": {"rejection": 0.1}}


def jobs(task, name, *, settings, seeds=(100, 101), steps=100, **more):
    """Each setting on each seed."""
    made = [tuple((LIVELY.get(name, {}) | setting).items()) for setting in settings]
    return [
        Job(task=task, steps=steps, arm=name, plugin=f"adaptive.baselines:{name}", knobs=knobs, seed=seed, **more)
        for seed in seeds
        for knobs in made
    ]


def same(alone, together, *, close):
    """Whether two records say the same within float error."""
    for field in dataclasses.fields(alone):
        one, other = getattr(alone, field.name), getattr(together, field.name)
        if field.name == "seconds":
            continue
        if field.name == "extra":
            assert [name for name, _ in one] == [name for name, _ in other]
            one, other = [v for _, v in one], [v for _, v in other]
        if field.name in ("value", "curve", "extra"):
            assert other == pytest.approx(one, rel=close, abs=close), field.name
        else:
            assert one == other, field.name


@pytest.mark.parametrize("name", RULES)
def test_slow_regression_is_the_same_together_as_alone(name):
    momentum = {"momentum": 0.5} if "momentum" in plugins.load("adaptive.baselines", name).OPTIONS else {}
    every = jobs("slow_regression", name, settings=[{"lr": 0.003}, {"lr": 0.01} | momentum])
    for job, (record, trajectory) in zip(every, population.run(every), strict=True):
        same(trial.run(job)[0], record, close=2e-4)
        assert len(trajectory) == 0


def test_digits_of_several_baselines_are_the_same_together_as_alone():
    every = [job for name in ("sgd", "continual_backprop", "adamw") for job in jobs("digits", name, settings=[{"lr": 0.01}])]
    for job, (record, _) in zip(every, population.run(every), strict=True):
        # An image that two classes fight for may fall to either.
        same(trial.run(job)[0], record, close=5e-3)


@pytest.mark.parametrize("task", ["ill_conditioned", "permuted_digits", "class_incremental_digits"])
def test_other_tasks_are_the_same_together_as_alone(task):
    every = jobs(task, "l2_init", settings=[{"lr": 0.02}, {"lr": 0.01, "momentum": 0.5}], seeds=(3,), steps=60, phase="tuning")
    for job, (record, _) in zip(every, population.run(every), strict=True):
        same(trial.run(job)[0], record, close=5e-3)


def test_the_order_of_jobs_and_who_else_is_there_change_nothing():
    every = jobs("slow_regression", "sgd", settings=[{"lr": 0.003}, {"lr": 0.01}, {"lr": 0.02}], steps=60)
    mixed = [every[i] for i in (5, 2, 4, 0)]  # Not every setting on every seed, and not in order.
    whole = {job: record.value for job, (record, _) in zip(every, population.run(every), strict=True)}
    some = population.run(mixed)
    assert [record.seed for record, _ in some] == [job.seed for job in mixed]
    assert [record.value for record, _ in some] == pytest.approx([whole[job] for job in mixed], rel=1e-5)


def test_a_member_that_diverges_is_noted_and_harms_no_other():
    every = jobs("slow_regression", "sgd", settings=[{"lr": 0.01}, {"lr": 1e6}], seeds=(100, 101), steps=80)
    for job, (record, _) in zip(every, population.run(every), strict=True):
        alone = trial.run(job)[0]
        if dict(job.knobs)["lr"] > 1:
            assert math.isnan(record.value) and math.isnan(alone.value)
            assert "the loss is" in record.note and record.budget == alone.budget
            assert (record.curve, record.extra) == (alone.curve, alone.extra)
        else:
            same(alone, record, close=2e-4)


def test_a_variant_of_a_task_can_be_lived_by_a_population():
    def make(seed, *, steps, reorder):
        return slow_regression.make(seed, steps=steps, reorder=reorder, **slow_regression.PUBLISHED)

    (record, _), *_ = population.run(jobs("slow_regression", "sgd", settings=[{"lr": 0.01}], steps=50), make=make)
    assert record.budget == 50 * 3


def test_what_cannot_be_a_population_is_refused():
    (job, other) = jobs("digits", "sgd", settings=[{"lr": 0.01}], seeds=(100, 101))
    with pytest.raises(Refused, match="one task"):
        population.run([job, dataclasses.replace(other, steps=7)])
    with pytest.raises(Refused, match="a control"):
        population.run([dataclasses.replace(job, options=(("mechanism", "off"),))])
    with pytest.raises(Refused, match="rule"):
        population.run([dataclasses.replace(job, plugin="adaptive.baselines:schedule_free_adamw")])
    with pytest.raises(Refused, match="takes no"):
        population.run([dataclasses.replace(job, knobs=(("warp", 1.0),))])
    with pytest.raises(Refused, match="cannot be lived"):
        population.run([dataclasses.replace(job, task="exploding_gradient")])


def test_able_says_who_can():
    (job,) = jobs("digits", "sgd", settings=[{"lr": 0.01}], seeds=(100,))
    assert population.able(job)
    assert not population.able(dataclasses.replace(job, plugin="adaptive.baselines:schedule_free_adamw"))
    assert not population.able(dataclasses.replace(job, task="exploding_gradient"))
    assert not population.able(dataclasses.replace(job, options=(("constant", 1.0),)))

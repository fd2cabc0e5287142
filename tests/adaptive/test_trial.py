"""What is measured of a network when a life is over."""

from __future__ import annotations

import math

import pytest
import torch

from adaptive import population, trial
from adaptive.trial import Job, effective_rank


def test_the_effective_rank_counts_directions() -> None:
    generator = torch.Generator().manual_seed(0)
    alike = torch.linalg.qr(torch.randn(50, 8, generator=generator, dtype=torch.float64)).Q
    assert effective_rank(alike) == pytest.approx(8.0)
    assert effective_rank(alike[:, :1] @ torch.ones(1, 8, dtype=torch.float64)) == pytest.approx(1.0, abs=1e-6)
    shares = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64)
    entropy = -float((shares * shares.log()).sum())
    assert effective_rank(alike[:, :3] * shares) == pytest.approx(math.exp(entropy))
    assert effective_rank(7.0 * alike[:, :3] * shares) == pytest.approx(math.exp(entropy)), "scale is no direction"


def test_silent_units_span_nothing_and_what_is_not_finite_has_no_rank() -> None:
    assert effective_rank(torch.zeros(20, 5)) == 0.0
    assert math.isnan(effective_rank(torch.tensor([[1.0, math.nan], [1.0, 2.0]])))


def test_alone_and_together_a_life_has_the_same_effective_rank() -> None:
    jobs = [
        Job(
            task="small_data_digits", steps=30, arm="sgd", plugin="adaptive.baselines:sgd", knobs=(("lr", 0.05),), seed=seed,
        )
        for seed in (100, 101)
    ]  # fmt: skip
    for job, (together, _) in zip(jobs, population.run(jobs), strict=True):
        alone = dict(trial.run(job)[0].extra)
        assert 1.0 < alone["effective rank"] <= 64.0
        assert dict(together.extra)["effective rank"] == pytest.approx(alone["effective rank"], rel=1e-3)


def test_a_network_that_is_no_stack_of_layers_has_none() -> None:
    job = Job(task="exploding_gradient", steps=5, arm="sgd", plugin="adaptive.baselines:sgd", knobs=(("lr", 0.001),), seed=100)
    run, _ = trial.run(job)
    assert not run.note and "effective rank" not in dict(run.extra)

"""What is measured of a network when a life is over."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy
import pytest
import torch

from adaptive import population, trial
from adaptive.tasks import char_lm, correct, digits, slow_regression
from adaptive.trial import Job, Learner, effective_rank


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


class Listener(torch.optim.SGD):
    """SGD that writes down what it is told."""

    OBSERVES = ("loss", "errors")

    def __init__(self, parameters, *, lr: float) -> None:
        super().__init__(parameters, lr=lr)
        self.told: list[dict] = []

    def observe(self, **signals) -> None:
        self.told.append(signals)


@pytest.fixture
def letters(tmp_path, monkeypatch):
    """The task of characters, scored in nats, on a text of eight letters that follow each other by chance."""
    text = "".join(numpy.random.default_rng(0).choice(list("abcdefgh"), size=20_000))
    (tmp_path / "tinyshakespeare.txt").write_text(text, encoding="utf-8")
    monkeypatch.setenv("EXAPT_DATA", str(tmp_path))
    return char_lm


@pytest.mark.parametrize("task", ["letters", "digits"])
def test_told_as_errors_is_the_share_of_the_batch_that_was_missed(task, request) -> None:
    module = digits if task == "digits" else request.getfixturevalue(task)
    episode = module.make(100, steps=60)
    learner = Learner(SimpleNamespace(build=Listener), {"lr": 0.1}, module, episode)
    for number, batch in enumerate(episode.batches, start=1):
        with torch.no_grad():
            missed = 1.0 - correct(episode.model(batch.inputs), batch.targets)
        score, _ = learner.step(batch, number)
        told = learner.optimizer.told[-1]
        assert told["errors"] == pytest.approx(missed)
        assert score == pytest.approx(float(told["loss"]) if task == "letters" else 1.0 - missed)


def test_mistakes_are_sensed_where_the_score_is_a_loss(letters) -> None:
    plugin = "adaptive.prototypes:neuromodulated_rate"
    job = Job(task="char_lm", steps=200, arm="candidate", plugin=plugin, knobs=(("lr", 0.03), ("sense_threshold", 1.0)), seed=100)
    run, response = trial.run(job)
    assert not run.note and float(response.max()) > 0.0


def test_where_targets_are_no_classes_there_are_no_errors_to_tell() -> None:
    task = SimpleNamespace(REVEALS=("lookahead", "labels"))
    learner = Learner(SimpleNamespace(build=Listener), {"lr": 0.01}, task, slow_regression.make(100, steps=3))
    for number, batch in enumerate(learner.episode.batches, start=1):
        learner.step(batch, number)
    assert [set(told) for told in learner.optimizer.told] == [{"loss"}] * 3

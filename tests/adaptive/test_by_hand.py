"""What is written out by hand is what autograd gives, and steps aside where somebody watches."""

from __future__ import annotations

import math

import pytest
import torch

from adaptive import by_hand
from adaptive.tasks import Episode
from kg.plugins import load

TASKS = ("digits", "slow_regression", "ill_conditioned", "sparse_gradient", "exploding_gradient", "class_incremental_digits")


def episode(task: str) -> Episode:
    made = load("adaptive.tasks", task, kind="task").make(3, steps=40)
    assert isinstance(made, Episode)
    return made


@pytest.mark.parametrize("task", TASKS)
def test_gradients_loss_and_score_are_those_of_autograd(task: str) -> None:
    world = episode(task)
    written, usual = by_hand.both_passes(world), by_hand.by_autograd(world)
    parameters = list(world.model.parameters())
    for batch in world.batches:
        loss, score = usual(batch)
        wanted = [p.grad.clone() for p in parameters if p.grad is not None]
        own_loss, own_score = written(batch)
        assert float(own_loss) == pytest.approx(float(loss), rel=1e-5)
        assert own_score == pytest.approx(score, rel=1e-5)
        for p, gradient in zip(parameters, wanted, strict=True):
            assert p.grad is not None
            assert p.grad.shape == gradient.shape
            torch.testing.assert_close(p.grad, gradient, rtol=1e-3, atol=1e-5)
        with torch.no_grad():
            for p in parameters:
                p -= 0.05 * p.grad


@pytest.mark.parametrize("task", TASKS)
def test_it_is_not_autograd_in_disguise(task: str) -> None:
    world = episode(task)
    calls: list[int] = []
    written = by_hand.both_passes(world)
    world.model.register_forward_hook(lambda *_: calls.append(1))
    written(next(iter(world.batches)))
    assert not calls


def test_a_parameter_that_got_other_memory_is_followed() -> None:
    world = episode("digits")
    written, usual = by_hand.both_passes(world), by_hand.by_autograd(world)
    batch = next(iter(world.batches))
    written(batch)
    for p in world.model.parameters():
        p.data = p.data * 0.5
    assert float(written(batch)[0]) == pytest.approx(float(usual(batch)[0]), rel=1e-6)


def test_a_network_that_is_watched_is_called() -> None:
    world, calls = episode("digits"), []
    world.model[1].register_forward_hook(lambda *_: calls.append(1))
    by_hand.both_passes(world)(next(iter(world.batches)))
    assert calls == [1]


def test_weights_that_are_no_numbers_give_a_loss_that_is_none() -> None:
    world = episode("digits")
    with torch.no_grad():
        next(iter(world.model.parameters())).fill_(math.nan)
    assert math.isnan(float(by_hand.both_passes(world)(next(iter(world.batches)))[0]))


def test_steps_are_plain_unless_somebody_listens() -> None:
    p = torch.nn.Parameter(torch.ones(3))
    p.grad = torch.ones(3)
    optimizer = torch.optim.SGD([p], lr=0.5)
    by_hand.step_of(optimizer)()
    assert p.tolist() == [0.5] * 3
    heard: list[int] = []
    optimizer.register_step_post_hook(lambda *_: heard.append(1))
    by_hand.step_of(optimizer)()
    assert heard == [1]
    assert p.tolist() == [0.0] * 3

"""What prototypes say of themselves, tried: that the mechanism does what its text says it does, where the text says so."""

from __future__ import annotations

import math
import random
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from adaptive.prototypes._composed import searched
from kg import plugins
from kg.model import Spec


def load(name: str) -> Any:
    return plugins.load("adaptive.prototypes", name)


def weights(*shapes: tuple[int, ...], seed: int = 0) -> list[torch.nn.Parameter]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(0.1 * torch.randn(shape, generator=generator)) for shape in shapes]


def stepped(optimizer: Any, ps: list[torch.nn.Parameter], gradients: list[torch.Tensor], loss: float = 1.0) -> list[torch.Tensor]:
    """How far each tensor moves in one step."""
    before = [p.detach().clone() for p in ps]
    for p, gradient in zip(ps, gradients, strict=True):
        p.grad = gradient
    if "loss" in getattr(optimizer, "OBSERVES", ()):
        optimizer.observe(loss=loss)
    optimizer.step()
    return [p.detach() - old for p, old in zip(ps, before, strict=True)]


def test_a_gain_is_searched_on_the_side_that_the_prototype_claims() -> None:
    spec = Spec(name="any", sense="loss_trend", respond="hill", act="learning_rate")
    knob = searched(spec, "act_gain")["act_gain"]
    assert 0.0 < knob.low < knob.default < knob.high
    slowing = searched(
        Spec(name="any", sense="loss_trend", respond="hill", act="learning_rate", knobs=(("act.gain", -0.7),)), "act_gain"
    )
    assert slowing["act_gain"].low < slowing["act_gain"].default < slowing["act_gain"].high < 0.0


@pytest.mark.parametrize("name", plugins.names("adaptive.prototypes"))
def test_no_search_crosses_over_to_the_opposite_claim(name: str) -> None:
    for knob in load(name).KNOBS.values():
        assert knob.default == 0.0 or not knob.low < 0.0 < knob.high


def test_a_size_that_drifted_is_brought_back_and_stays() -> None:
    (w,) = weights((32, 64))
    first = float(w.detach().norm())
    optimizer = load("synaptic_scaling").build([w], lr=1e-12, momentum=0.0, weight_decay=0.0, act_gain=0.1, sense_tolerance=0.05)
    stepped(optimizer, [w], [torch.zeros_like(w)])
    with torch.no_grad():
        w.mul_(1.5)
    for _ in range(400):
        stepped(optimizer, [w], [torch.zeros_like(w)])
    # What is left is the tolerance, and the dead zone of the ramp upon it.
    assert math.log(float(w.detach().norm()) / first) == pytest.approx(0.05 + 0.1, abs=0.01)
    assert optimizer.response == pytest.approx(0.0, abs=0.02)


def test_the_guard_against_shocks_never_lengthens_a_step() -> None:
    """Long after a shock, small gradients pass as they are; the shock itself is cut back."""
    (w,) = weights((10, 10))
    build = load("stress_response_stability").build
    optimizer = build([w], lr=1.0, momentum=0.0, weight_decay=0.0, act_limit=1.0)
    generator, lengths, moved = torch.Generator().manual_seed(1), [], []
    for step in range(60):
        gradient = torch.randn(10, 10, generator=generator)
        gradient *= (1000.0 if step == 40 else 0.05) / gradient.norm()
        lengths.append(float(gradient.norm()))
        moved.append(float(stepped(optimizer, [w], [gradient])[0].norm()))
    assert all(after <= before * (1.0 + 1e-4) for before, after in zip(lengths, moved, strict=True))
    assert moved[40] < 0.5 * lengths[40] and optimizer.response > 0.0


def test_the_purse_is_saved_up_for_who_is_worth_most() -> None:
    """Three small tensors and one that costs most of a full step: it learns now and then, not never."""
    ps = weights((60, 60), (60,), (60,), (60,))
    optimizer = load("energy_budget").build(ps, lr=0.1, momentum=0.0, weight_decay=0.0, respond_refill=0.1, act_gain=1.0)
    generator = torch.Generator().manual_seed(0)
    learned = []
    for _ in range(400):
        gradients = [0.01 * torch.randn(p.shape, generator=generator) for p in ps]
        learned.append([bool(move.any()) for move in stepped(optimizer, ps, gradients)])
    shares = torch.tensor(learned).double().mean(dim=0)
    assert 0.05 < float(shares[0]) < 0.15
    assert float(shares[1:].min()) > 0.05


def test_weights_that_do_as_all_do_are_inhibited_and_one_that_stands_out_is_not() -> None:
    (w,) = weights((4, 25))
    optimizer = load("functional_specialization").build([w], lr=0.1, momentum=0.0, weight_decay=0.0, respond_inhibition=1.0)
    generator = torch.Generator().manual_seed(2)
    for _ in range(30):
        gradient = torch.randn(4, 25, generator=generator)
        gradient[0, 0] = 1.0
        moved = stepped(optimizer, [w], [gradient])[0]
    # The steady weight moves further for its gradient than the usual step, the typical one hardly differs from it.
    factors = (moved / (-0.1 * gradient)).flatten()
    assert float(factors[0]) > 1.3
    assert float(factors.median()) == pytest.approx(1.0, abs=0.1)


def test_a_veto_turns_a_weight_down_whatever_the_other_levels_say() -> None:
    multi = load("multi_level_feedback")
    (w,) = weights((1, 4))
    optimizer = multi.build([w], lr=0.1, momentum=0.0, weight_decay=0.0, act_gain=1.0)
    optimizer._slow = 1.0
    for _ in range(60):  # They agree for long, so that the mark is written.
        stepped(optimizer, [w], [torch.ones(1, 4)])
    moved = stepped(optimizer, [w], [torch.tensor([[1.0, 1.0, 1.0, -1.0]])])[0].abs().flatten()
    assert float(moved[3]) == pytest.approx(0.1 * torch.tensor(-1.0).exp().item(), rel=1e-4)
    assert float(moved[0]) > 0.1


def test_who_is_new_in_a_group_begins_with_its_parents_record() -> None:
    group = load("group_selection")
    optimizer = group.GroupSelection(weights((2, 2)), 0.1)
    memory = {"turn": 5, "rates": [0.0, 0.5, 0.25, -0.5, -0.25, 0.1], "payoffs": [1.0, 1.0, 1.0, -1.0, -3.0, -1.0]}
    after, _ = optimizer.judged(memory, 0.1, -1.0, random.Random(0))
    assert after["payoffs"][4] in (1.0,) and after["rates"][4] != -0.25


def test_precision_is_higher_where_errors_have_been_smaller() -> None:
    coding = load("predictive_coding").PredictiveCoding(weights((2, 2)), 0.1)
    beliefs = [torch.zeros(5, 3)]
    assert [p.tolist() for p in coding._precisions(beliefs)] == [[1.0] * 3]
    coding._learn([torch.tensor([1.0, 4.0, 1.0])])
    (precision,) = coding._precisions(beliefs)
    assert precision.tolist() == pytest.approx([2.0, 0.5, 2.0])
    coding._learn([torch.tensor([0.0, 0.0, 0.0])])
    assert bool(torch.isfinite(coding._precisions(beliefs)[0]).all())


@pytest.mark.parametrize(
    ("name", "knob"),
    [("energy_budget", "respond_refill"), ("chaperonin_chamber", "respond_period"), ("multi_level_feedback", "respond_rate")],
)
def test_what_belongs_to_the_whole_network_cannot_differ_by_group(name: str, knob: str) -> None:
    one, other = weights((2, 2), (2,))
    optimizer = load(name).build([one], lr=0.1)
    with pytest.raises(ValueError, match="belongs to the whole network"):
        optimizer.add_param_group({"params": [other], knob: 7.0 if knob == "respond_period" else 0.9})


@pytest.mark.parametrize("name", ["predictive_coding", "texture_robustness", "proteostasis_normalizer", "grid_cells"])
def test_a_network_without_linear_layers_is_refused_in_words(name: str) -> None:
    model = torch.nn.Sequential(torch.nn.Unflatten(1, (1, 4)), torch.nn.Conv1d(1, 3, 4), torch.nn.Flatten())
    optimizer = load(name).build(model.parameters(), lr=0.1)
    optimizer.attach(model, torch.nn.functional.cross_entropy)
    inputs, targets = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3
    torch.autograd.backward(torch.nn.functional.cross_entropy(model(inputs), targets))
    optimizer.observe(loss=1.0, inputs=inputs, targets=targets)
    with pytest.raises(ValueError, match="no linear layer"):
        optimizer.step()


def test_a_jump_of_the_loss_is_more_than_its_usual_ups_and_downs() -> None:
    memory = load("configuration_memory")
    (w,) = weights((2, 70))
    optimizer = memory.build([w], lr=0.01)
    generator, stored = torch.Generator().manual_seed(3), []
    for step in range(400):
        loss = 1.0 + 0.1 * float(torch.randn((), generator=generator)) + (2.0 if 200 <= step < 215 else 0.0)
        stepped(optimizer, [w], [torch.randn(2, 70, generator=generator)], loss)
        stored.append(len(optimizer.state["network"]["respond"]["store"]))
    events = SimpleNamespace(before=stored[199], after=stored[230], end=stored[-1])
    assert events.before <= 1 and events.after == events.before + 1 and events.end <= events.after + 1

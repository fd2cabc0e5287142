"""Every baseline keeps the contract and its paper's equation, and has none of the defects known of published code."""

from __future__ import annotations

import math

import pytest
import torch

from adaptive import field
from adaptive.baselines import _schedule, continual_backprop, synaptic_intelligence, upgd
from adaptive.baselines._library import MissingLibrary
from adaptive.baselines._rule import Draw, RuleOptimizer, Slot, Units
from adaptive.baselines._unit import reborn
from adaptive.contract.baseline import check_baseline, twin_agrees
from adaptive.contract.world import batches, network
from adaptive.tasks import class_incremental_digits
from kg import plugins
from kg.errors import Refused
from tests.adaptive import baseline_twins

NAMES = plugins.names("adaptive.baselines")


def baseline(name):
    return plugins.load("adaptive.baselines", name)


def there(name):
    try:
        return bool(baseline(name).build(network().parameters(), lr=0.1))
    except MissingLibrary:
        return False


def ours(name):
    return there(name) and isinstance(baseline(name).build(network().parameters(), lr=0.1), RuleOptimizer)


@pytest.mark.parametrize("name", NAMES)
def test_baseline_keeps_the_contract(name):
    if not there(name):
        pytest.skip(f"{baseline(name).NEEDS_PACKAGE} is not installed")
    findings = check_baseline(baseline(name), twin=getattr(baseline_twins, name, None))
    broken = [f"{f.point} {f.title}: {f.detail}" for f in findings if not f.passed]
    assert not broken, "\n".join(broken)
    missed = {f.point for f in findings if not f.applies}
    assert missed <= ({"16"} if ours(name) else {"4", "9", "11", "14", "16", "17"})


def test_the_baselines_that_a_fair_race_needs_are_there():
    needed = {"sgd", "nesterov", "adamw", "nadamw", "rmsprop", "adagrad", "adamw_cosine", "sgd_one_cycle"}
    needed |= {"schedule_free_sgd", "schedule_free_adamw", "prodigy", "continual_backprop", "redo", "snr", "l2_init"}
    needed |= {"shrink_perturb", "upgd", "ewc", "synaptic_intelligence", "idbd"}
    needed |= {"dropout", "layer_norm"}
    needed |= {"mas", "d_adaptation", "stress_aware", "pbt"}
    needed |= {"sgd_hypergradient", "adam_hypergradient", "multiplicative_hypergradient"}
    assert needed <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_baseline_says_what_it_is_and_where_it_is_from(name):
    module = baseline(name)
    assert module.DESCRIPTION and "lr" in module.KNOBS
    assert "*Reference:*" in module.__doc__ or name == "sgd"


def test_a_library_that_is_not_there_is_named_before_a_race():
    missing = [name for name in NAMES if not there(name)]
    if not missing:
        pytest.skip("all libraries are installed")
    heat = plugins.load("adaptive.prototypes", "heat_shock_regularization")
    with pytest.raises(Refused, match="not installed: pip install"):
        field.arms_of("heat_shock_regularization", heat, [missing[0]], [])


def layer(activity, incoming, outgoing):
    """One member's hidden layer of two units between one input and one output, with momentum everywhere."""
    slots = [Slot(p, torch.zeros_like(p), {"momentum_buffer": torch.ones_like(p)}, {}) for p in incoming + outgoing]
    return Units(activity, slots[0], slots[1], slots[2], slots[3], {})


def test_a_replaced_unit_hands_its_mean_to_the_next_bias():
    """The published code zeroes the mean before it uses it, so that it compensates for nothing."""
    incoming = [torch.ones(1, 2, 1), torch.zeros(1, 2)]
    outgoing = [torch.tensor([[[3.0, 5.0]]]), torch.zeros(1, 1)]
    units = layer(torch.ones(1, 4, 2), incoming, outgoing)
    reborn(units, torch.tensor([[False, True]]), torch.tensor([[1.0, 0.5]]), Draw((0,)).at(1))
    assert outgoing[1].item() == 2.5
    assert outgoing[0].tolist() == [[[3.0, 0.0]]]


def test_a_replaced_unit_loses_all_its_optimizer_state_and_no_other_does():
    """A unit that inherits collapsed step sizes or momentum is born frozen or flung away."""
    incoming, outgoing = [torch.ones(1, 2, 1), torch.zeros(1, 2)], [torch.ones(1, 1, 2), torch.zeros(1, 1)]
    units = layer(torch.ones(1, 4, 2), incoming, outgoing)
    reborn(units, torch.tensor([[True, False]]), None, Draw((0,)).at(1))
    assert units.incoming.state["momentum_buffer"].tolist() == [[[0.0], [1.0]]]
    assert units.bias.state["momentum_buffer"].tolist() == [[0.0, 1.0]]
    assert units.outgoing.state["momentum_buffer"].tolist() == [[[0.0, 1.0]]]
    assert units.outgoing_bias.state["momentum_buffer"].tolist() == [[1.0]]


def test_continual_backprop_replaces_at_its_rate_and_spares_the_young():
    model = network()
    optimizer = continual_backprop.build(model.parameters(), lr=1e-4, replacement_rate=0.01, maturity=50.0)
    optimizer.attach(model)
    replaced = []
    for inputs, targets in batches(200):
        before = model[0].weight.detach().clone()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        replaced.append(int(((model[0].weight - before).abs() > 0.05).any(dim=1).sum()))
    assert not any(replaced[:50])
    # 16 units at 0.01 a step, less those that are young again.
    assert 10 <= sum(replaced) <= 24


def test_maturity_is_read():
    """A published configuration names this number otherwise than the code that reads it."""
    with pytest.raises(TypeError, match="maturity"):
        continual_backprop.build(network().parameters(), lr=0.1, maturity_threshold=100)


@pytest.mark.parametrize("sign", [0.0, 1.0])
def test_upgd_neither_divides_by_zero_nor_protects_the_useless(sign):
    """Where no utility is positive, the published quotient is 0 / 0 or turns protection around."""
    p = torch.nn.Parameter(torch.tensor([1.0, 2.0, 4.0]))
    optimizer = upgd.build([p], lr=0.1, noise=0.0, weight_decay=0.0)
    p.grad = torch.ones(3) * sign  # Utility -g w: none is above 0.
    before = p.detach().clone()
    optimizer.step()
    moved = (before - p.detach()).tolist()
    assert all(math.isfinite(m) for m in moved)
    # All are useless, so all move freely; with a utility of just 0, half protected.
    assert moved == pytest.approx([0.1 * sign] * 3)


def test_synaptic_intelligence_does_not_take_weights_for_movement():
    """Where the last weights start at 0, the first movement is the weight itself."""
    p = torch.nn.Parameter(torch.tensor([3.0]))
    optimizer = synaptic_intelligence.build([p], lr=0.1)
    p.grad = torch.ones(1)
    optimizer.step()
    assert optimizer.state[p]["won"].item() == 0.0
    assert p.item() == pytest.approx(2.9)


def test_synaptic_intelligence_divides_by_the_net_way():
    """Equation 5: of two weights with gradients as large, the one that got nowhere by them is the more important."""
    p = torch.nn.Parameter(torch.zeros(2))
    optimizer = synaptic_intelligence.build([p], lr=0.1, strength=0.0, memory=0.99, damping=1e-6)
    for step in range(40):
        p.grad = torch.tensor([1.0, 1.0 if step % 2 else -1.0])
        optimizer.step()
    straight, to_and_fro = optimizer.state[p]["importance"].flatten().tolist()
    assert 0.0 < 10.0 * straight < to_and_fro


def test_the_importance_of_synaptic_intelligence_is_no_rescaled_mean_of_squared_gradients():
    """Else it would be elastic weight consolidation by another name."""
    episode = class_incremental_digits.make(0, steps=500)
    optimizer = synaptic_intelligence.build(episode.model.parameters(), lr=0.01, memory=0.99)
    parameters = list(episode.model.parameters())
    squares = [torch.zeros_like(p) for p in parameters]
    for batch in episode.batches:
        optimizer.zero_grad()
        episode.loss(episode.model(batch.inputs), batch.targets).backward()
        for mean, p in zip(squares, parameters, strict=True):
            mean.mul_(0.99).add_(0.01 * p.grad.square())
        optimizer.step()
    importance = torch.cat([optimizer.state[p]["importance"].flatten() for p in parameters])
    together = torch.corrcoef(torch.stack([importance, torch.cat([mean.flatten() for mean in squares])]).double())
    assert bool((importance >= 0.0).all())
    assert 0.3 < float(together[0, 1]) < 0.97


WITH_MOMENTUM = ("ewc", "idbd", "mas", "shrink_perturb", "stress_aware", "synaptic_intelligence", "upgd")


@pytest.mark.parametrize("name", WITH_MOMENTUM)
def test_what_a_candidate_may_tune_its_rivals_may(name):
    """Candidates tune momentum from 0 to 0.95; a rival without it would race with one hand tied."""
    knob = baseline(name).KNOBS["momentum"]
    assert (knob.low, knob.default, knob.high) == (0.0, 0.0, 0.95)


@pytest.mark.parametrize("name", WITH_MOMENTUM)
def test_without_momentum_the_step_is_that_of_the_paper(name, monkeypatch):
    module = baseline(name)
    monkeypatch.setattr(module, "LIVELY", module.LIVELY | {"momentum": 0.0})
    assert "largest gap" in twin_agrees(module, getattr(baseline_twins, name))
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = module.build([p], lr=0.1)
    p.grad = torch.ones(2)
    if hasattr(optimizer, "observe"):
        optimizer.observe(loss=1.0)
    optimizer.step()
    assert not {"momentum_buffer", "carried"} & set(optimizer.state[p])


@pytest.mark.parametrize("name", WITH_MOMENTUM)
def test_a_gradient_is_carried_on_when_it_is_over(name):
    """One gradient, then none: with momentum the weight goes on, by half as much each step."""
    p = torch.nn.Parameter(torch.tensor([1.0]))
    quiet = {option: 0.0 for option in ("noise", "shrink", "weight_decay", "strength") if option in baseline(name).OPTIONS}
    optimizer = baseline(name).build([p], lr=0.1, momentum=0.5, **quiet)
    moved = []
    for gradient in (1.0, 0.0, 0.0):
        before = p.item()
        p.grad = torch.tensor([gradient])
        if hasattr(optimizer, "observe"):
            optimizer.observe(loss=1.0)
        optimizer.step()
        moved.append(before - p.item())
    assert moved[0] > 0.0
    assert moved[1:] == pytest.approx([moved[0] / 2, moved[0] / 4], rel=1e-4)


def test_one_number_of_a_draw_depends_on_seed_and_step_alone():
    like = torch.zeros(3, 4)
    first = Draw((5, 6, 5)).at(9)
    again = first.normal(like)
    assert torch.equal(again[0], again[2]) and not torch.equal(again[0], again[1])
    assert torch.equal(Draw((5,)).at(9).normal(like[:1])[0], again[0])
    assert not torch.equal(Draw((5,)).at(8).normal(like[:1])[0], again[0])


def test_schedules_go_where_their_papers_say():
    assert [round(_schedule.cosine(x), 3) for x in (0.0, 0.5, 1.0)] == [1.0, 0.5, 0.0]
    shape = [_schedule.one_cycle(x / 100) for x in range(101)]
    assert shape[0] == pytest.approx(1 / 25) and max(shape) == pytest.approx(1.0) == shape[30] and shape[-1] < 1e-5
    torch_s = torch.optim.lr_scheduler.OneCycleLR(torch.optim.SGD(network().parameters(), lr=1.0), 1.0, total_steps=101)
    theirs = []
    for _ in range(101):
        theirs.append(torch_s.get_last_lr()[0])
        torch_s.optimizer.step()
        torch_s.step() if len(theirs) < 101 else None
    assert max(abs(a - b) for a, b in zip(shape, theirs, strict=True)) < 0.03


def test_a_schedule_without_a_plan_says_so():
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = baseline("adamw_cosine").build([p], lr=0.1)
    p.grad = torch.ones(2)
    with pytest.raises(_schedule.MissingPlan, match="plan"):
        optimizer.step()
    assert optimizer.param_groups[0]["lr"] == 0.1

"""Every action leaves all as it was at rest and when neutral, grows with the response, and spreads nothing that is not finite."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptive import parts
from adaptive.knobs import defaults
from adaptive.parts.act import (
    consolidation,
    decay_tone,
    gradient_budget,
    gradient_clip,
    gradient_competition,
    gradient_mask,
    gradient_noise,
    gradient_sign,
    learning_brake,
    learning_rate,
    momentum,
    pull_to_average,
    pull_to_init,
    shrink_and_perturb,
    soft_threshold,
    synaptic_scaling,
    unit_reset,
    weight_decay,
)

ACTS = parts.names("act")
NUMBERS = {"norm": 5.0, "rate": 0.1, "decay": 0.01}
NOTHING = {"rate": 1.0, "momentum": 1.0, "scale": 1.0, "decay": 0.0, "pull": 0.0}


def read(seed=0, shape=(4, 3), **given_):
    """Something for every quantity that an action may read."""
    generator = torch.Generator().manual_seed(seed)
    made = {name: torch.randn(shape, generator=generator) for name in ("gradient", "weight", "anchor", "average", "noise")}
    made |= {"importance": torch.rand(shape, generator=generator), "chance": torch.rand(shape, generator=generator)}
    return made | NUMBERS | given_


def acted(part, response, world, **knobs):
    before = {name: value.clone() for name, value in world.items() if isinstance(value, torch.Tensor)}
    change = part.act(response, *(world[name] for name in getattr(part, "READS", ())), **(defaults(part.KNOBS) | knobs))
    # Pure: nothing that was handed over has changed.
    assert all(torch.equal(world[name].nan_to_num(), value.nan_to_num()) for name, value in before.items())
    return change


def unchanged(part, change, world):
    if part.CHANGES in NOTHING:
        return bool((torch.as_tensor(change) == NOTHING[part.CHANGES]).all())
    same = world["gradient" if part.CHANGES == "gradient" else "weight"]
    return bool(((change == same) | (change.isnan() & same.isnan())).all())


def responses_of(part, share):
    """A response in each form in which one can come to the action."""
    made = [share] if {"network", "tensor"} & set(part.SCOPES) else []
    made += [torch.full((4, 1), share)] if "unit" in part.SCOPES else []
    return made + ([torch.full((4, 3), share)] if "weight" in part.SCOPES else [])


@pytest.mark.parametrize("name", ACTS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.0, 1.0))
def test_at_rest_and_neutral_everything_stays_as_it_was(name, seed, share):
    part, world = parts.part("act", name), read(seed)
    for rest in responses_of(part, 0.0):
        assert unchanged(part, acted(part, rest, world), world)
    for response in responses_of(part, share):
        assert unchanged(part, acted(part, response, world, **part.NEUTRAL), world)
    if "tone" in part.TAKES:
        assert unchanged(part, acted(part, -share, world, **part.NEUTRAL), world)


@pytest.mark.parametrize("name", ACTS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.0, 1.0))
def test_changes_stay_in_range_and_are_the_same_for_one_number_and_for_many(name, seed, share):
    part, world = parts.part("act", name), read(seed)
    changes = [torch.as_tensor(acted(part, response, world)) for response in responses_of(part, share)]
    for change in changes:
        assert bool(((part.RANGE[0] <= change) & (change <= part.RANGE[1])).all())
        assert torch.allclose(*torch.broadcast_tensors(change.float(), changes[0].float()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name", [name for name in ACTS if parts.part("act", name).CHANGES in ("gradient", "weight", "pull", "reset")]
)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_spreads_to_nobody_else(name, bad):
    part, world = parts.part("act", name), read()
    for quantity in ("gradient", "weight", "importance"):
        spoilt = dict(world) | {quantity: world[quantity].clone()}
        spoilt[quantity][1, 2] = bad
        for response in responses_of(part, 0.7):
            change = acted(part, response, spoilt)
            lost = ~change.isfinite()
            assert int(lost.sum()) <= 1, quantity
            assert not lost.any() or bool(lost[1, 2])
            if quantity == "gradient" and part.CHANGES == "gradient":
                assert bool(lost[1, 2]), "a gradient that is not finite must not be hidden"


@given(response=st.floats(0.0, 1.0), norm=st.floats(0.0, 1e6), gain=st.floats(0.0, 1.0), limit=st.floats(0.01, 10.0))
def test_clipping_never_lengthens_and_at_full_response_holds_the_limit(response, norm, gain, limit):
    assert 0.0 <= gradient_clip.act(response, norm, gain=gain, limit=limit) <= 1.0
    assert norm * gradient_clip.act(1.0, norm, gain=1.0, limit=limit) <= max(limit, 0.0) * (1.0 + 1e-6) + norm * 1e-9
    assert gradient_clip.act(response, limit, gain=gain, limit=limit) == 1.0


def test_clipping_of_what_is_not_a_number_is_defined():
    assert gradient_clip.act(1.0, math.nan, gain=1.0, limit=1.0) == 1.0
    assert gradient_clip.act(1.0, math.inf, gain=1.0, limit=1.0) == 0.0


@given(st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=2).map(sorted))
def test_numbers_grow_with_the_response(pair):
    for part in (learning_rate, weight_decay):
        low, high = (part.act(response, gain=0.5) for response in pair)
        assert low <= high
    low, high = (decay_tone.act(response, 0.01, gain=0.5) for response in pair)
    assert -0.01 < low <= high
    for part in (learning_brake, momentum):
        high, low = (part.act(abs(response), gain=0.5) for response in sorted(pair, key=abs))
        assert 0.0 <= low <= high <= 1.0
    assert learning_rate.act(1.0, gain=0.7) * learning_rate.act(-1.0, gain=0.7) == pytest.approx(1.0)


@given(norm=st.floats(1e-4, 1e6), response=st.floats(0.0, 1.0))
def test_a_budget_is_kept_from_both_sides(norm, response):
    assert norm * gradient_budget.act(1.0, norm, gain=1.0, budget=2.0) == pytest.approx(2.0)
    between = norm * gradient_budget.act(response, norm, gain=1.0, budget=2.0)
    assert min(norm, 2.0) * (1 - 1e-9) <= between <= max(norm, 2.0) * (1 + 1e-9)
    assert gradient_budget.act(response, math.nan, gain=1.0, budget=2.0) == 1.0


def test_pulls_go_where_they_say():
    world = read()
    for part, target in ((pull_to_init, "anchor"), (pull_to_average, "average")):
        assert torch.allclose(acted(part, 0.5, world, gain=0.2), 0.1 * (world["weight"] - world[target]))
    held = acted(consolidation, 1.0, read(importance=torch.ones(4, 3)), gain=0.2)
    assert torch.allclose(held, 0.2 * (world["weight"] - world["average"]))
    important = torch.zeros(4, 3).index_fill_(0, torch.tensor([2]), 1.0)
    held = acted(consolidation, 1.0, read(importance=important))
    assert bool(held[2].all()) and not held[[0, 1, 3]].any()


def test_gradients_are_stirred_masked_sorted_and_levelled():
    world, g = read(shape=(50, 40)), None
    g = world["gradient"]
    noise = acted(gradient_noise, 1.0, world, gain=2.0) - g
    assert float(noise.std() / g.abs().mean()) == pytest.approx(2.0, rel=0.1)
    assert float((acted(gradient_mask, 0.5, world, gain=0.6) == 0.0).double().mean()) == pytest.approx(0.3, abs=0.05)
    shares = [float((acted(gradient_competition, r, world, gain=2.0) != 0.0).double().mean()) for r in (0.0, 0.3, 0.6, 1.0)]
    assert shares == sorted(shares, reverse=True) and shares[0] == 1.0 and 0.0 < shares[-1] < 0.3
    assert torch.allclose(acted(gradient_sign, 1.0, world, gain=1.0).abs(), g.abs().mean().expand(50, 40))


@given(st.floats(0.0, 1.0), st.floats(0.0, 5.0))
def test_a_soft_threshold_is_a_proximal_step(response, gain):
    weight, by = torch.tensor([-2.0, -0.01, 0.0, 0.3]), 0.1 * gain * response
    expected = weight.sign() * (weight.abs() - by).clamp_min(0.0)
    assert torch.allclose(soft_threshold.act(response, weight, 0.1, gain=gain), expected, atol=1e-6)
    assert torch.allclose(soft_threshold.act(torch.full((4,), response), weight, 0.1, gain=gain), expected, atol=1e-6)


def test_scaling_reaches_its_fixed_point_and_leaves_biases():
    weight = torch.randn(20, 30, generator=torch.Generator().manual_seed(0))
    grown, zeros = 1.7 * weight, torch.zeros(2, 2)
    assert torch.allclose(synaptic_scaling.act(1.0, grown, weight, gain=1.0, target=1.0), weight)
    doubled = synaptic_scaling.act(1.0, grown, weight, gain=1.0, target=2.0)
    assert torch.allclose(doubled, 2.0 * weight)
    assert torch.allclose(synaptic_scaling.act(1.0, doubled, weight, gain=1.0, target=2.0), doubled)
    assert torch.equal(synaptic_scaling.act(1.0, grown[0], weight[0], gain=1.0, target=2.0), grown[0])
    assert torch.equal(synaptic_scaling.act(1.0, zeros, zeros + 1.0, gain=1.0, target=2.0), zeros)
    assert torch.equal(synaptic_scaling.act(1.0, zeros + 1.0, zeros, gain=1.0, target=2.0), zeros + 1.0)


def test_shrinking_shrinks_and_stirs():
    world = read()
    quiet = acted(shrink_and_perturb, 0.5, world | {"noise": torch.zeros(4, 3)}, gain=0.2)
    assert torch.allclose(quiet, 0.9 * world["weight"])
    stirred = acted(shrink_and_perturb, 0.5, world, gain=0.2, spread=2.0)
    assert torch.allclose(stirred - quiet, 0.1 * 2.0 * world["weight"].abs().mean() * world["noise"], atol=1e-6)


def test_a_reset_replaces_only_the_units_that_ask_for_it():
    world, response = read(), torch.tensor([[0.0], [0.9], [0.4], [0.5]])
    new = acted(unit_reset, response, world, limit=0.5)
    assert torch.equal(new[[0, 2]], world["weight"][[0, 2]])
    assert torch.allclose(new[[1, 3]], world["noise"][[1, 3]] * world["weight"].square().mean().sqrt())
    bias = unit_reset.act(response.flatten(), world["weight"][:, 0], world["noise"][:, 0], limit=0.5)
    assert bias[1] == bias[3] == 0.0

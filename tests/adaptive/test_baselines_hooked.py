"""Dropout and layer normalization change what hidden units give, wherever a life is lived, and nothing beside it."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle

import pytest
import torch

from adaptive import by_hand, field, population, trial
from adaptive.baselines import dropout, layer_norm, sgd
from adaptive.baselines._hooked import Mode
from adaptive.baselines._rule import MissingNetwork
from adaptive.contract.baseline_world import live, make
from adaptive.contract.world import batches, network, same, weights
from adaptive.trial import Job
from kg import plugins
from kg.errors import Refused
from tests.adaptive import baseline_twins_hooked as twins

BOTH = (dropout, layer_norm)
INPUTS = batches(1)[0][0]


def name_of(module):
    return module.__name__.rpartition(".")[2]


def job(module, task="digits", **changes):
    name = name_of(module)
    made = Job(task=task, steps=60, arm=name, plugin=f"adaptive.baselines:{name}", knobs=(("lr", 0.05),), seed=100)
    return dataclasses.replace(made, **changes)


def deep():
    """A network with two hidden layers."""
    generator = torch.Generator().manual_seed(2)
    sizes = ((6, 12), (12, 8), (8, 10))
    layers = [torch.nn.utils.skip_init(torch.nn.Linear, *size) for size in sizes]
    with torch.no_grad():
        for layer in layers:
            for p in layer.parameters():
                p.copy_(torch.randn(p.shape, generator=generator) * 0.3)
    return torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])


# What the equations say.


def test_units_are_silent_at_their_rate_and_the_others_make_up_for_it():
    shown = torch.cat([dropout.mask(Mode(seed=1, step=step), 0, torch.ones(10, 16), 0.3) for step in range(200)])
    assert shown.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert float((shown == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert float(shown.mean()) == pytest.approx(1.0, abs=0.02)


def test_masks_differ_by_seed_step_pass_and_layer_and_by_nothing_else():
    like = torch.ones(10, 16)
    places = [(1, 1, 1, 0), (2, 1, 1, 0), (1, 2, 1, 0), (1, 1, 2, 0), (1, 1, 1, 1)]
    masks = [dropout.mask(Mode(seed=a, step=b, passes=c), layer, like, 0.5) for a, b, c, layer in places]
    assert all(not torch.equal(masks[0], other) for other in masks[1:])
    torch.rand(3)
    assert torch.equal(masks[0], dropout.mask(Mode(seed=1, step=1, passes=1), 0, like, 0.5))


def test_sums_of_inputs_are_normalized_over_units_and_the_bias_is_added_after():
    model = network()
    make(layer_norm, model)
    given = model[0](INPUTS) - model[0].bias
    assert torch.allclose(given.mean(dim=1), torch.zeros(10), atol=1e-5)
    assert torch.allclose(given.std(dim=1, unbiased=False), torch.ones(10), atol=1e-3)
    with torch.no_grad():
        before = model(INPUTS)
        model[0].weight.mul_(7.0)
        assert torch.allclose(model(INPUTS), before, atol=1e-4), "the size of incoming weights does not matter"


@pytest.mark.parametrize("module", BOTH)
def test_a_life_is_that_of_the_slow_form(module):
    """Gradients through the hook, too: the slow form takes its own, by differences of its loss."""
    model = network()
    optimizer = make(module, model, seed=twins.SEED, lr=0.5, weight_decay=0.0, momentum=0.0)
    start, batch = weights(model), batches(1)[0]
    rate, eps = optimizer.param_groups[0].get("rate"), optimizer.param_groups[0].get("eps")
    stays = None if rate is None else dropout.mask(Mode(seed=twins.SEED, passes=1), 0, torch.ones(10, 16), rate).tolist()

    def loss(w):
        hidden = []
        for number, x in enumerate(batch[0].double().tolist()):
            sums = twins.products(w[0].tolist(), x)
            if stays is None:
                hidden.append(twins.centred(sums, w[1].tolist(), eps))
            else:
                sums = [a + b for a, b in zip(sums, w[1].tolist(), strict=True)]
                hidden.append(twins.silenced(sums, stays[number]))
        return twins.entropy(w, hidden, batch[1])

    assert live(model, optimizer, [batch])[0] == pytest.approx(loss([p.double() for p in start]), rel=1e-5)
    for place, index in ((0, (3, 2)), (0, (9, 5)), (1, (4,)), (2, (1, 6)), (3, (2,))):
        ends = []
        for step in (1e-5, -1e-5):
            moved = [p.double() for p in start]
            moved[place][index] += step
            ends.append(loss(moved))
        slope = (ends[0] - ends[1]) / 2e-5
        change = float(weights(model)[place][index] - start[place][index])
        assert change == pytest.approx(-0.5 * slope, rel=2e-3, abs=1e-6)


def test_with_nothing_dropped_it_is_sgd():
    ends = []
    for module, options in ((dropout, {"rate": 0.0}), (sgd, {})):
        model = network()
        live(model, make(module, model, **options), batches(60))
        ends.append(weights(model))
    assert same(*ends)


# Training and judging.


def test_units_drop_out_only_where_there_is_something_to_learn():
    plain, model = network(), network()
    optimizer = make(dropout, model, rate=0.5)
    right = plain(INPUTS)
    assert not torch.equal(model(INPUTS), right)
    with torch.no_grad():
        assert torch.equal(model(INPUTS), right)
    optimizer.eval()
    assert torch.equal(model(INPUTS), right)
    optimizer.train()
    assert not torch.equal(model(INPUTS), right)
    model.eval()
    assert torch.equal(model(INPUTS), right)


def test_layers_are_normalized_where_the_network_is_judged_too():
    model = network()
    optimizer = make(layer_norm, model)
    given = model(INPUTS)
    optimizer.eval()
    model.eval()
    with torch.no_grad():
        assert torch.equal(model(INPUTS), given) and not torch.equal(network()(INPUTS), given)


def test_each_pass_of_a_step_has_a_mask_of_its_own_and_a_second_layer_another():
    model = deep()
    make(dropout, model, rate=0.5)
    seen = {}
    for place in (1, 3):
        model[place].register_forward_hook(lambda m, i, o, place=place: seen.setdefault(place, []).append((o == 0) & (i[0] > 0)))
    model(INPUTS), model(INPUTS)
    assert not torch.equal(*seen[1]) and not torch.equal(*seen[3])
    assert all(bool(mask.any()) for masks in seen.values() for mask in masks)


def test_what_is_scored_online_is_the_whole_network_and_its_pass_is_paid_for():
    heavy = job(dropout, "label_swap_digits", knobs=(("lr", 0.05), ("rate", 0.9)))
    plain = job(sgd, "label_swap_digits")
    (dropped, _), (whole, _) = trial.run(heavy), trial.run(plain)
    assert not dropped.note
    assert dropped.budget == whole.budget / 3 * 4, "a forward pass beside the forward and the backward one"
    still = [dataclasses.replace(one, knobs=(("lr", 1e-9), *one.knobs[1:])) for one in (heavy, plain)]
    assert trial.run(still[0])[0].value == trial.run(still[1])[0].value, "a network that hardly learns answers as it always did"
    held = trial.run(job(dropout, "digits"))[0]
    assert held.budget == trial.run(job(sgd, "digits"))[0].budget, "judged on images set aside, it owes nothing"


# By hand, as a population, alone.


@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize("task", ["digits", "slow_regression"])
def test_lives_are_not_written_out_by_hand_past_the_hooks(module, task):
    episode = plugins.load("adaptive.tasks", task).make(3, steps=4)
    optimizer = module.build(episode.model.parameters(), lr=0.01)
    optimizer.attach(episode.model, episode.loss)
    calls = []
    episode.model.register_forward_hook(lambda *_: calls.append(1))
    by_hand.both_passes(episode)(next(episode.batches))
    assert calls
    other = plugins.load("adaptive.tasks", task).make(3, steps=4)
    written = module.build(other.model.parameters(), lr=0.01)
    written.attach(other.model, other.loss)
    assert not isinstance(by_hand.both_passes(other), by_hand._Written), "hooks alone are seen"
    written.detach()
    assert isinstance(by_hand.both_passes(other), by_hand._Written)


@pytest.mark.parametrize("module", BOTH)
def test_there_is_no_population_that_would_live_without_the_hooks(module):
    assert not population.able(job(module))
    with pytest.raises(Refused, match="one life at a time"):
        population.run([job(module), job(module, seed=101)])


@pytest.mark.parametrize("module", BOTH)
def test_a_race_lives_with_the_hooks(module):
    mine, plain = trial.run(job(module))[0], trial.run(job(sgd))[0]
    again = trial.run(job(module))[0]
    assert not mine.note and mine.value == again.value and mine.extra == again.extra
    assert dict(mine.extra)["weight norm"] != dict(plain.extra)["weight norm"]
    assert trial.run(job(module, seed=101))[0].value != mine.value


# The network comes and goes.


@pytest.mark.parametrize("module", BOTH)
def test_a_network_is_given_back_as_it_was(module):
    plain, model = network(), network()
    optimizer = make(module, model)
    assert not torch.equal(model(INPUTS), plain(INPUTS))
    optimizer.detach()
    assert torch.equal(model(INPUTS), plain(INPUTS))
    assert not any(m._forward_hooks for m in model.modules())
    optimizer.detach()


@pytest.mark.parametrize("module", BOTH)
def test_a_second_attachment_replaces_the_first_and_does_not_add_to_it(module):
    model = network()
    make(module, model), make(module, model)
    assert sum(len(m._forward_hooks) for m in model.modules()) == 1
    other = network()
    optimizer = make(module, other)
    optimizer.attach(model)
    assert not any(m._forward_hooks for m in other.modules())


@pytest.mark.parametrize("module", BOTH)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copied_network_is_on_its_own(module, copied):
    model = network()
    optimizer = make(module, model)
    live(model, optimizer, batches(5))
    other, twin = copied(model), copied(optimizer)
    with pytest.raises(MissingNetwork, match="attach"):
        for p in twin.param_groups[0]["params"]:
            p.grad = torch.ones_like(p)
        twin.step()
    torch.testing.assert_close(other(INPUTS), copied(model)(INPUTS), rtol=0, atol=0)
    optimizer.detach()
    assert any(m._forward_hooks for m in other.modules()) and not any(m._forward_hooks for m in model.modules())


@pytest.mark.parametrize("module", BOTH)
def test_without_a_hidden_layer_it_says_so(module):
    lone = torch.nn.Sequential(torch.nn.Linear(3, 2))
    with pytest.raises(ValueError, match="Linear, activation, Linear"):
        module.build(lone.parameters(), lr=0.1).attach(lone)
    model = network()
    optimizer = module.build(model.parameters(), lr=0.1)
    torch.nn.functional.cross_entropy(model(INPUTS), batches(1)[0][1]).backward()
    with pytest.raises(MissingNetwork, match=r"attach\(model\)"):
        optimizer.step()


def test_a_group_has_a_rate_of_its_own_and_a_change_of_it_is_heard():
    model = deep()
    groups = [{"params": list(model[0].parameters()), "rate": 0.0}, {"params": [*model[2].parameters(), *model[4].parameters()]}]
    optimizer = make(dropout, model, groups, rate=0.6)
    seen = {}
    for place in (1, 3):
        model[place].register_forward_hook(lambda m, i, o, place=place: seen.update({place: bool(((o == 0) & (i[0] > 0)).any())}))
    live(model, optimizer, batches(1))
    assert seen == {1: False, 3: True}
    optimizer.param_groups[0]["rate"], optimizer.param_groups[1]["rate"] = 0.6, 0.0
    live(model, optimizer, batches(2))
    assert seen == {1: True, 3: False}


# Who meets them.


def test_they_race_where_they_are_the_nearest_known_method_and_not_everywhere():
    stream, recurrent = (plugins.load("adaptive.tasks", name) for name in ("permuted_digits", "exploding_gradient"))
    heat = field.candidate("heat_shock_regularization")
    for name in ("proteostasis_normalizer", "synaptic_scaling"):
        for tier in ("quick", "standard"):
            chosen = field.baselines_of(stream, field.candidate(name), tier)
            assert "layer_norm" in chosen and "dropout" not in chosen
    assert not {"layer_norm", "dropout"} & set(field.baselines_of(stream, heat, "standard"))
    assert {"layer_norm", "dropout"} <= set(field.baselines_of(stream, heat, "full"))
    assert not {"layer_norm", "dropout"} & set(field.baselines_of(recurrent, heat, "full")), "it has no hidden layer of that kind"
    silent = type(heat)("silencing")
    silent.TECHNIQUE = "Dropout regularization"
    assert "dropout" in field.baselines_of(stream, silent, "quick")


def test_both_learn_the_digits():
    for module in BOTH:
        run = trial.run(job(module, steps=400))[0]
        assert math.isfinite(run.value) and run.value > 0.85

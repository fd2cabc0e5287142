"""Each prototype agrees with a twin that is slow and easy to read, written from the equations and not from the code."""

from __future__ import annotations

import json
import math
import random

import pytest
import torch

from adaptive import trial
from adaptive.compile import compile_spec
from adaptive.contract import behaviour
from adaptive.contract.world import batches, live, make, network, weights
from adaptive.knobs import Knob
from adaptive.prototypes import group_selection, homeostatic_learning_rate, manifold_capacity, texture_robustness
from kg import plugins
from tests.adaptive import part_twins, prototype_twins

NAMES = plugins.names("adaptive.prototypes")
MISSING: set[str] = set()
"""Techniques of the seed documents that no prototype carries out yet."""


def load(name):
    return plugins.load("adaptive.prototypes", name)


class Sgd:
    """Momentum as everyone writes it down, in double precision."""

    def __init__(self, record):
        self.w = [p.double() for p in record.start]
        self.v = [torch.zeros_like(p) for p in self.w]
        self.knobs = record.knobs

    def step(self, i, gradient, *, rate, decay):
        self.v[i] = self.knobs["momentum"] * self.v[i] + gradient.double() + decay * self.w[i]
        self.w[i] = self.w[i] - rate * self.v[i]


def homeostatic(record):
    """Sample by sample, as the algorithm is published: a gradient that fills up, and a look back every ``sense_every``."""
    k, sgd, model = record.knobs, Sgd(record), record.model
    rate = start = k["lr"]
    step, floor = k["act_step"] * start, k["respond_floor"]
    past_x, past_y = [], []

    def put(weights):
        with torch.no_grad():
            for p, w in zip(model.parameters(), weights, strict=True):
                p.copy_(w)

    def accuracy(weights):
        put(weights)
        with torch.no_grad():
            last = slice(-int(k["sense_memory"]), None)
            right = [int(model(x[None]).argmax()) == y for x, y in zip(past_x[last], past_y[last], strict=True)]
        return sum(right) / len(right)

    def effect(label):
        return 1 if label >= k["sense_boundary"] else -1

    for gradients, (inputs, targets) in zip(record.gradients, record.batches, strict=True):
        filled = [torch.zeros_like(w) for w in sgd.w]
        for x, y in zip(inputs, targets.tolist(), strict=True):
            put(sgd.w)
            outputs = model(x[None])
            loss = torch.nn.functional.cross_entropy(outputs, torch.tensor([y]))
            for f, g in zip(filled, torch.autograd.grad(loss, list(model.parameters())), strict=True):
                f += g.double() / len(inputs)
            i, guess = len(past_x), int(outputs.argmax())
            if i % int(k["sense_every"]) == 0 and i > k["sense_memory"]:
                leave = accuracy([w - rate * f for w, f in zip(sgd.w, filled, strict=True)])
                changed = max(rate + effect(guess) * step, floor)
                take = accuracy([w - changed * f for w, f in zip(sgd.w, filled, strict=True)])
                if take > leave:
                    rate = max(rate + effect(y) * step, floor)
            past_x.append(x)
            past_y.append(y)
        for j, gradient in enumerate(gradients):
            sgd.step(j, gradient, rate=rate, decay=k["weight_decay"])
    return sgd.w


IN_TURNS = (
    "blended_tuner", "group_selection", "mate_choice", "reinforced_self_regulation", "transgenerational_evolution",
)  # fmt: skip
WITHOUT_TWIN = {*IN_TURNS, "configuration_memory"}
"""What is tried next is drawn, or looked up: tests below say what must come of it."""
SAYS = ("TITLE", "DESCRIPTION", "MECHANISM", "TECHNIQUE", "REFERENCE", "FUNCTION", "PAIRS", "PRIOR_ART", "BECAUSE", "REFUTED_BY")


@pytest.mark.parametrize("name", sorted({*NAMES} - WITHOUT_TWIN))
def test_the_twin_agrees_over_100_steps_of_random_gradients(name):
    prototype, own = load(name), {"homeostatic_learning_rate": homeostatic} | vars(prototype_twins)
    assert prototype.SPEC or name in own, f"write a slow readable twin of {name} in prototype_twins"
    twin = part_twins.composed(prototype.SPEC) if prototype.SPEC else own[name]
    assert "mechanism active" in behaviour.twin_agrees(prototype, twin)


@pytest.mark.parametrize("name", NAMES)
def test_a_prototype_says_what_it_is(name):
    prototype = load(name)
    for constant in SAYS:
        assert getattr(prototype, constant), constant
    assert all(len(pair) == 2 and all(pair) for pair in prototype.PAIRS) and len(prototype.PAIRS) >= 2
    assert prototype.TASK in plugins.names("adaptive.tasks")
    assert prototype.SPEC or prototype.EQUATIONS
    assert "lr" in prototype.KNOBS
    assert all(isinstance(knob, Knob) for knob in prototype.KNOBS.values())
    usual = {knob: setting.default for knob, setting in prototype.KNOBS.items()}
    optimizer = prototype.build(network().parameters(), **usual)
    assert isinstance(optimizer, torch.optim.Optimizer)
    assert {knob: optimizer.param_groups[0][knob] for knob in usual} == usual
    if prototype.SPEC is not None:
        assert isinstance(optimizer, compile_spec(prototype.SPEC))


def test_a_prototype_should_help_on_a_task_that_reveals_what_it_needs():
    for name in NAMES:
        prototype = load(name)
        revealed = set(plugins.load("adaptive.tasks", prototype.TASK).REVEALS) | {"units"}
        assert {"labels" if need == "errors" else need for need in prototype.NEEDS} <= revealed, name


@pytest.mark.parametrize("name", NAMES)
def test_a_prototype_lives_on_the_task_where_it_should_help(name):
    job = trial.Job(
        task=load(name).TASK, steps=25, arm=name, plugin=f"adaptive.prototypes:{name}", knobs=(("lr", 0.01),), seed=100
    )
    life, _ = trial.run(job)
    assert life.note == ""
    assert math.isfinite(life.value)


def test_techniques_of_the_seeds_are_prototypes(shared):
    """Those that are not yet are named here, so that nobody has to count."""
    proposed = {technique["name"] for technique in json.loads(shared("gold/seeds_prototypes.json").read_text("utf-8"))}
    made = {load(name).PROPOSED_AS for name in NAMES} - {""}
    assert made <= proposed
    assert proposed - made == MISSING


@pytest.mark.parametrize("name", IN_TURNS)
def test_what_is_tried_in_turns_settles_where_it_pays(name):
    """The payoff of a turn is highest at a setting of 0.6, and noisy."""
    late = []
    for seed in range(6):
        module, chance = load(name), random.Random(seed)
        optimizer = module.build([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        memory, setting, tried = dict(optimizer.START["respond"]), 0.0, []
        for _ in range(240):
            payoff = 0.1 - 0.1 * (setting - 0.6) ** 2 + chance.gauss(0.0, 0.005)
            memory, setting = optimizer.judged(memory, setting, payoff, chance)
            setting = max(-1.0, min(1.0, setting))
            tried.append(setting)
        late.append(sum(tried[-80:]) / 80)
    assert sum(late) / len(late) == pytest.approx(0.6, abs=0.35), late


def test_a_turn_is_paid_by_the_fall_of_its_mean_loss():
    optimizer = load("reinforced_self_regulation").build([p := torch.nn.Parameter(torch.zeros(1))], lr=0.1, respond_period=4.0)
    settings = []
    for step in range(13):
        p.grad = torch.ones(1)
        optimizer.observe(loss=1.0 / (1 + step))
        optimizer.step()
        settings.append(optimizer.response)
    assert settings[:8] == [0.0] * 8 and len(set(settings[8:12])) == 1 and settings[8] != 0.0
    first, second = sum(1.0 / (1 + step) for step in range(4)), sum(1.0 / (1 + step) for step in range(4, 8))
    assert optimizer.state["network"]["respond"]["turns"] == 2
    assert (first - second) / first > 0.5


def test_a_setting_is_recalled_when_its_world_returns():
    module = load("configuration_memory")
    optimizer = module.build([p := torch.nn.Parameter(torch.zeros(2))], lr=0.01, respond_rate=0.2)
    worlds = {"a": torch.tensor([1.0, 0.0]), "b": torch.tensor([0.0, 1.0])}
    tones = {}
    for stay, world in enumerate("abab"):
        for step in range(60):
            p.grad = worlds[world].clone()
            # In world a the loss falls after the jump, in world b it rises.
            drift = -0.01 if world == "a" else 0.01
            optimizer.observe(loss=3.0 + drift * step + (2.0 if stay and step < 3 else 0.0))
            optimizer.step()
            if step == module.DELAY:
                tones[stay] = optimizer.response
    store = optimizer.state["network"]["respond"]["store"]
    assert len(store) >= 2
    assert max(abs(s[0][0]) for s in store) > 0.9 and max(abs(s[0][1]) for s in store) > 0.9


def test_capacity_is_the_sum_of_singular_values_with_its_gradient():
    matrix = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert float(manifold_capacity.nuclear_norm(matrix).detach()) == pytest.approx(
        float(torch.linalg.svdvals(matrix.detach()).sum())
    )
    (ours,) = torch.autograd.grad(manifold_capacity.nuclear_norm(matrix), [matrix])
    (theirs,) = torch.autograd.grad(torch.linalg.svdvals(matrix).sum(), [matrix])
    assert torch.allclose(ours, theirs)
    assert bool(
        torch.autograd.grad(manifold_capacity.nuclear_norm(zero := torch.zeros(2, 2, requires_grad=True)), [zero])[0]
        .isfinite()
        .all()
    )


def test_the_price_equation_adds_up():
    traits, payoffs = [0.1, 0.5, -0.2, 0.9, 0.3, 0.4], [1.0, 2.0, 0.5, 3.0, 1.0, 2.5]
    between, within = group_selection.price(traits, payoffs)
    mean = [sum(x) / 6 for x in (traits, payoffs)]
    assert between + within == pytest.approx(sum((t - mean[0]) * (w - mean[1]) for t, w in zip(traits, payoffs, strict=True)) / 6)


def test_homeostasis_sees_a_batch_of_any_size_sample_by_sample():
    """Occasions are counted in samples: batches of 25 have two or three of them."""
    inputs, targets = (torch.cat(tensors) for tensors in zip(*batches(100), strict=True))
    life = list(zip(inputs.split(25), targets.split(25), strict=True))
    model = network()
    optimizer = make(homeostatic_learning_rate, model, lr=0.5, act_step=0.5)
    seen = []
    for batch in life:
        live(model, optimizer, [batch])
        seen.append(optimizer.forward_equivalents)
    # Samples 20 and before are too early; at 30 and 40 two looks at 20 remembered samples each, after 5 and then 15 samples.
    assert seen[:2] == [0.0, 2 * 2 * 20 + 3 * 16]
    assert seen[3] - seen[2] == 2 * 2 * 20 + 3 * 16
    assert all(p.isfinite().all() for p in weights(model))


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        # Two passes forward and one back; for beliefs one forward, six rounds of both, and both again.
        ("counter_current_learning", 1 + 1 + 2),
        ("predictive_coding", 1 + 6 * 3 + 1 + 2),
    ],
)
def test_every_pass_of_a_second_look_is_counted(name, passes):
    model = network()
    optimizer = make(load(name), model)
    live(model, optimizer, batches(10))
    assert optimizer.forward_equivalents == 10 * 10 * passes


def test_a_shuffle_is_as_likely_to_go_far_as_near():
    u = texture_robustness.uniform(torch.randn(100_000, generator=torch.Generator().manual_seed(0)))
    for bound in (0.1, 0.5, 0.9):
        assert float((u.abs() < bound).float().mean()) == pytest.approx(bound, abs=0.01)


def test_homeostasis_counts_what_it_foresees():
    model = network()
    optimizer = make(homeostatic_learning_rate, model)
    live(model, optimizer, batches(10))
    # From the fourth batch on: one sample forward and backward, twice 20 remembered samples forward.
    assert optimizer.forward_equivalents == 7 * (3 + 40)
    off = make(homeostatic_learning_rate, network(), mechanism="off")
    assert off.forward_equivalents == 0.0


def test_homeostasis_needs_classes():
    model = network()
    optimizer = make(homeostatic_learning_rate, model)
    model(torch.zeros(2, 6)).sum().backward()
    optimizer.observe(inputs=torch.zeros(2, 6), targets=torch.zeros(2))
    with pytest.raises(ValueError, match="class numbers"):
        optimizer.step()


def test_the_rate_never_sinks_below_its_floor():
    optimizer = homeostatic_learning_rate.build(network().parameters(), lr=0.1, act_step=1.0)
    group = optimizer.param_groups[0]
    assert optimizer._moved(0.5, 0, group) == pytest.approx(1e-7)
    assert 0.1 * optimizer._moved(0.5, 0, group) == pytest.approx(1e-8)
    assert optimizer._moved(0.5, 9, group) == 1.5

"""Each prototype agrees with a twin that is slow and easy to read, written from the equations and not from the code."""

from __future__ import annotations

import math

import pytest
import torch

from adaptive.compile import compile_spec
from adaptive.contract import behaviour
from adaptive.contract.world import batches, live, make, network, weights
from adaptive.knobs import Knob
from adaptive.prototypes import homeostatic_learning_rate
from kg import plugins

NAMES = plugins.names("adaptive.prototypes")


def load(name):
    return plugins.load("adaptive.prototypes", name)


class Baseline:
    """Running mean and variance of a loss; ``z`` is the deviation in spreads, from the eleventh observation on."""

    def __init__(self, memory):
        self.memory, self.count, self.mean, self.variance = memory, 0, 0.0, 0.0

    def z(self, x):
        spread = math.sqrt(self.variance) + 0.001 * abs(self.mean) + 1e-12
        gap = x - self.mean
        if self.count >= 10:
            gap = max(-10 * spread, min(10 * spread, gap))
        share = max(1 - self.memory, 1 / (self.count + 1))
        z = gap / spread if self.count >= 10 else 0.0
        self.variance = (1 - share) * (self.variance + share * gap**2)
        self.mean += share * gap
        self.count += 1
        return z


class Sgd:
    """Momentum as everyone writes it down, in double precision."""

    def __init__(self, record):
        self.w = [p.double() for p in record.start]
        self.v = [torch.zeros_like(p) for p in self.w]
        self.knobs = record.knobs

    def step(self, i, gradient, *, rate, decay):
        self.v[i] = self.knobs["momentum"] * self.v[i] + gradient.double() + decay * self.w[i]
        self.w[i] = self.w[i] - rate * self.v[i]


def heat_shock(record):
    k, sgd = record.knobs, Sgd(record)
    baseline, affinity, most = Baseline(k["sense_memory"]), k["respond_affinity"], k["respond_capacity"]
    rest = (math.sqrt(affinity**2 + 4 * affinity * most) - affinity) / 2
    chaperone = rest
    for gradients, loss in zip(record.gradients, record.losses, strict=True):
        misfolded = max(0.0, baseline.z(loss) - k["sense_threshold"])
        free = max(0.0, chaperone - misfolded)
        synthesis = k["respond_decay"] * most * affinity / (affinity + free)
        chaperone = chaperone - k["respond_decay"] * chaperone + synthesis
        decay = k["weight_decay"] + k["act_gain"] * (chaperone - rest) / (most - rest)
        for i, gradient in enumerate(gradients):
            sgd.step(i, gradient, rate=k["lr"], decay=decay)
    return sgd.w


def feedback(record):
    k, sgd, fast = record.knobs, Sgd(record), 0.0
    baseline = Baseline(k["sense_memory"])
    for gradients, loss in zip(record.gradients, record.losses, strict=True):
        fast = k["sense_recent"] * fast + (1 - k["sense_recent"]) * baseline.z(loss)
        news = math.tanh(-fast)
        dose = abs(news) ** k["respond_steepness"]
        response = math.copysign(dose / (k["respond_half"] ** k["respond_steepness"] + dose), news)
        for i, gradient in enumerate(gradients):
            sgd.step(i, gradient, rate=k["lr"] * math.exp(k["act_gain"] * response), decay=k["weight_decay"])
    return sgd.w


def memory(record):
    k, sgd = record.knobs, Sgd(record)
    trails, marks = [None] * len(sgd.w), [0.0] * len(sgd.w)
    for gradients in record.gradients:
        for i, gradient in enumerate(g.double() for g in gradients):
            agreement = 0.0
            if trails[i] is not None:
                agreement = float((gradient * trails[i]).sum() / (gradient.norm() * trails[i].norm()))
            before = trails[i] if trails[i] is not None else torch.zeros_like(gradient)
            trails[i] = k["sense_memory"] * before + (1 - k["sense_memory"]) * gradient
            m = marks[i]
            if abs(agreement) >= k["respond_threshold"]:
                marks[i] = m + k["respond_write"] * (math.copysign(1, agreement) - m)
            else:
                marks[i] = m + k["respond_erase"] * m * (abs(m) - k["respond_tip"]) * (1 - abs(m))
            sgd.step(i, gradient, rate=k["lr"] * math.exp(k["act_gain"] * marks[i]), decay=k["weight_decay"])
    return sgd.w


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


TWINS = {
    "heat_shock_regularization": heat_shock,
    "feedback_hyperparameters": feedback,
    "epigenetic_memory": memory,
    "homeostatic_learning_rate": homeostatic,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_twin_agrees_over_100_steps_of_random_gradients(name):
    assert name in TWINS, f"write a slow readable twin of {name} here"
    assert "mechanism active" in behaviour.twin_agrees(load(name), TWINS[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_prototype_says_what_it_is(name):
    prototype = load(name)
    for constant in ("TITLE", "DESCRIPTION", "MECHANISM", "TECHNIQUE", "REFERENCE"):
        assert getattr(prototype, constant)
    assert "lr" in prototype.KNOBS
    assert all(isinstance(knob, Knob) for knob in prototype.KNOBS.values())
    usual = {knob: setting.default for knob, setting in prototype.KNOBS.items()}
    optimizer = prototype.build(network().parameters(), **usual)
    assert isinstance(optimizer, torch.optim.Optimizer)
    assert {knob: optimizer.param_groups[0][knob] for knob in usual} == usual
    if prototype.SPEC is not None:
        assert isinstance(optimizer, compile_spec(prototype.SPEC))


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

"""Baselines that are told more than gradients, and the one that finds its own rate, do what their papers say they do."""

from __future__ import annotations

import dataclasses
import io
import math

import pytest
import torch

from adaptive import population, trial
from adaptive.baselines import _observing, d_adaptation, mas, pbt, stress_aware
from adaptive.contract.baseline_world import live, make
from adaptive.contract.world import batches, network, weights
from adaptive.tasks import squared_error
from adaptive.trial import Job
from kg import plugins

TOLD = {"loss": 1.0, "inputs": batches(1)[0][0], "targets": batches(1)[0][1]}


def loss_of(model, batch):
    return float(torch.nn.functional.cross_entropy(model(batch[0]), batch[1]).detach())


def members_of(optimizer, number):
    return [optimizer.state[p]["members"][number] for group in optimizer.param_groups for p in group["params"]]


def test_the_model_is_always_the_best_member_of_the_population():
    model = network()
    optimizer = make(pbt, model, **pbt.LIVELY)
    shown = []
    for batch in batches(120):
        live(model, optimizer, [batch])
        running = optimizer.state["network"]["running"]
        assert running[optimizer.shown] <= min(running) * (1 + 3e-6)
        assert all(torch.equal(p, q) for p, q in zip(weights(model), members_of(optimizer, optimizer.shown), strict=True))
        shown.append(optimizer.shown)
    assert len(set(shown)) > 1


def test_the_worst_takes_over_from_the_best_and_varies_its_settings():
    model, life = network(), batches(120)
    optimizer = make(pbt, model, **(pbt.LIVELY | {"every": 40.0}))
    live(model, optimizer, life[:39])
    whole = optimizer.state["network"]
    before, rates = list(whole["running"]), list(whole["rates"])
    live(model, optimizer, life[39:40])
    best, worst = before.index(min(before)), before.index(max(before))
    assert all(torch.equal(p, q) for p, q in zip(members_of(optimizer, best), members_of(optimizer, worst), strict=True))
    assert whole["rates"][worst] / rates[best] in (pytest.approx(1.2), pytest.approx(0.8))
    assert [r for n, r in enumerate(whole["rates"]) if n != worst] == [r for n, r in enumerate(rates) if n != worst]
    live(model, optimizer, life[40:41])
    pairs = zip(members_of(optimizer, best), members_of(optimizer, worst), strict=True)
    assert not all(torch.equal(p, q) for p, q in pairs), "the copy goes its own way"


def test_members_differ_by_seed_and_not_by_run():
    def end(seed):
        model = network()
        live(model, make(pbt, model, seed=seed), batches(60))
        return weights(model)

    assert all(torch.equal(a, b) for a, b in zip(end(1), end(1), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(end(1), end(2), strict=True))


def test_a_budget_pays_for_every_member():
    job = Job(task="digits", steps=80, arm="pbt", plugin="adaptive.baselines:pbt", knobs=(("lr", 0.05),), seed=100)
    plain = dataclasses.replace(job, arm="sgd", plugin="adaptive.baselines:sgd")
    (many, _), (one, _) = trial.run(job), trial.run(plain)
    assert not many.note and not one.note
    assert many.budget <= one.budget
    assert many.budget == one.budget, "20 steps of four members are 80 steps of one"
    stream = dataclasses.replace(job, task="label_swap_digits", steps=30)
    assert trial.run(stream)[0].budget == 4 * trial.run(dataclasses.replace(stream, plugin=plain.plugin))[0].budget


def test_what_the_population_spent_is_saved_with_it():
    model = network()
    optimizer = make(pbt, model)
    live(model, optimizer, batches(12))
    assert optimizer.forward_equivalents == 12 * 10 * 3 * 3
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    fresh = make(pbt, network())
    fresh.load_state_dict(torch.load(file, weights_only=True))
    assert fresh.forward_equivalents == optimizer.forward_equivalents and fresh.shown == optimizer.shown


def test_a_population_of_regressions_is_judged_by_the_loss_of_its_task():
    job = Job(task="slow_regression", steps=120, arm="pbt", plugin="adaptive.baselines:pbt", knobs=(("lr", 0.01),), seed=100)
    record, _ = trial.run(job)
    assert not record.note and math.isfinite(record.value)
    assert not population.able(job), "its members take passes of their own"


@pytest.mark.parametrize("module", [pbt, stress_aware])
def test_a_step_without_what_it_needs_says_what_to_do(module):
    model = network()
    optimizer = make(module, model)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    with pytest.raises(_observing.MissingSignal, match=r"observe\(loss=\.\.\."):
        optimizer.step()
    with pytest.raises(TypeError, match="observes loss"):
        optimizer.observe(warp=1.0)
    optimizer.observe(**{name: TOLD[name] for name in optimizer.OBSERVES if name in TOLD})
    optimizer.step()
    with pytest.raises(_observing.MissingSignal):
        optimizer.step()


def test_a_population_without_its_network_says_so():
    model = network()
    optimizer = pbt.build(model.parameters(), lr=0.1)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    optimizer.observe(**TOLD)
    with pytest.raises(RuntimeError, match="attach"):
        optimizer.step()


def stressed(losses, **options):
    """Stress after each of ``losses``, and how far a weight without a gradient was moved by it."""
    p = torch.nn.Parameter(torch.zeros(400))
    optimizer = stress_aware.build([p], lr=1.0, noise=1.0, seed=0, **options)
    path, moved = [], []
    for loss in losses:
        before = p.detach().clone()
        p.grad = torch.zeros_like(p)
        optimizer.observe(loss=loss)
        optimizer.step()
        path.append(float(optimizer.state["network"]["stress"]))
        moved.append(float((p.detach() - before).std()))
    return path, moved


def test_weights_are_deformed_where_the_loss_stagnates_and_only_past_the_yield_point():
    path, moved = stressed([1.0] * 60, patience=20.0)
    assert path == pytest.approx([min((n + 1) / 20, 2.0) for n in range(60)])
    assert all(m == 0.0 for m, s in zip(moved, path, strict=True) if s <= 1.0)
    assert moved[-1] == pytest.approx(1.0, abs=0.1), "at the ceiling the noise has its full size"
    assert moved[25] < moved[35] < moved[-1]


def test_a_loss_that_moves_builds_up_no_stress_and_relaxes_what_there_was():
    path, moved = stressed([math.exp(-0.02 * n) for n in range(200)], patience=20.0)
    assert max(path[20:]) < 1.0 and not any(moved[20:])
    path, _ = stressed([1.0] * 60 + [5.0] * 30, patience=20.0)
    assert path[59] == 2.0 and path[-1] < 0.2


def test_stress_asks_for_accuracy_to_stagnate_too():
    p = torch.nn.Parameter(torch.zeros(3))
    optimizer = stress_aware.build([p], lr=1.0, patience=20.0)
    for step in range(60):
        p.grad = torch.zeros_like(p)
        optimizer.observe(loss=1.0, errors=max(0.0, 1.0 - 0.015 * step))
        optimizer.step()
    assert float(optimizer.state["network"]["stress"]) < 0.1, "the loss stands still, and accuracy rises"


def test_tasks_that_a_population_can_live_tell_it_what_they_tell_one_life():
    """A population hands its rule the score of each step: so accuracy has to be revealed, or be the loss itself."""
    for name in plugins.names("adaptive.tasks"):
        task = plugins.load("adaptive.tasks", name)
        if hasattr(task, "missing") and task.missing():
            continue
        episode = task.make(100, steps=1)
        job = Job(task=name, steps=1, arm="sgd", plugin="adaptive.baselines:sgd", knobs=(("lr", 0.1),), seed=100)
        if population.able(job):
            assert "labels" in task.REVEALS or episode.score is squared_error, name


def test_d_adaptation_finds_the_distance_to_the_solution():
    """On a bowl without noise the estimate stays below the true distance, and comes within reach of it, from a millionth."""
    p = torch.nn.Parameter(torch.full((30,), 2.0))
    optimizer = d_adaptation.build([p], lr=1.0)
    distance, estimates = 2.0 * math.sqrt(30), []
    for _ in range(300):
        optimizer.zero_grad()
        # The length itself, not its square: the estimate's promise is for slopes of bounded size.
        p.norm().backward()
        optimizer.step()
        estimates.append(float(optimizer.state["network"]["distance"]))
    assert estimates == sorted(estimates) and estimates[0] < 1e-5
    assert 0.2 * distance < estimates[-1] <= 2.0 * distance, "the published code doubles the bound"


def test_d_adaptation_waits_for_its_first_gradient():
    p = torch.nn.Parameter(torch.ones(3))
    optimizer = d_adaptation.build([p], lr=1.0, d0=0.1)
    for gradient in (0.0, 3.0):
        p.grad = torch.full((3,), gradient)
        optimizer.step()
    assert optimizer.state["network"]["first"].item() == pytest.approx(3.0 * math.sqrt(3))
    assert (1.0 - p.detach()).norm().item() == pytest.approx(0.1, rel=1e-5)


def test_memory_aware_synapses_hold_what_had_large_gradients():
    p = torch.nn.Parameter(torch.zeros(2))
    optimizer = mas.build([p], lr=0.1, strength=10.0, memory=0.9)
    for step in range(200):
        # Both are driven equally in the end; the first was of importance before.
        p.grad = torch.tensor([1.0 if step % 2 else -1.0, 0.01 if step % 2 else -0.01]) if step < 180 else torch.full((2,), 0.2)
        optimizer.step()
    assert abs(p[0].item()) < 0.8 * abs(p[1].item())

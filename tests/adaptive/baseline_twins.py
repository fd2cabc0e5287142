"""Slow readable forms of our baselines, written from the papers' equations one number at a time where that is bearable.

Each takes a :class:`adaptive.contract.world.Record` and returns the final weights. They share no code with the fast forms but the
generator whose numbers both must meet.
"""

from __future__ import annotations

import math

import torch

from adaptive.baselines._rule import Draw
from adaptive.contract.world import Record
from tests.adaptive.baseline_twins_hooked import dropout as dropout
from tests.adaptive.baseline_twins_hooked import layer_norm as layer_norm

SEED = 7


def double(record: Record) -> tuple[list[torch.Tensor], list[list[torch.Tensor]], dict]:
    return [p.double() for p in record.start], [[g.double() for g in gs] for gs in record.gradients], record.knobs


def l2_init(record):
    start, gradients, k = double(record)
    w, velocity = [p.clone() for p in start], None
    for gs in gradients:
        total = [g + k["strength"] * (p - p0) for g, p, p0 in zip(gs, w, start, strict=True)]
        velocity = total if velocity is None else [k["momentum"] * v + t for v, t in zip(velocity, total, strict=True)]
        w = [p - k["lr"] * v for p, v in zip(w, velocity, strict=True)]
    return [p.float() for p in w]


def carried(velocity, gs, k):
    """Momentum as a sum over all gradients so far; ``velocity`` keeps them, the latest last."""
    velocity.append([g.clone() for g in gs])
    ages = range(len(velocity) - 1, -1, -1)
    return [sum(k["momentum"] ** age * old[i] for age, old in zip(ages, velocity, strict=True)) for i in range(len(gs))]


def shrink_perturb(record):
    w, gradients, k = double(record)
    draw, past = Draw((SEED,)), []
    for step, gs in enumerate(gradients, 1):
        draw.at(step)
        noise = [draw.normal(p[None].float())[0].double() for p in w]
        steps = carried(past, gs, k)
        w = [(1 - k["lr"] * k["shrink"]) * p - k["lr"] * (v + k["noise"] * x) for p, v, x in zip(w, steps, noise, strict=True)]
    return [p.float() for p in w]


def upgd(record):
    w, gradients, k = double(record)
    u, draw, past = [torch.zeros_like(p) for p in w], Draw((SEED,)), []
    for step, gs in enumerate(gradients, 1):
        draw.at(step)
        noise = [draw.normal(p[None].float())[0].double() for p in w]
        u = [k["memory"] * a - (1 - k["memory"]) * g * p for a, g, p in zip(u, gs, w, strict=True)]
        corrected = [a / (1 - k["memory"] ** step) for a in u]
        largest = max(float(a.max()) for a in corrected)
        assert largest > 0
        steps = carried(past, gs, k)
        for i, p in enumerate(w):
            protected = torch.sigmoid(corrected[i] / largest)
            w[i] = (1 - k["lr"] * k["weight_decay"]) * p - k["lr"] * (steps[i] + k["noise"] * noise[i]) * (1 - protected)
    return [p.float() for p in w]


def ewc(record):
    w, gradients, k = double(record)
    b, past, totals = k["memory"], [], []
    for step, gs in enumerate(gradients, 1):
        past.append((gs, [p.clone() for p in w]))
        known = 1 - b**step
        weight = [(1 - b) * b ** (step - 1 - i) / known for i in range(step)]
        total = []
        for i, p in enumerate(w):
            fisher = sum(c * old[0][i] ** 2 for c, old in zip(weight, past, strict=True))
            center = sum(c * old[1][i] for c, old in zip(weight, past, strict=True))
            total.append(gs[i] + k["strength"] * fisher * (p - center))
        w = [p - k["lr"] * v for p, v in zip(w, carried(totals, total, k), strict=True)]
    return [p.float() for p in w]


def synaptic_intelligence(record):
    w, gradients, k = double(record)
    b, places, gains, falls, totals = k["memory"], [], [], [[torch.zeros_like(p) for p in w]], []
    for step, gs in enumerate(gradients, 1):
        # The fall of the loss that each step brought about, by the gradient that it was taken with.
        if places:
            falls.append([-g * (p - old) for g, p, old in zip(gradients[step - 2], w, places[-1], strict=True)])
        places.append([p.clone() for p in w])
        mean = [(1 - b) * b ** (step - 1 - i) / (1 - b**step) for i in range(step)]
        ages = range(len(falls) - 1, -1, -1)
        ways = [p - sum(c * place[i] for c, place in zip(mean, places, strict=True)) for i, p in enumerate(w)]
        won = [sum(b**age * fall[i] for age, fall in zip(ages, falls, strict=True)) for i in range(len(w))]
        gains.append([o.clamp(min=0) / (way**2 + k["damping"]) for o, way in zip(won, ways, strict=True)])
        importance = [sum(c * gain[i] for c, gain in zip(mean, gains, strict=True)) for i in range(len(w))]
        total = [g + k["strength"] * f * way for g, f, way in zip(gs, importance, ways, strict=True)]
        w = [p - k["lr"] * v for p, v in zip(w, carried(totals, total, k), strict=True)]
    return [p.float() for p in w]


def inner(these, those):
    return sum(float((a * b).sum()) for a, b in zip(these, those, strict=True))


def sgd_hypergradient(record):
    w, gradients, k = double(record)
    rate, last = k["lr"], None
    for gs in gradients:
        if last is not None:
            rate = min(max(rate + k["pace"] * inner(gs, last), 1e-4 * k["lr"]), 1e4 * k["lr"])
        w, last = [p - rate * g for p, g in zip(w, gs, strict=True)], gs
    return [p.float() for p in w]


def adam_hypergradient(record):
    w, gradients, k = double(record)
    rate, direction = k["lr"], None
    m, v = [torch.zeros_like(p) for p in w], [torch.zeros_like(p) for p in w]
    for t, gs in enumerate(gradients, 1):
        if direction is not None:
            rate = min(max(rate + k["pace"] * inner(gs, direction), 1e-4 * k["lr"]), 1e4 * k["lr"])
        m = [k["beta1"] * a + (1 - k["beta1"]) * g for a, g in zip(m, gs, strict=True)]
        v = [k["beta2"] * a + (1 - k["beta2"]) * g**2 for a, g in zip(v, gs, strict=True)]
        direction = [
            (a / (1 - k["beta1"] ** t)) / ((b / (1 - k["beta2"] ** t)).sqrt() + k["eps"]) for a, b in zip(m, v, strict=True)
        ]
        w = [p - rate * d for p, d in zip(w, direction, strict=True)]
    return [p.float() for p in w]


def multiplicative_hypergradient(record):
    w, gradients, k = double(record)
    rate, direction = k["lr"], None
    for gs in gradients:
        if direction is not None:
            cosine = inner(gs, direction) / math.sqrt(inner(gs, gs) * inner(direction, direction))
            rate *= 1 + k["pace"] * cosine
            direction = [k["momentum"] * d + g for d, g in zip(direction, gs, strict=True)]
        else:
            direction = gs
        w = [p - rate * d for p, d in zip(w, direction, strict=True)]
    return [p.float() for p in w]


def idbd(record):
    w, gradients, k = double(record)
    log, trace = [torch.full_like(p, math.log(k["lr"])) for p in w], [torch.zeros_like(p) for p in w]
    carried_trace, past = [torch.zeros_like(p) for p in w], []
    for gs in gradients:
        for i, (g, v) in enumerate(zip(gs, carried(past, gs, k), strict=True)):
            log[i] = log[i] - (k["meta"] * g * trace[i]).clamp(-2, 2)
            rate, old = log[i].exp(), k["momentum"] * carried_trace[i]
            w[i] = w[i] - rate * v
            carried_trace[i] = old + torch.minimum(g**2, 1 / rate) * trace[i]
            trace[i] = trace[i] * (1 - rate * g**2).clamp(min=0) - rate * (v + old)
    return [p.float() for p in w]


def hidden(w, inputs):
    """What the hidden units of the contract's network give: (batch, units)."""
    return torch.relu(inputs.double() @ w[0].T + w[1])


def descended(w, gs, velocity, k):
    velocity = gs if velocity is None else [k["momentum"] * v + g for v, g in zip(velocity, gs, strict=True)]
    velocity = [v.clone() for v in velocity]
    return [p - k["lr"] * v for p, v in zip(w, velocity, strict=True)], velocity


def replaced(w, velocity, unit, draw):
    """Unit ``unit`` anew, with weights of variance 2 / fan-in from the generator that both forms share."""
    fan_in = w[0].shape[1]
    w[0][unit] = draw.uniform(0, (fan_in,), math.sqrt(6 / fan_in)).double()
    w[1][unit], w[2][:, unit] = 0.0, 0.0
    velocity[0][unit], velocity[1][unit], velocity[2][:, unit] = 0.0, 0.0, 0.0


def continual_backprop(record):
    w, gradients, k = double(record)
    units, b, velocity, draw = len(w[1]), k["memory"], None, Draw((SEED,))
    age, mean, utility, due = [0] * units, [0.0] * units, [0.0] * units, 0.0
    for step, (gs, (inputs, _)) in enumerate(zip(gradients, record.batches, strict=True), 1):
        draw.at(step)
        h = hidden(w, inputs)
        w, velocity = descended(w, gs, velocity, k)
        usual = []
        for i in range(units):
            age[i] += 1
            mean[i] = b * mean[i] + (1 - b) * float(h[:, i].mean())
            usual.append(mean[i] / (1 - b ** age[i]))
            used = float((h[:, i] - usual[i]).abs().mean()) * float(w[2][:, i].abs().sum()) / float(w[0][i].abs().sum())
            utility[i] = b * utility[i] + (1 - b) * used
        mature = [i for i in range(units) if age[i] > k["maturity"]]
        due += k["replacement_rate"] * len(mature)
        while due >= 1 and mature:
            worst = min(mature, key=lambda i: utility[i] / (1 - b ** age[i]))
            mature.remove(worst)
            w[3] += w[2][:, worst] * usual[worst]
            replaced(w, velocity, worst, draw)
            age[worst], mean[worst], utility[worst], due = 0, 0.0, 0.0, due - 1
    return [p.float() for p in w]


def redo(record):
    w, gradients, k = double(record)
    velocity, draw = None, Draw((SEED,))
    for step, (gs, (inputs, _)) in enumerate(zip(gradients, record.batches, strict=True), 1):
        draw.at(step)
        h = hidden(w, inputs).abs().mean(dim=0)
        w, velocity = descended(w, gs, velocity, k)
        if step % int(k["every"]) == 0:
            for i in range(len(h)):
                if float(h[i] / h.mean()) <= k["threshold"]:
                    replaced(w, velocity, i, draw)
    return [p.float() for p in w]


def snr(record):
    w, gradients, k = double(record)
    units, velocity, draw = len(w[1]), None, Draw((SEED,))
    silent, gap = [0] * units, [1.0] * units
    for step, (gs, (inputs, _)) in enumerate(zip(gradients, record.batches, strict=True), 1):
        draw.at(step)
        h = hidden(w, inputs)
        w, velocity = descended(w, gs, velocity, k)
        for i in range(units):
            silent[i] += 1
            if bool((h[:, i] > 0).any()):
                gap[i] = k["memory"] * gap[i] + (1 - k["memory"]) * silent[i]
                silent[i] = 0
            chance = (1 - 1 / max(gap[i], 1 + 1e-6)) ** silent[i]
            if chance <= k["rejection"] and silent[i] >= k["patience"]:
                replaced(w, velocity, i, draw)
                silent[i], gap[i] = 0, 1.0
    return [p.float() for p in w]


def mas(record):
    w, gradients, k = double(record)
    b, past, totals = k["memory"], [], []
    for step, gs in enumerate(gradients, 1):
        past.append((gs, [p.clone() for p in w]))
        weight = [(1 - b) * b ** (step - 1 - i) / (1 - b**step) for i in range(step)]
        total = []
        for i, p in enumerate(w):
            importance = sum(c * old[0][i].abs() for c, old in zip(weight, past, strict=True))
            center = sum(c * old[1][i] for c, old in zip(weight, past, strict=True))
            total.append(gs[i] + k["strength"] * importance * (p - center))
        w = [p - k["lr"] * v for p, v in zip(w, carried(totals, total, k), strict=True)]
    return [p.float() for p in w]


def d_adaptation(record):
    start, gradients, k = double(record)
    w, distance, gained = [p.clone() for p in start], k["d0"], 0.0
    s, first = [torch.zeros_like(p) for p in w], math.sqrt(inner(gradients[0], gradients[0]))
    for gs in gradients:
        rate = distance * k["lr"] / first
        gained += rate * inner(gs, s)
        s = [a + rate * g for a, g in zip(s, gs, strict=True)]
        distance = max(distance, 2 * gained / math.sqrt(inner(s, s)))
        w = [k["momentum"] * p + (1 - k["momentum"]) * (p0 - a) for p, p0, a in zip(w, start, s, strict=True)]
    return [p.float() for p in w]


def stress_aware(record):
    w, gradients, k = double(record)
    draw, stress, means, deformed, past = Draw((SEED,)), 0.0, {}, 0, []
    for step, (gs, loss, errors) in enumerate(zip(gradients, record.losses, record.errors, strict=True), 1):
        draw.at(step)
        stagnant = True
        for name, now in (("loss", loss), ("score", 1 - errors)):
            fast, slow = means.get(name, (now, now))
            means[name] = fast, slow = 0.95 * fast + 0.05 * now, 0.995 * slow + 0.005 * now
            stagnant = stagnant and abs(fast - slow) <= k["tolerance"] * abs(slow)
        stress = min(stress + 1 / k["patience"], 2.0) if stagnant else 0.9 * stress
        w = [p - k["lr"] * v for p, v in zip(w, carried(past, gs, k), strict=True)]
        if stress > 1:
            deformed += 1
            noise = [draw.normal(p[None].float())[0].double() for p in w]
            w = [p - k["lr"] * k["noise"] * (stress - 1) * x for p, x in zip(w, noise, strict=True)]
    assert 0 < deformed < len(gradients)
    return [p.float() for p in w]


def pbt(record):
    start, gradients, k = double(record)
    draw, members = Draw((SEED,)), 4
    drawn = draw.at(0).uniform(0, (2, members), 1.0).double()
    rates, decays = ([1.0] + [4.0 ** float(u) for u in row[1:]] for row in drawn)
    w, velocity = [[p.clone() for p in start] for _ in range(members)], [None] * members
    running, shown, names, copied, switched = [0.0] * members, 0, [n for n, _ in record.model.named_parameters()], 0, 0
    model = record.model.double()

    def clearly_less(a, b):
        return a < b - 1e-6 * (1 + abs(b))

    for step, (gs, loss, (inputs, targets)) in enumerate(zip(gradients, record.losses, record.batches, strict=True), 1):
        for m in range(members):
            now, found = loss, gs
            if m != shown:
                leaves = [p.clone().requires_grad_(True) for p in w[m]]
                outputs = torch.func.functional_call(model, dict(zip(names, leaves, strict=True)), (inputs.double(),))
                value = torch.nn.functional.cross_entropy(outputs, targets)
                now, found = float(value.detach()), torch.autograd.grad(value, leaves)
            running[m] = 0.95 * running[m] + 0.05 * now
            found = [g + k["weight_decay"] * decays[m] * p for g, p in zip(found, w[m], strict=True)]
            w[m], velocity[m] = descended(w[m], found, velocity[m], {"momentum": k["momentum"], "lr": k["lr"] * rates[m]})
        if step % int(k["every"]) == 0:
            best, worst = running.index(min(running)), running.index(max(running))
            if clearly_less(running[best], running[worst]):
                copied += 1
                w[worst], velocity[worst] = [p.clone() for p in w[best]], [v.clone() for v in velocity[best]]
                running[worst] = running[best]
                up = draw.at(step).uniform(0, (2,), 1.0)
                rates[worst] = rates[best] * (1.2 if up[0] > 0 else 0.8)
                decays[worst] = decays[best] * (1.2 if up[1] > 0 else 0.8)
        best = running.index(min(running))
        if clearly_less(running[best], running[shown]):
            shown, switched = best, switched + 1
    assert copied and switched
    return [p.float() for p in w[shown]]

"""Slow, readable twins of prototypes with code of their own, in double precision, for the small network of the contract."""

from __future__ import annotations

import math
from types import SimpleNamespace

import torch

from tests.adaptive import part_twins_respond, part_twins_sense

SEED, DRAW = 6364136223846793005, 1442695040888963407


def outputs(ws, x):
    """Hidden layer and outputs of the two-layer network with weights ``ws``."""
    hidden = (x.double() @ ws[0].T + ws[1]).relu()
    return hidden, hidden @ ws[2].T + ws[3]


def slopes(objective, ws, x, y, *more):
    """Gradient of ``objective(ws, x, y, *more)`` for each of ``ws``."""
    its = [w.clone().requires_grad_(True) for w in ws]
    found = torch.autograd.grad(objective(its, x, y, *more), its, allow_unused=True)
    return [torch.zeros_like(w) if g is None else g for w, g in zip(ws, found, strict=True)]


def length(tensors):
    return math.sqrt(sum(float(t.square().sum()) for t in tensors))


def noise(seed, count, shape):
    generator = torch.Generator().manual_seed((seed * SEED + count * DRAW) % (1 << 62))
    return torch.randn(shape, generator=generator).double()


def descended(record, changed):
    """SGD with momentum in which ``changed(it, step, i)`` says the gradient and the learning rate of tensor ``i``."""
    k = record.knobs
    it = SimpleNamespace(w=[p.double() for p in record.start], drawn=0, seed=record.seed, k=k)
    momentum = [torch.zeros_like(w) for w in it.w]
    for step, gradients in enumerate(record.gradients):
        it.g, it.loss = [g.double() for g in gradients], record.losses[step]
        it.x, it.y = record.batches[step]
        moves, new = changed(it, step), []
        for i, (g, rate) in enumerate(moves):
            momentum[i] = k["momentum"] * momentum[i] + g + k["weight_decay"] * it.w[i]
            new.append(it.w[i] - rate * momentum[i])
        it.w = new
    return it.w


def added(record, direction, *, instead=False):
    """What is mixed into the gradient, as long as the gradient, or takes its place."""

    def changed(it, step):
        d = direction(it)
        # A direction of no length, as of a shuffle that moves nothing, adds nothing.
        scale = length(it.g) / length(d) if length(d) else 0.0
        share = it.k["act_gain"]
        mixed = [g + share * (scale * v - (g if instead else 0.0)) for g, v in zip(it.g, d, strict=True)]
        return [(m, it.k["lr"]) for m in mixed]

    return descended(record, changed)


def manifold_capacity(record):
    def capacity(ws, x, y, views):
        centroids = torch.stack([torch.nn.functional.normalize(outputs(ws, v)[0], dim=1) for v in views]).mean(dim=0)
        return -torch.linalg.svdvals(centroids).sum() / len(x)

    def direction(it):
        spread = it.k["sense_spread"] * float(it.x.double().std(correction=0))
        views = [it.x + spread * noise(it.seed, it.drawn + v, it.x.shape) for v in range(2)]
        it.drawn += 2
        return slopes(capacity, it.w, it.x, it.y, views)

    return added(record, direction)


def feature_decorrelation(record):
    def flatness(ws, x, y):
        return -torch.linalg.svdvals(torch.nn.functional.normalize(outputs(ws, x)[0], dim=1)).sum() / len(x)

    return added(record, lambda it: slopes(flatness, it.w, it.x, it.y))


def grid_cells(record):
    def uneven(ws, x, y, moves):
        here = outputs(ws, x)[0]
        n = torch.cat([(outputs(ws, x + m)[0] - here).square().sum(dim=1).add(1e-12).sqrt() for m in moves])
        return n.var(correction=0) / n.mean() ** 2

    def direction(it):
        step = it.k["sense_spread"] * float(it.x.double().std(correction=0)) * math.sqrt(it.x.shape[1])
        draws = [noise(it.seed, it.drawn + v, (1, it.x.shape[1])) for v in range(2)]
        it.drawn += 2
        return slopes(uneven, it.w, it.x, it.y, [step * d / d.norm() for d in draws])

    return added(record, direction)


def texture_robustness(record):
    def unlike(ws, x, y, order):
        seen, shuffled = outputs(ws, x)[0], outputs(ws, x[:, order])[0]
        return (seen - shuffled).square().mean() / seen.square().mean()

    def direction(it):
        count = it.x.shape[1]
        u = [math.erf(v / math.sqrt(2)) for v in noise(it.seed, it.drawn, (count + 1,)).tolist()]
        it.drawn += 1
        fixation = (0.5 + 0.5 * u[-1]) * (count - 1)
        keys = [j + it.k["sense_reach"] * abs(j - fixation) * u[j] for j in range(count)]
        return slopes(unlike, it.w, it.x, it.y, sorted(range(count), key=lambda j: keys[j]))

    return added(record, direction)


def tensor_brain(record):
    def again(ws, x, y):
        hidden, said = outputs(ws, x)
        return torch.nn.functional.cross_entropy((hidden + said.softmax(dim=1) @ ws[2]) @ ws[2].T + ws[3], y)

    return added(record, lambda it: slopes(again, it.w, it.x, it.y))


def counter_current_learning(record):
    feedback = noise(record.seed, 0, (16, 10)) / math.sqrt(10)

    def local(ws, x, y):
        hidden = outputs(ws, x)[0]
        loss = torch.nn.functional.cross_entropy(hidden.detach() @ ws[2].T + ws[3], y)
        own = torch.nn.functional.one_hot(y, 10).double()
        return loss + record.knobs["sense_kappa"] * 256 / 16 * (hidden @ ws[4].relu() - own).square().mean()

    def direction(it):
        nonlocal feedback
        *found, turn = slopes(local, [*it.w, feedback], it.x, it.y)
        feedback = feedback - it.k["lr"] * turn
        return found

    return added(record, direction, instead=True)


def predictive_coding(record):
    errors = []

    def energy(ws, x, y, belief, precision):
        below = x.double() @ ws[0].T + ws[1]
        said = belief.relu() @ ws[2].T + ws[3]
        return 0.5 * (precision * (belief - below).square()).sum() + len(x) * torch.nn.functional.cross_entropy(said, y)

    def direction(it):
        belief = it.x.double() @ it.w[0].T + it.w[1]
        known = errors[0] + 1e-12 if errors else torch.ones(belief.shape[1]).double()
        precision = (known.mean() / known).clamp(0.1, 10)
        for _ in range(6):
            belief = belief.detach().requires_grad_(True)
            (slope,) = torch.autograd.grad(energy(it.w, it.x, it.y, belief, precision), [belief])
            belief = (belief - it.k["respond_rate"] * slope).detach()
        new = (belief - it.x.double() @ it.w[0].T - it.w[1]).square().mean(dim=0)
        errors[:] = [0.9 * errors[0] + 0.1 * new if errors else new]
        return slopes(energy, it.w, it.x, it.y, belief, precision)

    return added(record, direction, instead=True)


def adaptive_eta(record):
    def loss(ws, x, y):
        return torch.nn.functional.cross_entropy(outputs(ws, x)[1], y)

    def changed(it, step):
        factor = 1.0
        if step:
            other = slopes(loss, it.w, *record.batches[step - 1])
            along = sum(float((g * o).sum()) for g, o in zip(it.g, other, strict=True))
            factor = max(0.01, 1 + it.k["act_gain"] * along / (length(it.g) * length(other)))
        return [(g, it.k["lr"] * factor) for g in it.g]

    return descended(record, changed)


def proteostasis_normalizer(record):
    """Gain and bias after the step, from activities after the step; the share of units that are out from before it."""
    k, momentum = record.knobs, None
    ws = [p.double() for p in record.start]
    momentum = [torch.zeros_like(w) for w in ws]

    def activity(x):
        sums = x.double() @ ws[0].T + ws[1]
        mean, spread = sums.mean(dim=0), sums.std(dim=0, correction=0)
        return mean, spread.log(), (mean.abs() > k["sense_band"]) | (spread.log().abs() > k["sense_band"])

    for gradients, (x, _) in zip(record.gradients, record.batches, strict=True):
        share = float(activity(x)[2].double().mean())
        for i, g in enumerate(gradients):
            momentum[i] = k["momentum"] * momentum[i] + g.double() + k["weight_decay"] * ws[i]
            ws[i] = ws[i] - k["lr"] * momentum[i]
        mean, spread, out = activity(x)
        ws[0] = ws[0] * torch.exp(-k["act_gain"] * share * spread.clamp(-1, 1) * out)[:, None]
        ws[1] = ws[1] - k["act_gain"] * share * mean * out
    return ws


def energy_budget(record):
    purse, waited = [1.0], [0] * len(record.start)
    sizes = [p.numel() for p in record.start]

    def changed(it, step):
        worth = [(1 + waited[i]) * float(g.square().sum()) / sizes[i] for i, g in enumerate(it.g)]
        rates = [it.k["lr"] * (1 - it.k["act_gain"])] * len(it.g)
        for i in sorted(range(len(it.g)), key=lambda i: -worth[i]):
            price = sizes[i] / sum(sizes)
            if price > purse[0] + 1e-9:
                break
            purse[0] -= price
            rates[i] = it.k["lr"]
        purse[0] = min(1.0, purse[0] + it.k["respond_refill"])
        waited[:] = [0 if rate == it.k["lr"] else time + 1 for rate, time in zip(rates, waited, strict=True)]
        return list(zip(it.g, rates, strict=True))

    return descended(record, changed)


def chaperonin_chamber(record):
    feel = [part_twins_sense.gradient_novelty({"memory": record.knobs["sense_memory"]}) for _ in record.start]
    scores, its = [0.0] * len(feel), SimpleNamespace(age=0, enclosed=None)

    def changed(it, step):
        k = it.k
        for i, g in enumerate(it.g):
            scores[i] = k["sense_memory"] * scores[i] + (1 - k["sense_memory"]) * feel[i](SimpleNamespace(g=g))
        its.age += 1
        if its.age >= k["respond_period"]:
            worst = scores.index(max(scores))
            its.age, its.enclosed = 0, worst if its.enclosed is None and scores[worst] > k["respond_limit"] else None
        alone = its.enclosed is not None
        return [(g, k["lr"] * (1 - k["act_gain"] * (alone and i != its.enclosed))) for i, g in enumerate(it.g)]

    return descended(record, changed)


def multi_level_feedback(record):
    k = record.knobs
    trend, total = part_twins_sense.loss_trend({"memory": 0.98, "recent": 0.8}), [0.0]
    agree = [part_twins_sense.gradient_agreement({"memory": k["sense_memory"]}) for _ in record.start]
    marks = [part_twins_respond.bistable_mark({"write": 0.2, "erase": 0.02, "threshold": 0.3, "tip": 0.5}) for _ in record.start]
    trails = [torch.zeros_like(p).double() for p in record.start]

    def changed(it, step):
        total[0] = max(-1.0, min(1.0, total[0] + k["respond_rate"] * trend(SimpleNamespace(loss=it.loss))))
        moves = []
        for i, g in enumerate(it.g):
            mark = marks[i](agree[i](SimpleNamespace(g=g)))
            surprise = (g - trails[i]).abs() / (g.abs() + trails[i].abs())
            veto = ((surprise - 0.9) / 0.1).clamp(0, 1)
            response = (total[0] + mark) / 2 * (1 - veto) - veto
            trails[i] = k["sense_memory"] * trails[i] + (1 - k["sense_memory"]) * g
            moves.append((g, k["lr"] * torch.exp(k["act_gain"] * response)))
        return moves

    return descended(record, changed)

"""Slow, readable twins of parts, in double precision and from the equations: any prototype made of them has a twin at once.

A sense twin is made from its knobs, once for the network or once for each tensor, and called with what can be known now; a
response twin with what was sensed; an action twin says what becomes of one tensor.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import torch

from adaptive import parts
from adaptive.contract import world


class Baseline:
    """Running mean and variance; ``z`` is the deviation in spreads, from the eleventh observation on."""

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


def limited(x, low, high):
    return x.clamp(low, high) if isinstance(x, torch.Tensor) else max(low, min(high, x))


def signed(x):
    return x.sign() if isinstance(x, torch.Tensor) else math.copysign(1.0, x) if x else 0.0


def where(condition, this, that):
    return torch.where(condition, this, that) if isinstance(condition, torch.Tensor) else this if condition else that


def cosine(a, b):
    size = float(a.norm() * b.norm())
    return float((a * b).sum()) / size if size else None


def rows(g):
    """Root mean square of each unit's numbers."""
    return g.abs() if g.dim() < 2 else g.square().mean(dim=1, keepdim=True).sqrt()


# ---- senses: knobs -> (now -> value) ----


def loss_spike(k):
    usual = Baseline(k["memory"])
    return lambda now: max(0.0, usual.z(now.loss) - k["threshold"])


def gradient_norm_outlier(k):
    usual = Baseline(k["memory"])
    return lambda now: max(0.0, usual.z(math.log(now.norm)) - k["threshold"])


def loss_trend(k):
    usual, fast = Baseline(k["memory"]), [0.0]

    def feel(now):
        fast[0] = k["recent"] * fast[0] + (1 - k["recent"]) * usual.z(now.loss)
        return math.tanh(-fast[0])

    return feel


def loss_stagnation(k):
    its = SimpleNamespace(mean=None, lowest=math.inf, waited=0)

    def feel(now):
        its.mean = now.loss if its.mean is None else k["memory"] * its.mean + (1 - k["memory"]) * now.loss
        its.waited += 1
        if its.lowest == math.inf or its.mean < its.lowest - k["share"] * abs(its.lowest):
            its.lowest, its.waited = its.mean, 0
        return limited(its.waited / k["patience"] - 1, 0.0, 10.0)

    return feel


def error_rate(k):
    past, recent = [], [0.0]

    def feel(now):
        past.append(now.errors)
        recent[0] = now.errors if len(past) == 1 else k["memory"] * recent[0] + (1 - k["memory"]) * now.errors
        usual = sum(past) / len(past)
        variance = sum((e - usual) ** 2 for e in past) / len(past)
        spread = math.sqrt(variance * (1 - k["memory"]) / (1 + k["memory"]))
        return limited((recent[0] - usual) / (spread + 0.001) - k["threshold"], 0.0, 10.0) if len(past) > 10 else 0.0

    return feel


def _trailing(k, value):
    """A sense of the gradient and its trail; ``value`` is not asked before there is a trail."""
    trail = [None]

    def feel(now):
        before = trail[0] if trail[0] is not None else torch.zeros_like(now.g)
        felt = value(now.g, before)
        memory = k.get("memory", 0.0)
        trail[0] = memory * before + (1 - memory) * now.g
        return felt

    return feel


def gradient_agreement(k):
    return _trailing(k, lambda g, d: cosine(g, d) or 0.0)


def gradient_novelty(k):
    return _trailing(k, lambda g, d: 0.0 if (c := cosine(g, d)) is None else 1.0 - c)


def gradient_noise(k):
    return _trailing(
        k, lambda g, d: min(10.0, math.log(1 + float((g - d).square().sum() / d.square().sum()))) if d.any() else 0.0
    )


def gradient_change(k):
    def change(g, d):
        return max(0.0, float((g - d).norm() / (g.norm() + d.norm())) - k["tolerance"]) if d.any() else 0.0

    return _trailing(k, change)


def sign_agreement(k):
    return _trailing(k, lambda g, d: g.sign() * d.sign())


def input_conflict(k):
    def conflict(g, d):
        if g.dim() < 2 or not d.any():
            return torch.zeros_like(g)
        cosines = [cosine(g[:, j], d[:, j]) for j in range(g.shape[1])]
        return torch.tensor([(1 - (1.0 if c is None else c)) / 2 for c in cosines], dtype=g.dtype).expand_as(g)

    return _trailing(k, conflict)


def weight_importance(k):
    square = [0.0]

    def feel(now):
        square[0] = k["memory"] * square[0] + (1 - k["memory"]) * now.g**2
        return (square[0] / square[0].mean() - 1).clamp(0.0, 10.0)

    return feel


def _activity(k, value):
    activity = [0.0]

    def feel(now):
        activity[0] = k["memory"] * activity[0] + (1 - k["memory"]) * rows(now.g)
        return value(activity[0], k["limit"] * activity[0].mean())

    return feel


def unit_dormancy(k):
    return _activity(k, lambda s, least: (1 - s / least).clamp(0.0, 1.0))


def dormant_share(k):
    return _activity(k, lambda s, least: float((s <= least).double().mean()))


def update_ratio(k):
    before = [None]

    def feel(now):
        moved = None if before[0] is None else float((now.w - before[0]).norm() / now.w.norm())
        before[0] = now.w.clone()
        return -math.tanh(math.log(moved / k["target"])) if moved else 0.0

    return feel


def weight_drift(k):
    first = []

    def feel(now):
        first.append(float(now.w.norm()))
        return limited(abs(math.log(first[-1] / first[0])) - k["tolerance"], 0.0, 10.0)

    return feel


# ---- responses: knobs -> (value -> response) ----


def hill(k):
    def answer(x):
        dose = (abs(x) / k["half"]) ** k["steepness"]
        return signed(x) * dose / (1 + dose)

    return answer


def leaky_memory(k):
    trace = [0.0]

    def answer(x):
        trace[0] = k["memory"] * trace[0] + (1 - k["memory"]) * x
        return limited(trace[0], -1.0, 1.0)

    return answer


def energy_budget(k):
    purse = [1.0]

    def answer(x):
        spent = min(abs(x), 1.0, purse[0] / k["cost"])
        purse[0] = min(1.0, purse[0] - k["cost"] * spent + k["refill"])
        return signed(x) * spent

    return answer


def proportional_integral(k):
    total = [0.0]

    def answer(x):
        wanted = k["gain"] * x + total[0]
        given = limited(wanted, -1.0, 1.0)
        total[0] += k["rate"] * (x + given - wanted)
        return given

    return answer


def adaptation(k):
    level = [0.0]

    def answer(x):
        given = signed(x) * limited(abs(x) - level[0], 0.0, 1.0)
        level[0] += k["rate"] * (abs(x) - level[0])
        return given

    return answer


def habituation(k):
    left = [1.0]

    def answer(x):
        given = left[0] * limited(x, -1.0, 1.0)
        left[0] += k["recovery"] * (1 - left[0]) - k["use"] * left[0] * min(1.0, abs(x))
        return given

    return answer


def governor(k):
    its = SimpleNamespace(answer=0.0, gain=1.0, before=0.0)

    def answer(x):
        its.answer += limited(limited(its.gain * x, -1.0, 1.0) - its.answer, -k["limit"], k["limit"])
        if x * its.before > 0:
            its.gain = min(1.0, k["loosen"] * its.gain)
        elif x * its.before < 0:
            its.gain = max(0.05, k["damp"] * its.gain)
        its.before = x
        return its.answer

    return answer


def generations(k):
    its = SimpleNamespace(mark=0.0, met=[])

    def answer(x):
        given = its.mark
        its.met.append(min(1.0, x))
        if len(its.met) >= k["period"]:
            its.mark, its.met = k["fade"] * its.mark + (1 - k["fade"]) * sum(its.met) / len(its.met), []
        return given

    return answer


def hysteresis(k):
    switch = [0.0]

    def answer(x):
        if abs(x) >= k["high"]:
            switch[0] = signed(x)
        elif abs(x) < k["low"] * k["high"]:
            switch[0] = 0.0
        return switch[0]

    return answer


def refractory(k):
    rest = [0.0]

    def answer(x):
        fires = abs(x) >= k["threshold"] and rest[0] <= 0
        rest[0] = k["period"] if fires else max(0.0, rest[0] - 1)
        return signed(x) if fires else 0.0

    return answer


def ramp(k):
    return lambda x: signed(x) * limited((abs(x) - k["dead"]) / (k["full"] - k["dead"]), 0.0, 1.0)


def inverted_u(k):
    return lambda x: signed(x) * abs(x) / k["peak"] * math.exp(1 - abs(x) / k["peak"])


def lateral_inhibition(k):
    return lambda x: x.sign() * (x.abs() - k["inhibition"] * x.abs().mean()).clamp(0.0, 1.0)


def titration(k):
    affinity, most = k["affinity"], k["capacity"]
    rest = (math.sqrt(affinity**2 + 4 * affinity * most) - affinity) / 2
    chaperone = [rest]

    def answer(misfolded):
        free = max(0.0, chaperone[0] - misfolded)
        chaperone[0] += k["decay"] * (most * affinity / (affinity + free) - chaperone[0])
        return (chaperone[0] - rest) / (most - rest)

    return answer


def bistable_mark(k):
    mark = [0.0]

    def answer(x):
        m = mark[0]
        if abs(x) >= k["threshold"]:
            mark[0] = m + k["write"] * (signed(x) - m)
        else:
            mark[0] = m + k["erase"] * m * (abs(m) - k["tip"]) * (1 - abs(m))
        return mark[0]

    return answer


# ---- actions: (knobs, response, tensor) -> what changes of rate, decay, gradient, pull, or the weights after the step ----


def learning_rate(k, r, it):
    return {"rate": torch.exp(torch.as_tensor(k["gain"] * r, dtype=torch.float64))}


def learning_brake(k, r, it):
    return {"rate": 1 - k["gain"] * r}


def rate_jitter(k, r, it):
    spread = k["gain"] * r
    return {"rate": torch.exp((spread * it.noise - spread**2 / 2).clamp(max=5.0))}


def weight_decay(k, r, it):
    return {"decay": k["gain"] * r}


def gradient_budget(k, r, it):
    return {"g": it.g * (k["budget"] / it.norm) ** (k["gain"] * r)}


def gradient_noise_act(k, r, it):
    return {"g": it.g + k["gain"] * r * it.g.abs().mean() * it.noise}


def gradient_competition(k, r, it):
    return {"g": torch.where(it.g.abs() >= k["gain"] * r * it.g.abs().mean(), it.g, 0.0)}


def expression_gain(k, r, it):
    if it.w.dim() < 2:
        return {}
    along = torch.stack([(g @ w) / (w @ w) * w for g, w in zip(it.g, it.w, strict=True)])
    return {"g": it.g + k["gain"] * r * (along - it.g)}


def pull_to_average(k, r, it):
    return {"pull": k["gain"] * r * (it.w - it.average)}


def pull_to_init(k, r, it):
    return {"pull": k["gain"] * r * (it.w - it.first)}


def consolidation(k, r, it):
    return {"pull": k["gain"] * r * (it.square / it.square.mean()).clamp(max=10.0) * (it.w - it.average)}


def shrink_and_perturb(k, r, it):
    return {"after": lambda w: w - k["gain"] * r * w + k["spread"] * k["gain"] * r * w.abs().mean() * it.noise}


def soft_threshold(k, r, it):
    return {"after": lambda w: w.sign() * (w.abs() - it.lr * k["gain"] * r).clamp(min=0.0)}


def synaptic_scaling(k, r, it):
    def scaled(w):
        size = float(w.square().mean().sqrt()) * math.sqrt(w.shape[1]) if w.dim() > 1 else 0.0
        return w * (1 + k["gain"] * r * (k["target"] / size - 1)) if size else w

    return {"after": scaled}


def unit_recruitment(k, r, it):
    def recruited(w):
        if w.dim() < 2 or r < k["limit"]:
            return w
        weakest = sorted(range(len(w)), key=lambda i: float(w[i].norm()))[: max(1, round(k["share"] * len(w)))]
        new = w.clone()
        for i in weakest:
            new[i] = it.noise[i] * w.square().mean().sqrt()
            it.momentum[i] = 0.0
        return new

    return {"after": recruited}


def composed(spec):
    """The twin of a prototype made of parts: SGD with momentum, with what the three twins say in it."""
    first, acts = parts.part("sense", spec.sense), parts.part("act", spec.act)
    sense, respond = globals()[spec.sense], globals()[spec.respond]
    act = globals()[spec.act if spec.act != "gradient_noise" else "gradient_noise_act"]

    def twin(record):
        k = record.knobs
        named = {role: {n.removeprefix(f"{role}_"): v for n, v in k.items() if n.startswith(f"{role}_")} for role in parts.ROLES}
        whole = first.SCOPE == "network"
        weights = [p.double() for p in record.start]
        its = [SimpleNamespace(momentum=torch.zeros_like(w), first=w, average=w, square=torch.zeros_like(w)) for w in weights]
        count = 1 if whole else len(weights)
        senses, answers = [sense(named["sense"]) for _ in range(count)], [respond(named["respond"]) for _ in range(count)]
        drawn = -1
        for step, gradients in enumerate(record.gradients):
            gs = [g.double() for g in gradients]
            total = math.sqrt(sum(float(g.square().sum()) for g in gs))
            inputs, targets = record.batches[step]
            errors = float((inputs @ world._rule(0)).argmax(dim=1).ne(targets).double().mean())
            drawn += 1
            replies = []
            for i in range(count):
                norm = total if whole else float(gs[i].norm())
                now = SimpleNamespace(loss=record.losses[step], errors=errors, norm=norm, g=gs[i], w=weights[i])
                replies.append(answers[i](senses[i](now)))
            for i, g in enumerate(gs):
                it, w, r = its[i], weights[i], replies[0 if whole else i]
                it.g, it.w, it.lr, it.norm = g, w, k["lr"], total if whole else float(g.norm())
                memory = named["act"].get("memory", 0.99)
                it.average = w if step == 0 else memory * it.average + (1 - memory) * w
                it.square = k["betas"][1] * it.square + (1 - k["betas"][1]) * g**2
                generator = torch.Generator().manual_seed(drawn * 1442695040888963407 % (1 << 62) + i)
                it.noise = torch.randn(g.shape, generator=generator).double() if "noise" in getattr(acts, "READS", ()) else None
                change = {} if isinstance(r, float) and r == 0.0 else act(named["act"], r, it)
                decayed = change.get("g", g) + (k["weight_decay"] + change.get("decay", 0.0)) * w + change.get("pull", 0.0)
                it.momentum = k["momentum"] * it.momentum + decayed
                weights[i] = w - k["lr"] * change.get("rate", 1.0) * it.momentum
                if "after" in change:
                    weights[i] = change["after"](weights[i])
        return weights

    return twin

"""Twins of the parts that sense, from their equations: knobs, then what can be known now, give what is sensed."""

from __future__ import annotations

import math
from types import SimpleNamespace

import torch

from tests.adaptive.part_twins_numbers import cosine, limited, rows


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


def weight_agreement(k):
    return _trailing(k, lambda g, d: torch.where((g != 0) & (d != 0), 2 * g * d / (g**2 + d**2), 0.0))


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

"""Twins of the parts that act, from their equations: what becomes of the rate, decay, gradient, pull or weights of one tensor."""

from __future__ import annotations

import torch


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


def gradient_clip(k, r, it):
    return {"g": it.g * (1 - k["gain"] * r * (1 - min(1.0, k["limit"] / it.norm)))}


def gradient_noise(k, r, it):
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
        size, first = (float(x.square().mean().sqrt()) if w.dim() > 1 else 0.0 for x in (w, it.first))
        return w * (1 + k["gain"] * r * (k["target"] * first / size - 1)) if size and first else w

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

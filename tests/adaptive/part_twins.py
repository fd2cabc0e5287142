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
from tests.adaptive import part_twins_act, part_twins_respond, part_twins_sense


def composed(spec):
    """The twin of a prototype made of parts: SGD with momentum, with what the three twins say in it."""
    first, acts = parts.part("sense", spec.sense), parts.part("act", spec.act)
    sense, respond = getattr(part_twins_sense, spec.sense), getattr(part_twins_respond, spec.respond)
    act = getattr(part_twins_act, spec.act)

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
                mixed = (record.seed * 6364136223846793005 + drawn * 1442695040888963407) % (1 << 62)
                generator = torch.Generator().manual_seed(mixed + i)
                it.noise = torch.randn(g.shape, generator=generator).double() if "noise" in getattr(acts, "READS", ()) else None
                change = {} if isinstance(r, float) and r == 0.0 else act(named["act"], r, it)
                decayed = change.get("g", g) + (k["weight_decay"] + change.get("decay", 0.0)) * w + change.get("pull", 0.0)
                it.momentum = k["momentum"] * it.momentum + decayed
                weights[i] = w - k["lr"] * change.get("rate", 1.0) * it.momentum
                if "after" in change:
                    weights[i] = change["after"](weights[i])
        return weights

    return twin

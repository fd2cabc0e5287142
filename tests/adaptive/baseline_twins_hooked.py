"""Slow readable forms of the baselines that change what hidden units give: every sum written out, unit by unit.

They share no code with the fast forms but the masks, whose numbers both must meet.
"""

from __future__ import annotations

import math

import torch

from adaptive.baselines import dropout as fast_dropout
from adaptive.baselines._hooked import Mode

SEED = 7


def silenced(sums, stays):
    """What hidden units give of their ``sums``, each times 0 or 1 / (1 - rate)."""
    return [max(a, 0.0) * keep for a, keep in zip(sums, stays, strict=True)]


def centred(sums, bias, eps):
    """What hidden units give whose ``sums`` have mean 0 and spread 1 before each adds its ``bias``."""
    mean = sum(sums) / len(sums)
    spread = math.sqrt(sum((a - mean) ** 2 for a in sums) / len(sums) + eps)
    return [max((a - mean) / spread + b, 0.0) for a, b in zip(sums, bias, strict=True)]


def products(weights, values):
    return [sum(w * v for w, v in zip(row, values, strict=True)) for row in weights]


def entropy(w, hidden, targets):
    """Mean cross-entropy of the batch, of what its ``hidden`` units give."""
    total = 0.0
    for values, target in zip(hidden, targets.tolist(), strict=True):
        outputs = [a + b for a, b in zip(products(w[2].tolist(), values), w[3].tolist(), strict=True)]
        total += math.log(sum(math.exp(o - max(outputs)) for o in outputs)) + max(outputs) - outputs[target]
    return total / len(hidden)


def descended_on(record, hidden_of):
    """SGD on the gradients of ``record``, whose losses must be those of what ``hidden_of(step, w, inputs)`` gives."""
    w, k, velocity = [p.double() for p in record.start], record.knobs, None
    gradients = [[g.double() for g in gs] for gs in record.gradients]
    for step, (gs, loss, (inputs, targets)) in enumerate(zip(gradients, record.losses, record.batches, strict=True)):
        assert math.isclose(entropy(w, hidden_of(step, w, inputs.double().tolist()), targets), loss, rel_tol=1e-4)
        gs = [g + k["weight_decay"] * p for g, p in zip(gs, w, strict=True)]
        velocity = gs if velocity is None else [k["momentum"] * v + g for v, g in zip(velocity, gs, strict=True)]
        w = [p - k["lr"] * v for p, v in zip(w, velocity, strict=True)]
    return [p.float() for p in w]


def dropout(record):
    rate = record.knobs["rate"]
    shape = torch.zeros(len(record.batches[0][0]), len(record.start[1]))

    def hidden(step, w, inputs):
        stays = fast_dropout.mask(Mode(seed=SEED, step=step, passes=1), 0, shape, rate).double().tolist()
        sums = [[a + b for a, b in zip(products(w[0].tolist(), x), w[1].tolist(), strict=True)] for x in inputs]
        return [silenced(a, keep) for a, keep in zip(sums, stays, strict=True)]

    return descended_on(record, hidden)


def layer_norm(record):
    def hidden(step, w, inputs):
        return [centred(products(w[0].tolist(), x), w[1].tolist(), record.knobs["eps"]) for x in inputs]

    return descended_on(record, hidden)

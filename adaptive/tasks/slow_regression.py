"""A world that changes one bit at a time, learned by a network too small to hold all of it: tracking without end.

A fixed random target network of 100 threshold units maps 20 bits to a number. Fifteen bits are slow: one of them, drawn at
random, flips every ``FLIP`` steps; five are drawn anew for every sample. A target unit fires when at least 70 % of its 21
inputs (a constant one among them) agree with the signs of its weights: ``w·x > 0.7 · 21 − (number of negative weights)``.

*Reference:* slowly-changing regression, arXiv 2108.06325, with the setting in which one bit flips at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, draw, network, order_of

TITLE = "Slowly-changing regression"
DESCRIPTION = (
    "20 bits mapped to a number by 100 random threshold units; 15 bits are slow and one of them flips every 200 steps; "
    "a 20-5-1 network follows, 10 samples at a time."
)
METRIC = "online mean squared error"
DIRECTION = "lower"
REVEALS = ("lookahead",)
STREAM = True
STEPS = {"quick": 1500, "standard": 10000}
BITS, SLOW, UNITS, AGREEMENT = 20, 15, 100, 0.7
BATCH, FLIP = 10, 200


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; target network and flips come from one generator, the quick bits from another."""
    return Episode(
        model=network((BITS, 5, 1), task="slow_regression", seed=seed),
        loss=torch.nn.functional.mse_loss,
        batches=_flipping(seed, steps, reorder),
        steps=steps,
        score=_squared_error,
    )


def _squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    return float(torch.nn.functional.mse_loss(outputs, targets))


def _flipping(seed: int, steps: int, reorder: bool) -> Iterator[Batch]:
    events, order = draw("slow_regression", "events", seed), order_of("slow_regression", seed, reorder=reorder)
    incoming = _signs(events, UNITS, BITS + 1)
    outgoing, offset = _signs(events, UNITS), _signs(events, 1)
    threshold = AGREEMENT * (BITS + 1) - (incoming < 0).sum(axis=1)
    slow = events.integers(0, 2, size=SLOW)
    for start in range(0, steps, FLIP):
        if start:
            flipped = int(events.integers(SLOW))
            slow[flipped] = 1 - slow[flipped]
        # One stretch between flips at a time: the bits of all its samples, (samples, bits), and their targets, (samples, 1).
        quick = order.integers(0, 2, size=(FLIP * BATCH, BITS - SLOW))
        bits = numpy.concatenate([numpy.broadcast_to(slow, (len(quick), SLOW)), quick], axis=1)
        fires = bits @ incoming[:, :BITS].T + incoming[:, BITS] > threshold
        inputs = torch.from_numpy(bits.astype(numpy.float32))
        targets = torch.from_numpy((fires @ outgoing + offset)[:, None].astype(numpy.float32))
        ids = bits @ (1 << numpy.arange(BITS))
        for step in range(min(FLIP, steps - start)):
            part = slice(step * BATCH, (step + 1) * BATCH)
            yield Batch(inputs=inputs[part], targets=targets[part], ids=ids[part])


def _signs(events: numpy.random.Generator, *shape: int) -> numpy.ndarray:
    return events.integers(0, 2, size=shape) * 2 - 1

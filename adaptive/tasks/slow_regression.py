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

from adaptive.tasks import Block, Episode, draw, network, order_of, squared_error

TITLE = "Slowly-changing regression"
DESCRIPTION = (
    "20 bits mapped to a number by 100 random threshold units; 15 bits are slow and one of them flips every 200 steps; "
    "a 20-5-1 network follows, 10 samples at a time."
)
METRIC = "online mean squared error"
DIRECTION = "lower"
REVEALS = ("lookahead",)
STREAM = True
STEPS = {"quick": 1500, "standard": 4000}
BITS, SLOW, UNITS, AGREEMENT = 20, 15, 100, 0.7
BATCH, FLIP = 10, 200


PUBLISHED = {"batch": 1, "flip": 10_000, "as_coded": True}
"""Options of :func:`make` with which the task is that of the authors' code, where a life has a million steps."""


def make(
    seed: int, *, steps: int, reorder: bool = False, batch: int = BATCH, flip: int = FLIP, as_coded: bool = False
) -> Episode:
    """A life of ``steps`` batches; target network and flips come from one generator, the quick bits from another.

    ``as_coded``: thresholds as in the authors' code. It subtracts half of the constant input's weight where the paper counts
    that weight if it is negative, so that about a quarter fewer units fire and errors are smaller.
    """
    return episode("slow_regression", seed, steps=steps, reorder=reorder, batch=batch, flip=flip, as_coded=as_coded)


def episode(
    task: str, seed: int, *, steps: int, reorder: bool, batch: int, flip: int, gradual: bool = False, as_coded: bool = False
) -> Episode:
    """A life under the name ``task``; ``gradual`` lets a flipped bit change little by little over a whole stretch."""

    def stretches() -> Iterator[Block]:
        return _stretches(task, seed, steps, reorder, batch, flip, gradual, as_coded)

    return Episode(
        model=network((BITS, 5, 1), task=task, seed=seed),
        loss=torch.nn.functional.mse_loss,
        batches=(one for block in stretches() for one in block.batches()),
        blocks=stretches(),
        steps=steps,
        score=squared_error,
    )


def _stretches(
    task: str, seed: int, steps: int, reorder: bool, batch: int, flip: int, gradual: bool, as_coded: bool
) -> Iterator[Block]:
    """The batches from one flip to the next, one block each."""
    events, order = draw(task, "events", seed), order_of(task, seed, reorder=reorder)
    incoming = _signs(events, UNITS, BITS + 1).astype(numpy.float32)
    outgoing, offset = _signs(events, UNITS), _signs(events, 1)
    constant = incoming[:, BITS]
    negative = (incoming[:, :BITS] < 0).sum(axis=1) + (constant / 2 if as_coded else constant < 0)
    threshold = AGREEMENT * (BITS + 1) - negative
    slow = events.integers(0, 2, size=SLOW)
    for start in range(0, steps, flip):
        before = slow
        if start:
            flipped = int(events.integers(SLOW))
            slow = slow.copy()
            slow[flipped] = 1 - slow[flipped]
        # The bits of all samples of the stretch, (samples, bits), and their targets, (samples, 1).
        quick = order.integers(0, 2, size=(flip * batch, BITS - SLOW))
        steady = numpy.broadcast_to(slow, (len(quick), SLOW))
        if gradual:
            # The new value is met with a chance that rises from 0 to 1 over the stretch.
            changed = order.random(len(quick)) < numpy.arange(len(quick)) / len(quick)
            steady = numpy.where(changed[:, None], slow, before)
        bits = numpy.concatenate([steady, quick], axis=1)
        # Whole numbers below 2**24, so single precision is exact.
        fires = bits.astype(numpy.float32) @ incoming[:, :BITS].T + constant > threshold
        here = min(flip, steps - start)
        shape = (here, batch)
        part = slice(here * batch)
        yield Block(
            inputs=torch.from_numpy(bits[part].astype(numpy.float32)).view(*shape, BITS),
            targets=torch.from_numpy((fires[part] @ outgoing + offset)[:, None].astype(numpy.float32)).view(*shape, 1),
            ids=(bits[part] @ (1 << numpy.arange(BITS))).reshape(shape),
        )


def _signs(events: numpy.random.Generator, *shape: int) -> numpy.ndarray:
    return events.integers(0, 2, size=shape) * 2 - 1

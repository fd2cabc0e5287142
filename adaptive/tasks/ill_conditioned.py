"""A valley a hundred times longer than wide: least squares whose directions differ ten thousandfold in curvature.

Inputs are Gaussian with variances from 1 down to 1e-4, geometrically, in a basis turned at random; targets are linear in them
without noise, with a weight of 1 / sqrt(variance) in each direction, so that flat directions matter as much as steep ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, draw, network, order_of, squared_error

TITLE = "Ill-conditioned least squares"
DESCRIPTION = (
    "A linear map of 20 numbers whose curvatures range over four orders of magnitude, learned from 16 new samples at a time."
)
METRIC = "mean squared error on new samples"
DIRECTION = "lower"
REVEALS = ("lookahead",)
STREAM = False
STEPS = {"quick": 800, "standard": 2400}
WIDTH, BATCH, LEAST, JUDGED = 20, 16, 1e-4, 1000


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; basis and target belong to the events, the samples to the order."""
    events = draw("ill_conditioned", "events", seed)
    basis = numpy.linalg.qr(events.normal(size=(WIDTH, WIDTH)))[0] * numpy.geomspace(1.0, LEAST**0.5, WIDTH)
    # Both targets and inputs are linear in the same standard normal numbers.
    wanted = events.normal(size=WIDTH) / WIDTH**0.5
    return Episode(
        model=network((WIDTH, 1), task="ill_conditioned", seed=seed),
        loss=torch.nn.functional.mse_loss,
        batches=_samples(basis, wanted, order_of("ill_conditioned", seed, reorder=reorder), steps),
        steps=steps,
        score=squared_error,
        held_out=_judge(basis, wanted, draw("ill_conditioned", "judge", seed)),
    )


def _pair(basis: numpy.ndarray, wanted: numpy.ndarray, normal: numpy.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    inputs, targets = normal @ basis.T, (normal @ wanted)[:, None]
    return torch.from_numpy(inputs.astype(numpy.float32)), torch.from_numpy(targets.astype(numpy.float32))


def _samples(basis: numpy.ndarray, wanted: numpy.ndarray, order: numpy.random.Generator, steps: int) -> Iterator[Batch]:
    for step in range(steps):
        inputs, targets = _pair(basis, wanted, order.normal(size=(BATCH, WIDTH)))
        yield Batch(inputs=inputs, targets=targets, ids=step * BATCH + numpy.arange(BATCH))


def _judge(basis: numpy.ndarray, wanted: numpy.ndarray, own: numpy.random.Generator) -> Callable[[torch.nn.Module], float]:
    inputs, targets = _pair(basis, wanted, own.normal(size=(JUDGED, WIDTH)))

    def error(model: torch.nn.Module) -> float:
        with torch.no_grad():
            return squared_error(model(inputs), targets)

    return error

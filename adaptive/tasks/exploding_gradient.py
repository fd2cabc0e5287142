"""Two numbers to be added, thirty steps apart, by a recurrent network whose gradients explode.

The recurrent weights start as a random rotation times 1.3: a gradient that goes back thirty steps through units that are not
saturated grows a thousandfold, so now and then a step is enormous.

*Reference:* the adding problem of Hochreiter and Schmidhuber, Neural Computation 9 (1997); exploding gradients, arXiv 1211.5063.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy
import torch

from adaptive.tasks import Batch, Episode, draw, order_of, seed_of, squared_error

TITLE = "Exploding gradients"
DESCRIPTION = "The sum of two marked numbers in a sequence of 30, by a recurrent network of 24 units, 16 new sequences at a time."
METRIC = "mean squared error on new sequences"
DIRECTION = "lower"
REVEALS = ("lookahead",)
STREAM = False
STEPS = {"quick": 500, "standard": 1000}
LENGTH, UNITS, BATCH, GAIN, JUDGED = 30, 24, 16, 1.3, 500


class Recurrent(torch.nn.Module):
    """h <- tanh(W_in x + W h + b) over the sequence, then a linear read-out of the last h.

    Args:
        generator: draws all weights.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        normal = torch.randn(UNITS, UNITS, generator=generator)
        self.recurrent = torch.nn.Parameter(GAIN * torch.linalg.qr(normal)[0].contiguous())
        self.incoming = torch.nn.Parameter(0.5 * torch.randn(UNITS, 2, generator=generator))
        self.bias = torch.nn.Parameter(torch.zeros(UNITS))
        self.outgoing = torch.nn.Parameter(torch.randn(1, UNITS, generator=generator) / UNITS**0.5)
        self.offset = torch.nn.Parameter(torch.zeros(1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Outputs (batch, 1) of ``inputs`` (batch, steps, 2)."""
        driven = inputs @ self.incoming.T + self.bias
        h = torch.zeros_like(driven[:, 0])
        for step in range(driven.shape[1]):
            h = torch.tanh(driven[:, step] + h @ self.recurrent.T)
        return h @ self.outgoing.T + self.offset

    def written_out(self, inputs: numpy.ndarray, targets: numpy.ndarray) -> tuple[float, list[numpy.ndarray]]:
        """Mean squared error and its gradient for every parameter, by hand: autograd takes three times as long."""
        recurrent, incoming, bias, outgoing, offset = (p.detach().numpy() for p in self.parameters())
        driven = inputs @ incoming.T + bias
        states = [numpy.zeros_like(driven[:, 0])]
        for step in range(driven.shape[1]):
            states.append(numpy.tanh(driven[:, step] + states[-1] @ recurrent.T))
        delta = states[-1] @ outgoing.T + offset - targets
        loss = float(numpy.square(delta).mean())
        delta *= numpy.float32(2.0 / delta.size)
        back, moved, along = delta @ outgoing, numpy.empty_like(driven), numpy.zeros_like(recurrent)
        for step in range(driven.shape[1] - 1, -1, -1):
            here = moved[:, step] = back * (1.0 - states[step + 1] ** 2)
            along += here.T @ states[step]
            back = here @ recurrent
        flat = moved.reshape(-1, UNITS)
        return loss, [along, flat.T @ inputs.reshape(-1, 2), flat.sum(axis=0), delta.T @ states[-1], delta.sum(axis=0)]


def make(seed: int, *, steps: int, reorder: bool = False) -> Episode:
    """A life of ``steps`` batches; what differs from seed to seed is the weights and the sequences."""
    return Episode(
        model=Recurrent(torch.Generator().manual_seed(seed_of("exploding_gradient", "init", seed))),
        loss=torch.nn.functional.mse_loss,
        batches=_sequences(order_of("exploding_gradient", seed, reorder=reorder), steps),
        steps=steps,
        score=squared_error,
        held_out=_judge(draw("exploding_gradient", "judge", seed)),
    )


def _pair(order: numpy.random.Generator, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """One mark falls into the first half of each sequence, one into the second."""
    values, marks = order.random((count, LENGTH)), numpy.zeros((count, LENGTH))
    for low, high in ((0, LENGTH // 2), (LENGTH // 2, LENGTH)):
        marks[numpy.arange(count), order.integers(low, high, size=count)] = 1.0
    inputs, targets = numpy.stack([values, marks], axis=2), (values * marks).sum(axis=1, keepdims=True)
    return torch.from_numpy(inputs.astype(numpy.float32)), torch.from_numpy(targets.astype(numpy.float32))


def _sequences(order: numpy.random.Generator, steps: int) -> Iterator[Batch]:
    for step in range(steps):
        inputs, targets = _pair(order, BATCH)
        yield Batch(inputs=inputs, targets=targets, ids=step * BATCH + numpy.arange(BATCH))


def _judge(own: numpy.random.Generator) -> Callable[[torch.nn.Module], float]:
    inputs, targets = _pair(own, JUDGED)

    def error(model: torch.nn.Module) -> float:
        with torch.no_grad():
            return squared_error(model(inputs), targets)

    return error

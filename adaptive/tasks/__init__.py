"""What a race is run on: each file in this folder is one task, a learner in a world that may change.

A task file holds plain constants and one function:

    TITLE, DESCRIPTION   for people
    METRIC, DIRECTION    what is scored, and whether "higher" or "lower" is better
    REVEALS              what an arm may see besides the loss: "lookahead" (the batch, to try a step before taking it), "labels",
                         "held_out" (the loss of a batch set aside, of data that no arm learns from and none is judged by)
    STREAM               True where the world passes by once and every arm lives through all of it; False where an arm that
                         spends more on each step must stop earlier
    STEPS                {"quick": …, "standard": …}: steps of a run
    make(seed, *, steps, reorder=False) -> Episode
    missing() -> str     what data are not here and where to put them, or "": only where a task needs data of its own

Three generators make an episode: initial weights, order of the data, events of the stream. Each is seeded by (task, purpose,
seed) and nothing else, so every arm of a race lives the same life; what an arm draws for itself comes from a fourth.
``reorder`` draws another order of the data for the same weights and events: the same arm, run on both, shows how far results
differ for no reason at all.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    import torch

FIRST_EVALUATION_SEED = 100
"""Seeds below are for tuning, seeds from here on for evaluation; no episode serves both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What the learner meets in one step: ``inputs`` (batch, features), ``targets`` (batch,) or (batch, 1), ``ids`` (batch,)."""

    inputs: torch.Tensor
    targets: torch.Tensor
    ids: numpy.ndarray
    """Which samples these are; hashed, to prove that every arm saw the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Successive batches: ``inputs`` (steps, batch, features), ``targets`` (steps, batch, …), ``ids`` (steps, batch)."""

    inputs: torch.Tensor
    targets: torch.Tensor
    ids: numpy.ndarray

    def batches(self) -> Iterator[Batch]:
        """One at a time."""
        for inputs, targets, ids in zip(self.inputs, self.targets, self.ids, strict=True):
            yield Batch(inputs=inputs, targets=targets, ids=ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One seeded life of a task: a fresh model, the batches it will meet, and how it is judged."""

    model: torch.nn.Module
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    batches: Iterator[Batch]
    steps: int
    score: Callable[[torch.Tensor, torch.Tensor], float]
    """Score of one batch of outputs before the step is taken."""
    held_out: Callable[[torch.nn.Module], float] | None = None
    """Score on data never trained on. ``None``: the task is judged online, by the mean of ``score`` over the whole life."""
    aside: Batch | None = None
    """Samples never learned from and not judged by, whose loss an arm may be told where the task reveals "held_out"."""
    blocks: Iterator[Block] | None = None
    """The same batches, many at a time, where a task makes them so; its blocks have the same lengths for every seed."""


def seed_of(task: str, purpose: str, seed: int) -> int:
    """A 63-bit seed that depends on these three words and on nothing else."""
    return int.from_bytes(hashlib.sha256(f"{task}/{purpose}/{seed}".encode()).digest()[:8]) >> 1


def draw(task: str, purpose: str, seed: int) -> numpy.random.Generator:
    """The generator of one purpose ("order", "events", …) of one episode."""
    import numpy

    return numpy.random.default_rng(seed_of(task, purpose, seed))


def order_of(task: str, seed: int, *, reorder: bool) -> numpy.random.Generator:
    """The generator of the order of the data, or another one for the same episode."""
    return draw(task, "order again" if reorder else "order", seed)


def is_tuning(seed: int) -> bool:
    return seed < FIRST_EVALUATION_SEED


def network(sizes: Sequence[int], *, task: str, seed: int) -> torch.nn.Sequential:
    """A multilayer perceptron with rectified hidden units, drawn from the episode's own "init" generator.

    Hidden weights are uniform with variance 2 / fan-in, output weights with variance 1 / (3 fan-in), biases zero.
    """
    import torch

    generator = torch.Generator().manual_seed(seed_of(task, "init", seed))
    layers: list[torch.nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes[:-1]):
        layers += [_linear(fan_in, fan_out, (6.0 / fan_in) ** 0.5, generator), torch.nn.ReLU()]
    layers.append(_linear(sizes[-2], sizes[-1], (1.0 / sizes[-2]) ** 0.5, generator))
    return torch.nn.Sequential(*layers)


def _linear(fan_in: int, fan_out: int, bound: float, generator: torch.Generator) -> torch.nn.Linear:
    import torch

    # skip_init: the usual constructor would draw from torch's global generator, which is not ours to touch.
    layer = torch.nn.utils.skip_init(torch.nn.Linear, fan_in, fan_out)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.zero_()
    assert isinstance(layer, torch.nn.Linear)
    return layer


def correct(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Share of ``targets`` (batch,) that the largest of ``outputs`` (batch, classes) names."""
    return int((outputs.argmax(dim=1) == targets).sum()) / len(targets)


def squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Mean squared difference of ``outputs`` and ``targets``, (batch, 1) both."""
    return float((outputs - targets).square().mean())

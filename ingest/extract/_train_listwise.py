"""Train the networks that choose among candidates: they give most of the probability to what is worth most. Needs torch."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from ingest.extract._listwise import Floats, Network

if TYPE_CHECKING:
    import torch

NETWORKS = 3
EPOCHS = 30
RATE = 0.01
DECAY = 0.01
DROPOUT = 0.1
TOGETHER = 64
"""Texts in a step."""


class Example(NamedTuple):
    """The features of a text's candidates, and what each is worth, 0 to 1."""

    features: Floats
    worth: Floats


def packed(network: Network) -> dict[str, Any]:
    """What JSON can hold of a network, in four digits; :func:`ingest.extract._listwise.unpacked` is the way back."""

    def rounded(array: Floats) -> list[Any]:
        return [rounded(row) for row in array] if array.ndim > 1 else [float(f"{value:.4g}") for value in array]

    layers = [[rounded(array) for array in layer] for layer in network.layers]
    return {"mean": rounded(network.mean), "scale": rounded(network.scale), "layers": layers}


def store(data: Mapping[str, Any], path: Path) -> None:
    """Write weights as compressed JSON, the same bytes for the same weights."""
    path.write_bytes(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 9, mtime=0))


def trained(examples: Sequence[Example], hidden: int) -> Network:
    """Networks that tell what is worth much from the rest."""
    import torch

    inputs = numpy.concatenate([e.features for e in examples])
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    most = max(len(e.worth) for e in examples)
    features = torch.zeros(len(examples), most, len(mean))
    worth = torch.zeros(len(examples), most)
    real = torch.zeros(len(examples), most, dtype=torch.bool)
    for row, e in enumerate(examples):
        features[row, : len(e.worth)] = torch.from_numpy((e.features - mean) / scale)
        worth[row, : len(e.worth)] = torch.from_numpy(e.worth)
        real[row, : len(e.worth)] = True
    layers = [_network(features, worth, real, hidden, seed) for seed in range(NETWORKS)]
    return Network(mean, scale, layers)


def _network(
    features: torch.Tensor, worth: torch.Tensor, real: torch.Tensor, hidden: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = torch.nn.Sequential(
            torch.nn.Linear(features.shape[-1], hidden),
            torch.nn.Tanh(),
            torch.nn.Dropout(DROPOUT),
            torch.nn.Linear(hidden, 1, bias=False),
        )
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 - epoch / EPOCHS)
        able = torch.nonzero(worth.sum(dim=1) > 0)[:, 0]
        for _ in range(EPOCHS):
            for rows in torch.split(able[torch.randperm(len(able))], TOGETHER):
                scores = network(features[rows])[..., 0].masked_fill(~real[rows], -math.inf)
                loss = -((scores.softmax(dim=1) * worth[rows]).sum(dim=1) + 1e-6).log().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            schedule.step()
    inner, bias, outer = (weights.detach().double().numpy() for weights in network.parameters())
    return inner, bias, outer[0]

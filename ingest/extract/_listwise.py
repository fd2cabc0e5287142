"""One of several candidates, by a small network that sees the features of all of them.

*Reference:* a softmax over the alternatives of one choice (conditional logit): McFadden 1974, Frontiers in Econometrics.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

Floats = NDArray[numpy.float64]


class Network(NamedTuple):
    """Means and deviations of the features, and the weights of some networks: a hidden layer of tanh, then a sum."""

    mean: Floats
    scale: Floats
    layers: Sequence[tuple[Floats, Floats, Floats]]


def shares(features: Floats, network: Network) -> Floats:
    """The probability of each candidate, from features of shape (candidates, features): the mean over the networks."""
    inputs = (features - network.mean) / network.scale
    total = numpy.zeros(len(inputs))
    for inner, bias, outer in network.layers:
        scores = numpy.tanh(inputs @ inner.T + bias) @ outer
        powers = numpy.exp(scores - scores.max())
        total += powers / powers.sum()
    mean: Floats = total / len(network.layers)
    return mean


def agreement(ones: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> Floats:
    """F1 of the words of each of ``ones`` with those of each of ``others``, shape (ones, others)."""
    places = {word: place for place, word in enumerate(sorted(set().union(*ones, *others)))}
    rows = [numpy.zeros((len(sets), len(places))) for sets in (ones, others)]
    for array, sets in zip(rows, (ones, others), strict=True):
        for row, words in zip(array, sets, strict=True):
            row[[places[word] for word in words]] = 1.0
    sizes = rows[0].sum(axis=1)[:, None] + rows[1].sum(axis=1)[None, :]
    found: Floats = 2 * (rows[0] @ rows[1].T) / numpy.maximum(sizes, 1.0)
    return found


def stored(name: str) -> dict[str, Any]:
    """The weights in a file that ships with the package: JSON, compressed."""
    return dict(json.loads(gzip.decompress(files("ingest.extract").joinpath(name).read_bytes())))


def unpacked(data: Mapping[str, Any]) -> Network:
    """A network from what JSON holds of it."""
    layers = [(numpy.array(inner), numpy.array(bias), numpy.array(outer)) for inner, bias, outer in data["layers"]]
    return Network(numpy.array(data["mean"]), numpy.array(data["scale"]), layers)

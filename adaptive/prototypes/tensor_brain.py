"""Say it, hear oneself say it, and decide again: concepts feed their embedding back into the state that named them.

A representation names concepts by their embeddings, and the named ones are added to it by the same embeddings, as semantic
memory. What the last layer then says of the enriched state is trained, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer

TITLE = "Tensor Brain"
MECHANISM, TECHNIQUE = "perception and memory", "knowledge graph tensor model"
DESCRIPTION = (
    "the gradient of a second reading, after the guessed concepts were fed back by their embeddings, is mixed into "
    "that of the first"
)
REFERENCE = "Tresp et al., arXiv 2001.11027; expectation in the place of sampled indices, one round, on a classifier, ours"
PROPOSED_AS, FUNCTION = "Tensor Brain semantic decoder", "store_and_recall"
EQUATIONS = (
    "p = softmax(W h + b); h' = h + W^T p;  L = loss(W h' + b, y)",
    "g <- g + gain |g| / |dL| dL",
)
PAIRS = (
    ("broadcast representation", "last hidden state"),
    ("concept index", "class"),
    ("embedding of the index", "row of the last layer"),
    ("semantic memory as a prior", "state enriched by the guess"),
)
PRIOR_ART = "tied embeddings in language models (arXiv 1608.05859); recurrent refinement of predictions"
TASK = "noisy_label_digits"
BECAUSE = "a guess that agrees with semantic memory is strengthened against a wrong name"
REFUTED_BY = "a longer step in the direction of the loss is as good: the second reading then only adds length"
LEAVES_OUT = "no triples, no time, no working memory of several rounds"
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead", "labels")
BUFFERS = 0
KNOBS = BASE | {"act_gain": Knob(0.3, 0.03, 3.0, log=True, most=1000.0)}
NEUTRAL = {"act_gain": 0.0}


class TensorBrain(NetworkOptimizer):
    """SGD or AdamW that also trains a second reading. ``act_gain``: length of its gradient against that of the first."""

    OF_LOSS = True
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.3, 0.0, 1000.0)}

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        layers = self._layers(inputs)[1]
        if not layers:
            raise ValueError("the network has no linear layer, so it has no concepts to speak of")
        last, state, said = layers[-1]
        named = torch.softmax(said, dim=-1)
        again = torch.nn.functional.linear(state + named @ last.weight, last.weight, last.bias)
        return self._gradient_of(self._loss(again, targets), weights, len(inputs))


def build(params: Any, *, lr: float, **knobs: Any) -> TensorBrain:
    """The optimizer; call its ``attach(model)`` once."""
    return TensorBrain(params, lr, **({"weight_decay": 1e-4} | knobs))

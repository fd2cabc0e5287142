"""Layer normalization: the sums of inputs of a hidden layer have mean 0 and spread 1 over its units, for every sample by itself.

    a = W x;   m = mean_i a_i;   s = sqrt(mean_i (a_i - m)^2);   h_i = f((a_i - m) / s + b_i)

The shift b is learned: it is the bias that the linear layer has, taken out of the sums before they are normalized and added
after. The source's gain is 1 here: of rectified units the next layer's weights can say the same. So the network has as many
parameters as any other arm's, and all of them are the optimizer's. It holds in every pass, also where the network is judged.
``eps`` is added to the variance, as is usual. The step is SGD's, with momentum and weight decay.

*Reference:* arXiv 1607.06450, equations 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines import sgd
from adaptive.baselines._hooked import Hook, HookedOptimizer
from adaptive.knobs import Knob

DESCRIPTION = "SGD on a network with layer normalization"
REFERENCE = "arXiv 1607.06450"
NEEDS = ("units",)
RESETS = False
MOVES_ALONE = True
BUFFERS = 1
KNOBS = sgd.KNOBS
OPTIONS = KNOBS | {"eps": Knob(1e-5, 1e-8, 1e-2, log=True, least=1e-12)}


class Normalizing(Hook):
    """Normalizes the sums of inputs of a hidden layer, (…, units), over its units; the layer's bias is added afterwards."""

    PLACE = 0

    def __call__(self, module: torch.nn.Module, inputs: Any, output: Tensor) -> Tensor:
        eps = self.mode.options[self.number]["eps"]
        bias = getattr(module, "bias", None)
        sums = output if bias is None else output - bias
        normal = torch.nn.functional.layer_norm(sums, sums.shape[-1:], eps=eps)
        return normal if bias is None else normal + bias


class LayerNorm(HookedOptimizer):
    """See the head of this file. Call ``attach(model)`` once."""

    HOOK, OPTIONS = Normalizing, OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> LayerNorm:
    """The optimizer; it works on networks that are stacks of linear layers."""
    return LayerNorm(params, lr=lr, **options)

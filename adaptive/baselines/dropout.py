"""Dropout: in training each hidden unit is silent with a certain probability, so that no unit can rely on another one.

    r_i ~ Bernoulli(1 - rate);   h_i <- r_i h_i / (1 - rate)   in training;   h_i as it is where the network is judged

Every sample of every batch has draws of its own. The source scales weights by 1 - rate when judging; that activities are scaled
up in training is the same network. The step is SGD's, with momentum and weight decay. Masks depend on (seed, step, pass, layer)
alone and come from a generator of their own.

*Reference:* Srivastava et al., Journal of Machine Learning Research 15 (2014), section 4; arXiv 1207.0580.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines import sgd
from adaptive.baselines._hooked import Hook, HookedOptimizer, Mode
from adaptive.knobs import Knob

DESCRIPTION = "SGD on a network whose hidden units drop out at random in training"
REFERENCE = "Srivastava et al., Journal of Machine Learning Research 15 (2014)"
NEEDS = ("units",)
RESETS = False
ANSWERS_APART = True
MOVES_ALONE = True
BUFFERS = 1
KNOBS = sgd.KNOBS | {"rate": Knob(0.2, 0.02, 0.7, most=0.99)}
OPTIONS = KNOBS


class Dropping(Hook):
    """Silences units of a hidden layer, (…, units), in passes with gradients on while network and optimizer are in training."""

    PLACE = 1

    def __call__(self, module: torch.nn.Module, inputs: Any, output: Tensor) -> Tensor:
        mode, rate = self.mode, self.mode.options[self.number]["rate"]
        if not (mode.training and module.training and torch.is_grad_enabled()):
            return output
        if self.number == 0:
            mode.passes += 1
        return output if rate == 0.0 else output * mask(mode, self.number, output, rate)


def mask(mode: Mode, layer: int, like: Tensor, rate: float) -> Tensor:
    """0 with probability ``rate``, else 1 / (1 - rate), of the shape of ``like``; seed, step, pass and layer say which."""
    own = 0
    for number in (mode.seed, mode.step, mode.passes, layer):
        own = (own * 6364136223846793005 + (number + 1) * 1442695040888963407) % 2**63
    stays = torch.rand(like.shape, generator=torch.Generator().manual_seed(own)) >= rate
    return stays.to(like.device, like.dtype) / (1.0 - rate)


class Dropout(HookedOptimizer):
    """See the head of this file. Call ``attach(model)`` once."""

    HOOK, OPTIONS = Dropping, OPTIONS


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> Dropout:
    """The optimizer; it works on networks that are stacks of linear layers."""
    return Dropout(params, lr=lr, **options)

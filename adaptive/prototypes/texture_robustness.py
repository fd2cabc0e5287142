"""Early features that see texture: what lies far from a point of fixation may be shuffled nearby without their noticing.

Peripheral vision keeps local statistics and loses where exactly things are, the more the further from the fixation. In each
step a point among the inputs is fixated, the others change places with neighbours over a way that grows with their distance,
and the first layer is asked to answer as before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer

TITLE = "Peripheral texture statistics"
MECHANISM, TECHNIQUE = "peripheral vision", "texture peripheral vision model"
DESCRIPTION = (
    "the gradient of how much the first layer notices a local shuffle, wider away from a fixation, is mixed into that of the loss"
)
REFERENCE = "derived from the essay's paper; the shuffle in the place of texture synthesis is ours"
PROPOSED_AS, FUNCTION = "Peripheral texture-statistics robustness", "recognise_invariantly"
EQUATIONS = (
    "x~ = x in the order of j + reach |j - f| u_j, u_j uniform from -1 to 1, f a random place; h = max(0, first layer)",
    "L = mean |h(x) - h(x~)|^2 / mean |h(x)|^2;  g <- g + gain |g| / |dL| dL",
)
PAIRS = (
    ("fixation", "random place among the inputs"),
    ("summary statistics of a window", "what a local shuffle keeps"),
    ("eccentricity", "way of a shuffle"),
)
PRIOR_ART = (
    "Harrington and Deza (ICLR 2022) compare such features with robust ones; anti-aliased pooling (arXiv 1904.11486);"
    " augmentation by local shuffling (arXiv 1707.07103)"
)
TASK = "small_data_digits"
BECAUSE = "features that allow for small displacements generalise to other hands"
REFUTED_BY = "training on the shuffled inputs, or pooling, at the same cost is as good; or robustness does not rise"
LEAVES_OUT = "inputs are taken as a row, whatever picture they were; robustness to attacks is not what races here measure"
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead",)
BUFFERS = 0
KNOBS = BASE | {"act_gain": Knob(0.1, 0.01, 1.0, log=True, most=1000.0), "sense_reach": Knob(0.2, 0.02, 1.0, log=True, most=10.0)}
NEUTRAL = {"act_gain": 0.0}


class TextureRobustness(NetworkOptimizer):
    """SGD or AdamW whose first layer is drawn to ignore local shuffles.

    Args:
        act_gain: length of that gradient against the loss's. sense_reach: way of a shuffle, for each place of distance.
    """

    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.1, 0.0, 1000.0), "sense_reach": (0.2, 0.0, 10.0)}

    def _direction(self, inputs: Tensor, targets: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
        count = inputs.shape[-1]
        u = uniform(self._noise(torch.zeros(count + 1, device=inputs.device)))
        fixation = (0.5 + 0.5 * float(u[-1])) * (count - 1)
        places = torch.arange(count, device=inputs.device, dtype=torch.float32)
        order = (places + float(self.param_groups[0]["sense_reach"]) * (places - fixation).abs() * u[:-1]).argsort(stable=True)
        seen, shuffled = (self._linear(x)[0][2].relu().float() for x in (inputs, inputs[..., order]))
        loss = (seen - shuffled).square().mean() / seen.square().mean().clamp_min(1e-12)
        return self._gradient_of(loss, weights, 2 * len(inputs))


def uniform(normal: Tensor) -> Tensor:
    """Numbers uniform from -1 to 1, made of standard normal ones: twice their distribution function, less 1."""
    return (normal * math.sqrt(0.5)).erf()


def build(params: Any, *, lr: float, **knobs: Any) -> TextureRobustness:
    """The optimizer; call its ``attach(model)`` once."""
    return TextureRobustness(params, lr, **({"weight_decay": 1e-4} | knobs))

"""What it is for a hidden unit to be replaced, whoever decides that: new incoming weights, no effect yet, no past."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from adaptive.baselines._rule import Draw, Units


def reborn(layer: Units, dying: Tensor, mean: Tensor | None, draw: Draw) -> None:
    """Replaces the units that ``dying`` (members, units) marks.

    Incoming weights are drawn uniform with variance 2 / fan-in, bias and outgoing weights become 0, and all state that an
    optimizer keeps for these weights becomes 0, so that no unit is born with the momentum or the step size of a dead one. Where
    ``mean`` (members, units) is given, what the unit gave on average moves to the bias of the next layer.
    """
    if mean is not None and layer.outgoing_bias is not None:
        given = torch.where(dying, mean.nan_to_num(), 0.0)
        layer.outgoing_bias.p.add_((layer.outgoing.p * given[:, None]).sum(dim=2))
    for number, unit in dying.nonzero().tolist():
        weights = layer.incoming.p[number, unit]
        # The initial weights of L2 Init and the like are of the same shape and yet no memory: none of these rules keeps any.
        weights.copy_(draw.uniform(number, weights.shape, math.sqrt(6.0 / len(weights))))
        if layer.bias is not None:
            layer.bias.p[number, unit] = 0.0
        layer.outgoing.p[number, :, unit] = 0.0
        for slot, place in ((layer.incoming, (number, unit)), (layer.bias, (number, unit))):
            if slot is not None:
                for kept in slot.memories():
                    kept[place] = 0.0
        for kept in layer.outgoing.memories():
            kept[number, :, unit] = 0.0

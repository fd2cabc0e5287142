"""Units keep their activity in a band: gain and bias drift back by small steps when mean or spread have left it.

Intrinsic plasticity keeps a neuron's firing in range by changing its excitability. A unit whose inputs' sum has left the band
around mean 0 and spread 1 is brought back by scaling its weights and shifting its bias, a little in each step, so that the
weights themselves are the integral; inside the band nothing happens.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.knobs import Knob
from adaptive.mechanism import Work, quiet
from adaptive.parts.elementwise import State
from adaptive.prototypes._composed import BASE
from adaptive.prototypes._network import NetworkOptimizer

TITLE = "Proteostasis normalizer"
MECHANISM, TECHNIQUE = "cellular homeostasis", "batch normalization"
DESCRIPTION = "hidden units whose activity has drifted out of a band are brought back by small changes of gain and bias"
REFERENCE = "equations ours; intrinsic plasticity: Triesch, doi 10.1007/11550822_11"
PROPOSED_AS, FUNCTION = "Proteostasis activation normalizer", "keep_set_point"
EQUATIONS = (
    "m_i, s_i mean and spread of unit i over the batch;  out_i = 1 where |m_i| > band or |log s_i| > band",
    "response r = share out;  w_i <- w_i e^(-gain r clamp(log s_i, -1, 1)), b_i <- b_i - gain r m_i where out",
)
PAIRS = (
    ("set point of proteostasis", "mean 0 and spread 1"),
    ("chaperone capacity", "share of units out of the band"),
    ("intrinsic plasticity", "gain and bias"),
)
PRIOR_ART = (
    "batch normalization (arXiv 1502.03167) does it in every forward pass; intrinsic plasticity (Triesch 2005); "
    "layer-sequential initialisation (arXiv 1511.06422) once"
)
TASK = "permuted_digits"
BECAUSE = "inputs change, activities drift, and small batches make batch statistics noisy"
REFUTED_BY = "batch or layer normalization is as good, or the same changes to units at random are"
LEAVES_OUT = "only linear layers before the last one"
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead",)
BUFFERS = 0
KNOBS = BASE | {"act_gain": Knob(0.05, 0.005, 0.5, log=True, most=1.0), "sense_band": Knob(0.5, 0.1, 2.0, log=True, most=100.0)}
NEUTRAL = {"act_gain": 0.0}


class ProteostasisNormalizer(NetworkOptimizer):
    """SGD or AdamW that keeps activities of hidden units in a band.

    Args:
        act_gain: share of the way back in a step, when all units are out. sense_band: half its width, for the mean in units of
            the sum of inputs, for the spread as a logarithm.
    """

    CHANGES = "weight"
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.05, 0.0, 1.0), "sense_band": (0.5, 0.0, 100.0)}

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[float, float, State]:
        out = [out for _, _, _, out in self._activities(signal[0])]
        share = float(torch.cat(out).double().mean()) if out else 0.0
        return share, share, {}

    def _changes(self, work: Work, gradients: list[Tensor], responses: list[Any], norms: list[float]) -> list[Any]:
        if not any(responses):
            return [None] * len(work)
        moves: dict[int, Tensor] = {}
        for layer, mean, spread, out in self._activities(self._known(self._batch)[0]):
            scale, shift = torch.where(out, spread.log().clamp(-1.0, 1.0), 0.0), torch.where(out, mean, 0.0)
            moves[id(layer.weight)] = scale
            if layer.bias is not None:
                moves[id(layer.bias)] = shift
        changes: list[Any] = []
        for (group, p), gradient, response in zip(work, gradients, responses, strict=True):
            # Who does not learn in this step is left alone.
            if id(p) not in moves or not response or not bool(quiet(gradient).any()):
                changes.append(None)
                continue
            strength = self.ACT(response, **self._knobs("act", group))
            by = (strength * moves[id(p)]).to(p.dtype)
            changes.append(p * torch.exp(-by).view(-1, *[1] * (p.dim() - 1)) if p.dim() > 1 else p - by)
        return changes

    def _activities(self, inputs: Tensor) -> list[tuple[torch.nn.Linear, Tensor, Tensor, Tensor]]:
        """For each hidden layer the mean and spread of its units, and which of them are out of the band."""
        band = float(self.param_groups[0]["sense_band"])
        with self._looking(), torch.no_grad():
            layers = self._linear(inputs)[:-1]
        found = []
        for layer, _, given in layers:
            sums = given.flatten(0, -2).float()
            mean, spread = quiet(sums.mean(dim=0)), sums.std(dim=0, correction=0)
            spread = torch.where((spread > 1e-6) & (spread < 1e6), spread, torch.ones_like(spread))
            found.append((layer, mean, spread, (mean.abs() > band) | (spread.log().abs() > band)))
        return found


def build(params: Any, *, lr: float, **knobs: Any) -> ProteostasisNormalizer:
    """The optimizer; call its ``attach(model)`` once."""
    return ProteostasisNormalizer(params, lr, **({"weight_decay": 1e-4} | knobs))

"""A second opinion on the step: the batch before says whether this one's direction helps it, too, and the rate follows.

No biology is stated for it beyond its use. An auxiliary objective is asked how a step along the current direction would
change it; its slope along that direction sets the rate, step by step and without memory.
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

TITLE = "Adaptive-eta module"
MECHANISM, TECHNIQUE = "biological sequence design", "learning rate adaptation module"
DESCRIPTION = "the learning rate follows how well the gradient agrees with that of the batch before, at the weights of now"
REFERENCE = (
    "after Chen et al., arXiv 2301.02931: eta_t = clip(eta_0 + eps <dL_aux, d>); previous batch as the auxiliary, "
    "cosine for scale, ours"
)
PROPOSED_AS, FUNCTION = "Adaptive-eta learning-rate module", "tune_plasticity"
EQUATIONS = ("a = cos(dL(previous batch; w_t), g_t);  lr_t = lr max(0.01, 1 + gain a)",)
PAIRS = (
    ("design", "weights"),
    ("auxiliary model", "loss on the batch before"),
    ("design step", "learning rate of this step"),
)
PRIOR_ART = (
    "hypergradient descent (arXiv 1703.04782) uses the last gradient at the last weights; the module itself: Chen et "
    "al., arXiv 2301.02931"
)
TASK = "slow_regression"
BECAUSE = "gradients that two batches share are signal, and deserve a longer step"
REFUTED_BY = "hypergradient descent, which costs no second pass, is as good"
LEAVES_OUT = "it trains weights instead of sequences, and the auxiliary is no bidirectional model"
SPEC = None
NEEDS: tuple[str, ...] = ("lookahead",)
BUFFERS = 0
KNOBS = BASE | {"act_gain": Knob(0.5, 0.05, 1.0, log=True, most=1.0)}
NEUTRAL = {"act_gain": 0.0}


class AdaptiveEta(NetworkOptimizer):
    """SGD or AdamW whose rate follows a second gradient. ``act_gain``: change of the rate at full agreement, 0 to 1."""

    CHANGES = "rate"
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"act_gain": (0.5, 0.0, 1.0)}
    START: ClassVar[dict[str, State]] = {"sense": {"seen": 0}, "respond": {}}
    _work: tuple[Work, list[Tensor]]

    @staticmethod
    def ACT(response: float, *, gain: float) -> float:
        """The factor on the learning rate."""
        return max(0.01, 1.0 + gain * response)

    def _responses(self, work: Work, gradients: list[Tensor], signals: dict[str, Any]) -> tuple[list[Any], list[float]]:
        self._work = work, gradients
        return super()._responses(work, gradients, signals)

    def _changes(self, work: Work, gradients: list[Tensor], responses: list[Any], norms: list[float]) -> list[Any]:
        return [
            None if r is None or r == 0.0 else self.ACT(r, **self._knobs("act", group))
            for (group, _), r in zip(work, responses, strict=True)
        ]

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[float, float, State]:
        inputs, targets = signal
        before = state.get("sense", self.START["sense"])
        kept = {"sense": {"seen": 1, "inputs": inputs.detach().clone(), "targets": targets.detach().clone()}}
        if not before["seen"]:
            return 0.0, 0.0, kept
        work, gradients = self._work
        weights = [p for _, p in work]
        with self._looking(), torch.enable_grad():
            outputs, _ = self._layers(before["inputs"])
            found = self._gradient_of(self._loss(outputs, before["targets"]), weights, len(before["inputs"]))
        along = own = others = 0.0
        for (settings, _), g, other in zip(work, gradients, found, strict=True):
            if other is None:
                continue
            g, other = quiet(g).double(), quiet(other).double() * (-1.0 if settings["maximize"] else 1.0)
            along += float((g * other).sum())
            own, others = own + float(g.square().sum()), others + float(other.square().sum())
        scale = (own * others) ** 0.5
        agreement = min(max(along / scale, -1.0), 1.0) if scale > 1e-30 else 0.0
        return agreement, agreement, kept


def build(params: Any, *, lr: float, **knobs: Any) -> AdaptiveEta:
    """The optimizer; call its ``attach(model)`` once."""
    return AdaptiveEta(params, lr, **({"weight_decay": 1e-4} | knobs))

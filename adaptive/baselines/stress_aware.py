"""Stress-aware learning: where loss and accuracy stagnate, stress builds up; past the yield point the weights are deformed.

    m <- fast m + (1 - fast) loss;   M <- slow M + (1 - slow) loss;   n, N the same of the accuracy
    stagnant where |m - M| <= tolerance |M| and |n - N| <= tolerance |N|
    stress <- min(stress + 1 / patience, 2) while stagnant, else 0.9 stress
    w <- w - lr (d + noise max(stress - 1, 0) x),   d SGD's direction, x standard normal

Below 1 the deformation is elastic: stress relaxes and leaves no trace. Above 1 it is plastic: noise goes into the weights, the
more the longer nothing moves. Where a task does not tell how many were missed, its loss alone decides.

Read of the source were the abstract and the introduction: noise in the weights when a stress signal made of loss *and* accuracy
says that training stagnates, elastic (passing) before plastic (lasting) deformation. Its constants, and how exactly it measures
stress, were not to be found. The running means, the yield point of 1, the ceiling of 2, the relaxation by a tenth and the noise
in proportion to ``lr`` are ours; tolerance, patience and noise are tuned.

*Reference:* arXiv 2508.00098 (Shakarami et al., Stress-aware resilient neural training).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from adaptive.baselines._observing import ObservingOptimizer
from adaptive.baselines._rule import Draw, Number, Slot, Units, descend, member, spread
from adaptive.knobs import Knob

DESCRIPTION = "SGD that adds noise to the weights while loss and accuracy stagnate"
REFERENCE = "arXiv 2508.00098"
BUFFERS = 1
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "noise": Knob(0.1, 1e-3, 10.0, log=True),
    "tolerance": Knob(0.05, 0.01, 0.3, log=True),
    "patience": Knob(50.0, 10.0, 300.0, log=True, least=1.0),
    "momentum": Knob(0.0, 0.0, 0.95, most=0.999999),
}
OPTIONS = KNOBS
LIVELY = {"tolerance": 0.3, "patience": 5.0, "momentum": 0.5}
# Noise is drawn tensor by tensor.
ALIKE = False
MOVES_ALONE = True
FAST, SLOW, YIELD, CEILING, RELAXED = 0.95, 0.995, 1.0, 2.0, 0.9


def rule(slots: Sequence[Slot], units: Sequence[Units], draw: Draw, whole: dict[str, Any]) -> None:
    """Stress is of the whole network; ``whole`` tells the loss and the score of the step, (members,) or a float each."""
    h = slots[0].h
    stagnant = _stagnant(whole, "loss", h["tolerance"]) & _stagnant(whole, "score", h["tolerance"])
    stress = whole.get("stress", torch.zeros(len(slots[0].p), dtype=torch.float64))
    risen = (stress + 1.0 / member(h["patience"])).clamp_max(CEILING)
    whole["stress"] = stress = torch.where(stagnant, risen, RELAXED * stress)
    strain = (stress - YIELD).clamp_min(0.0)
    for slot in slots:
        descend(slot, slot.g)
        if bool((strain > 0.0).any()):
            deformed = spread(strain, slot.p).to(slot.p.dtype) * draw.normal(slot.p)
            slot.p.sub_(slot.h["lr"] * slot.h["noise"] * deformed)


def _stagnant(whole: dict[str, Any], name: str, tolerance: Number) -> Tensor:
    """Whether the two running means of what ``name`` tells are alike, (members,); what is not a number is left out of them."""
    now = torch.as_tensor(whole[name], dtype=torch.float64).reshape(-1)
    fast, slow = (whole.get(f"{name}_{pace}", now) for pace in ("fast", "slow"))
    heard = now.isfinite()
    fast = torch.where(heard, torch.where(fast.isfinite(), FAST * fast + (1.0 - FAST) * now, now), fast)
    slow = torch.where(heard, torch.where(slow.isfinite(), SLOW * slow + (1.0 - SLOW) * now, now), slow)
    whole[f"{name}_fast"], whole[f"{name}_slow"] = fast, slow
    still: Tensor = (fast - slow).abs() <= member(tolerance) * slow.abs()
    return still


class StressAware(ObservingOptimizer):
    """See the head of this file; ``observe(loss=…)`` before each step, with ``errors=…``, the share missed, where it is known."""

    RULE, OPTIONS = staticmethod(rule), OPTIONS
    OBSERVES = ("loss", "errors")

    def _advance(self, told: dict[str, Any]) -> None:
        kept: Any = self.state
        score = 1.0 - told["errors"] if "errors" in told else told["loss"]
        kept["network"] |= {"loss": told["loss"], "score": score}
        super()._advance(told)


def build(params: Iterable[torch.nn.Parameter], *, lr: float, **options: Any) -> StressAware:
    """The optimizer; its noise comes from a generator of its own."""
    return StressAware(params, lr=lr, **options)

"""Learning costs energy: in each step only those tensors learn that are worth their price, as long as the purse lasts.

Updating a tensor costs as many units as it has numbers. The purse is refilled by a part of what a full step costs; it is
spent first where the gradient is strongest for each number and where a tensor has waited long. Who comes next and cannot be
paid for is saved up for, and neither it nor anybody behind it learns in this step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.mechanism import Work
from adaptive.prototypes._allocation import AllocatingOptimizer
from adaptive.prototypes._composed import BASE

TITLE = "ATP energy budget"
MECHANISM, TECHNIQUE = "cellular energy allocation", "training resource allocation"
DESCRIPTION = (
    "a purse that refills pays for the tensors whose gradients are strongest for their size; the others do not learn in this step"
)
REFERENCE = "token bucket: RFC 2697; worth as the fall of the loss for each number, to first order, ours"
PROPOSED_AS, FUNCTION = "ATP energy-budgeted training", "allocate_resources"
EQUATIONS = (
    "worth_i = (1 + waited_i) |g_i|^2 / n_i;  price_i = n_i / sum n, paid in order of worth while E >= price_i",
    "response_i = 0 where paid for, else 1;  E <- min(1, E - paid + refill);  lr_i = lr (1 - gain response_i)",
)
PAIRS = (
    ("ATP", "purse, in shares of a full step"),
    ("chaperone client", "tensor"),
    ("urgency", "strength of the gradient for each number, and time waited"),
    ("austerity", "tensors that do not learn in this step"),
)
PRIOR_ART = "sparse and selective backpropagation (meProp, arXiv 1706.06197); freezing of layers by schedule (arXiv 1706.04983)"
TASK = "digits"
BECAUSE = "layers differ in what a step of theirs is worth"
REFUTED_BY = "skipping tensors at random, as often, is as good; or all tensors at a learning rate lower by as much"
LEAVES_OUT = (
    "backward passes are not spared: an optimizer sees gradients when they have been paid for, so that only the cost "
    "of updates falls"
)
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = BASE | {"respond_refill": Knob(0.5, 0.1, 0.95, most=1.0), "act_gain": Knob(1.0, 0.3, 1.0, most=1.0)}
NEUTRAL = {"act_gain": 0.0}


class EnergyBudget(AllocatingOptimizer):
    """SGD or AdamW that pays for updates.

    Args:
        respond_refill: part of a full step's cost that comes in with each step. act_gain: share of the rate that is withheld
            from a tensor that is not paid for.
    """

    SHARED = ("respond_refill",)
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"respond_refill": (0.5, 0.0, 1.0), "act_gain": (1.0, 0.0, 1.0)}

    def _allocate(self, work: Work, squares: Sequence[float], gradients: Sequence[Tensor]) -> tuple[list[float], list[float]]:
        known: dict[str, Any] = self.state["network"].get("respond", {"spent": 0.0})
        left = 1.0 - known["spent"]
        total = sum(p.numel() for _, p in work) or 1
        waited = [int(self.state[p].get("waited", 0)) for _, p in work]
        worth = [
            (1.0 + time) * (square if 0.0 <= square < 1e36 else 0.0) / max(1, p.numel())
            for (_, p), square, time in zip(work, squares, waited, strict=True)
        ]
        responses = [1.0] * len(work)
        for i in sorted(range(len(work)), key=lambda i: (-worth[i], i)):
            price = work[i][1].numel() / total
            if price > left + 1e-9:
                break  # What is worth more is saved up for: nobody jumps the queue.
            left -= price
            responses[i] = 0.0
        refill = float(self.param_groups[0]["respond_refill"])
        self.state["network"] = self.state["network"] | {"respond": {"spent": min(max(1.0 - left - refill, 0.0), 1.0)}}
        for (_, p), time, response in zip(work, waited, responses, strict=True):
            self.state[p]["waited"] = time + 1 if response else 0
        return worth, responses


def build(params: Any, *, lr: float, **knobs: Any) -> EnergyBudget:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return EnergyBudget(params, lr, **({"weight_decay": 1e-4} | knobs))

"""One at a time, undisturbed: the tensor that is worst off learns alone for some steps, the others nearly rest.

GroEL encloses a single protein so that it can fold without touching others. The tensor whose gradients have contradicted
themselves most is enclosed for a period: only it learns at full rate. Then all go on together as long, and the next is
chosen, perhaps the same again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor

from adaptive.knobs import Knob
from adaptive.mechanism import Work
from adaptive.parts.sense import gradient_novelty
from adaptive.prototypes._allocation import AllocatingOptimizer
from adaptive.prototypes._composed import BASE

TITLE = "Chaperonin chamber"
MECHANISM, TECHNIQUE = "chaperone-guided protein folding", "optimization algorithm"
DESCRIPTION = "the tensor with the most contradictory gradients learns alone for a period, then all learn as long together"
REFERENCE = "GroEL/ES as a cage: Hayer-Hartl et al., doi 10.1016/j.tibs.2015.07.009; the choice by contradiction, ours"
PROPOSED_AS, FUNCTION = "Chaperonin chamber isolation training", "assist_formation"
EQUATIONS = (
    "s_i = EMA of 1 - cos(g_i, d_i), d_i the trail of g_i;  enclosed = argmax s_i if s_i > limit",
    "for period steps response_j = 1 for all j but the enclosed, then 0 for all for as long;  lr_j = lr (1 - gain response_j)",
)
PAIRS = (
    ("misfolded protein", "tensor with contradictory gradients"),
    ("chamber", "period in which only it learns"),
    ("release and re-test", "period in which all learn, then a new choice"),
)
PRIOR_ART = "block coordinate descent with greedy (Gauss-Southwell) choice (arXiv 1506.00552); layer-wise training"
TASK = "exploding_gradient"
BECAUSE = "gradients of one tensor are noise while others move; held still, they may become signal"
REFUTED_BY = "enclosing a random tensor, or block coordinate descent in turns, is as good"
LEAVES_OUT = "the enclosed tensor follows the usual loss: there is no local objective"
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = BASE | {"respond_period": Knob(8.0, 2.0, 100.0, log=True, least=1.0, most=1e6), "act_gain": Knob(0.9, 0.3, 1.0, most=1.0)}
NEUTRAL = {"act_gain": 0.0}


class ChaperoninChamber(AllocatingOptimizer):
    """SGD or AdamW in which one tensor at a time may learn alone.

    Args:
        sense_memory: of the trail of gradients, and of how contradictory they were. respond_limit: contradiction below which
            none is enclosed. respond_period: steps in the chamber, and out of it. act_gain: share of the rate that is
            withheld from the others.
    """

    SIGNAL = "products"
    SHARED = ("sense_memory", "respond_limit", "respond_period")
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {
        "sense_memory": (0.9, 0.0, 0.9999),
        "respond_limit": (0.3, 0.0, 2.0),
        "respond_period": (8.0, 1.0, 1e6),
        "act_gain": (0.9, 0.0, 1.0),
    }

    def _allocate(self, work: Work, squares: Sequence[float], gradients: Sequence[Tensor]) -> tuple[list[float], list[float]]:
        memory, limit, period = (float(self.param_groups[0][f]) for f in ("sense_memory", "respond_limit", "respond_period"))
        products = self._signals_of(work, list(gradients), list(squares))
        for (_, p), signal in zip(work, products, strict=True):
            novelty, _ = gradient_novelty.sense(signal, {}, memory=memory)
            self.state[p]["contradiction"] = memory * self.state[p].get("contradiction", 0.0) + (1.0 - memory) * novelty
        self._remember(work, list(gradients), list(squares))
        scores = [float(self.state[p]["contradiction"]) for _, p in work]
        known: dict[str, Any] = self.state["network"].get("respond", {"age": 0, "enclosed": -1})
        age, enclosed = known["age"] + 1, known["enclosed"]
        places = [p for group in self.param_groups for p in group["params"]]
        if age >= period:
            age = 0
            worst = max(range(len(work)), key=lambda i: (scores[i], -i))
            fit = enclosed < 0 and scores[worst] > limit
            # Where it lies in the optimizer, not among the gradients of this step: some may have none.
            enclosed = next(i for i, p in enumerate(places) if p is work[worst][1]) if fit else -1
        self.state["network"] = self.state["network"] | {"respond": {"age": age, "enclosed": enclosed}}
        if enclosed < 0 or not any(p is places[enclosed] for _, p in work):
            return scores, [0.0] * len(work)
        return scores, [0.0 if p is places[enclosed] else 1.0 for _, p in work]


def build(params: Any, *, lr: float, **knobs: Any) -> ChaperoninChamber:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return ChaperoninChamber(params, lr, **({"weight_decay": 1e-4} | knobs))

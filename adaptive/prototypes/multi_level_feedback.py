"""Three levels regulate one learning rate: a slow lock for the network, a mark for each tensor, a fast veto for each weight.

Methylation locks for long, histone marks tune, RNA interference silences at once. The network's level adds up how the loss
has fared, each tensor's is a bistable mark written by agreement of its gradients, and a weight whose gradient contradicts its
past is turned down in that step as far as can be, whatever the others say.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from torch import Tensor

from adaptive.frame import MissingSignal, RegulatedOptimizer
from adaptive.knobs import Knob, defaults
from adaptive.mechanism import Work, wide
from adaptive.parts.act import learning_rate
from adaptive.parts.elementwise import State
from adaptive.parts.respond import bistable_mark, integral
from adaptive.parts.sense import loss_trend, weight_surprise
from adaptive.prototypes._composed import BASE

TITLE = "Multi-level feedback"
MECHANISM, TECHNIQUE = "multilevel gene regulation", "hierarchical feedback optimization"
DESCRIPTION = "learning rates follow a slow sum for the network, a mark for each tensor and a veto for each weight"
REFERENCE = "made of the parts loss_trend, integral, gradient_agreement, bistable_mark and weight_surprise; the sum is ours"
PROPOSED_AS, FUNCTION = "Multi-level hierarchical feedback control", "abstract_in_levels"
EQUATIONS = (
    "r_i = (1 - v_i) (I + m_tensor) / 2 - v_i;  I integral of the loss's trend, m bistable mark of agreement",
    "v_i = clamp((|g_i - d_i| / (|g_i| + |d_i|) - 0.9) / 0.1, 0, 1);  lr_i = lr e^(gain r_i)",
)
PAIRS = (
    ("DNA methylation", "slow sum over the whole network"),
    ("histone mark", "bistable mark of a tensor"),
    ("RNA interference", "veto of a weight in one step"),
    ("gene expression", "learning rate"),
)
PRIOR_ART = "IDBD and meta-descent at several levels; Rprop (doi 10.1109/ICNN.1993.298623) for the veto alone"
TASK = "label_swap_digits"
BECAUSE = "changes of the world, of layers and of single weights have time scales of their own"
REFUTED_BY = "any single level is as good as all three at its best setting"
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = BASE | {"respond_rate": Knob(0.02, 0.001, 0.2, log=True, most=1.0), "act_gain": Knob(0.7, 0.1, 1.5, log=True, most=5.0)}
NEUTRAL = {"act_gain": 0.0}


class MultiLevelFeedback(RegulatedOptimizer):
    """SGD or AdamW with three levels of regulation.

    Args:
        sense_memory: of the trail of gradients. respond_rate: of the network's sum. act_gain: logarithm of the factor at most.
    """

    SIGNAL, SCOPE, CHANGES, OBSERVES = "pair", "weight", "rate", ("loss",)
    START: ClassVar[dict[str, State]] = {"sense": {}, "respond": bistable_mark.START}
    SHARED = ("respond_rate",)
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {
        "sense_memory": (0.9, 0.0, 0.9999),
        "respond_rate": (0.02, 0.0, 1.0),
        "act_gain": (0.7, 0.0, 5.0),
    }
    ACT = staticmethod(learning_rate.act)
    _slow: Any = 0.0

    def _responses(self, work: Work, gradients: list[Tensor], signals: dict[str, Any]) -> tuple[list[Any], list[float]]:
        if self.mechanism == "on" and self.replay is None and self.constant is None:
            if "loss" not in signals:
                raise MissingSignal("call optimizer.observe(loss=...) before step()")
            loss = signals["loss"] * (-1.0 if self.param_groups[0]["maximize"] else 1.0)
            known = self.state["network"]
            trend, felt = loss_trend.sense(loss, known.get("sense", loss_trend.START), **defaults(loss_trend.KNOBS))
            rate = float(self.param_groups[0]["respond_rate"])
            self._slow, total = integral.respond(trend, known.get("respond", integral.START), rate=rate, set_point=0.0)
            self.state["network"] = known | {"sense": felt, "respond": total}
        return super()._responses(work, gradients, signals)

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[Any, Any, State]:
        gradient, trail = (wide(x) for x in signal)
        scale = math.sqrt(float(gradient.dot(gradient)) * float(trail.dot(trail)))
        agreement = min(max(float(gradient.dot(trail)) / scale, -1.0), 1.0) if 1e-30 < scale < math.inf else 0.0
        mark, marked = bistable_mark.respond(
            agreement, state.get("respond", self.START["respond"]), **defaults(bistable_mark.KNOBS)
        )
        surprise, _ = weight_surprise.sense(signal, {}, memory=0.0)
        veto = ((surprise - 0.9) / 0.1).clamp(0.0, 1.0)
        return surprise, (1.0 - veto) * ((self._slow + mark) / 2.0) - veto, {"respond": marked}


def build(params: Any, *, lr: float, **knobs: Any) -> MultiLevelFeedback:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return MultiLevelFeedback(params, lr, **({"weight_decay": 1e-4} | knobs))

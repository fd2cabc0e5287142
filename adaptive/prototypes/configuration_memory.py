"""What worked in a world is kept and recalled when that world returns: a store of learning rates by the mark of their context.

A controller lets the learning rate follow how the loss fares. When the loss jumps, what it had reached is stored under a
fingerprint of the gradients of that time; some steps later the fingerprint of the new time is compared with those in store,
and the setting of the nearest is taken up, or none. What is not recalled for long is forgotten.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from adaptive.frame import RegulatedOptimizer
from adaptive.knobs import Knob, defaults
from adaptive.mechanism import Work, quiet
from adaptive.parts.act import learning_rate
from adaptive.parts.elementwise import State
from adaptive.parts.sense import loss_spike, loss_trend
from adaptive.prototypes._composed import BASE

TITLE = "Memory of configurations"
MECHANISM, TECHNIQUE = "epigenetic memory", "retained beneficial configuration"
DESCRIPTION = (
    "the learning rate reached in a context is stored under a fingerprint of its gradients and recalled when that returns"
)
REFERENCE = "the design is ours, after the essay"
PROPOSED_AS, FUNCTION = "Epigenetic memory of configurations", "store_and_recall"
EQUATIONS = (
    "tone <- clamp(tone + rate trend, -1, 1);  print <- 0.9 print + 0.1 g_last / |g_last|, g_last of the last tensor",
    "where the loss jumps by 3 spreads: store (print, tone); delay steps later tone <- that of the print nearest by cosine, or 0",
    "lr_t = lr e^(gain tone);  at most 8 in store, the one not recalled for longest goes",
)
PAIRS = (
    ("epigenetic mark", "stored setting"),
    ("environment", "fingerprint of the gradients"),
    ("recall", "setting taken up at a likeness"),
    ("erasure", "the longest unused is forgotten"),
)
PRIOR_ART = (
    "context-dependent learning rates by hand; memory of hyperparameters in lifelong learning is not known to us; "
    "nearest is PBT's copying of settings (arXiv 1711.09846)"
)
TASK = "label_swap_digits"
BECAUSE = "it would help where worlds return; swaps of labels return rarely, so little is expected here"
REFUTED_BY = "the same controller without memory, or with random recall, is as good on a stream of returning worlds"
LEAVES_OUT = "one number is stored, not all hyperparameters; no task here returns to earlier worlds by design"
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = BASE | {"respond_rate": Knob(0.05, 0.005, 0.5, log=True, most=1.0), "act_gain": Knob(0.7, 0.1, 1.5, log=True, most=5.0)}
NEUTRAL = {"act_gain": 0.0}
ROOM, DELAY, ALIKE, JUMP = 8, 10, 0.5, 3.0
"""Settings in store, steps before one is recalled, the cosine from which worlds count as the same, spreads that are a jump."""


class ConfigurationMemory(RegulatedOptimizer):
    """SGD or AdamW with a store of settings. ``respond_rate``: of the controller; ``act_gain``: logarithm of the factor."""

    SIGNAL, SCOPE, CHANGES, OBSERVES = "loss", "network", "rate", ("loss",)
    START: ClassVar[dict[str, State]] = {
        "sense": {"trend": loss_trend.START, "spike": loss_spike.START, "print": []},
        "respond": {"tone": 0.0, "wait": 0, "store": []},
    }
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"respond_rate": (0.05, 0.0, 1.0), "act_gain": (0.7, 0.0, 5.0)}
    ACT = staticmethod(learning_rate.act)
    _last: list[float]

    def _responses(self, work: Work, gradients: list[Tensor], signals: dict[str, Any]) -> tuple[list[Any], list[float]]:
        flat = quiet(gradients[-1]).flatten()[:64].double()
        self._last = (flat / flat.norm().clamp_min(1e-30)).tolist()
        return super()._responses(work, gradients, signals)

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[float, float, State]:
        met, held = (state.get(name, self.START[name]) for name in ("sense", "respond"))
        trend, trending = loss_trend.sense(signal, met["trend"], **defaults(loss_trend.KNOBS))
        spike, spiking = loss_spike.sense(signal, met["spike"], **(defaults(loss_spike.KNOBS) | {"threshold": JUMP}))
        before = met["print"] if len(met["print"]) == len(self._last) else [0.0] * len(self._last)
        now = [0.9 * old + 0.1 * new for old, new in zip(before, self._last, strict=True)]
        tone, wait, store = held["tone"], held["wait"], held["store"]
        if spike > 0.0 and wait == 0:
            store, wait = [*store, [before, tone]][-ROOM:], DELAY
        elif wait > 0:
            wait -= 1
            if wait == 0:
                tone, store = self._recalled(now, store)
        tone = min(max(tone + float(group["respond_rate"]) * trend, -1.0), 1.0)
        sensed = {"trend": trending, "spike": spiking, "print": now}
        return trend, tone, {"sense": sensed, "respond": {"tone": tone, "wait": wait, "store": store}}

    def _recalled(self, now: list[float], store: list[list[Any]]) -> tuple[float, list[list[Any]]]:
        """The tone kept under the print most like ``now``, and the store with that one as the last used; 0 if none is alike."""

        def likeness(print_: list[float]) -> float:
            if len(print_) != len(now):
                return 0.0
            a, b = torch.tensor(print_, dtype=torch.float64), torch.tensor(now, dtype=torch.float64)
            return float(a @ b / (a.norm() * b.norm()).clamp_min(1e-30))

        best = max(range(len(store)), key=lambda i: likeness(store[i][0]), default=None)
        if best is None or likeness(store[best][0]) <= ALIKE:
            return 0.0, store
        return float(store[best][1]), [*store[:best], *store[best + 1 :], store[best]]


def build(params: Any, *, lr: float, **knobs: Any) -> ConfigurationMemory:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return ConfigurationMemory(params, lr, **({"weight_decay": 1e-4} | knobs))

"""Prototypes that try: settings take turns on the same network, each for a while, and what it brought decides what is tried next.

A population that trains side by side would cost as many networks; here individuals live one after the other on one set of
weights, and each is judged by how the mean loss of its turn compares with the turn before. Later turns start from better
weights, so payoffs are only comparable over a short past: an honest limit of trying in turns.
"""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from adaptive.frame import RegulatedOptimizer
from adaptive.knobs import Knob
from adaptive.parts.elementwise import HUGE, State
from adaptive.prototypes._composed import BASE

KNOBS = BASE | {
    "respond_period": Knob(20.0, 5.0, 200.0, log=True, least=2.0, most=1e6),
    "act_gain": Knob(0.7, 0.1, 1.5, log=True, most=5.0),
}
Memory = dict[str, Any]
"""What a prototype keeps from turn to turn: numbers, and lists of them."""


class TurnTaking(RegulatedOptimizer):
    """SGD or AdamW whose learning rate is what the setting whose turn it is says; ``response`` is that setting, -1 to 1.

    Args:
        respond_period: steps of a turn. act_gain: logarithm of the factor on the learning rate at a setting of 1.

    A subclass says how a finished turn is taken in and what is tried next.
    """

    SIGNAL, SCOPE, CHANGES, OBSERVES = "loss", "network", "rate", ("loss",)
    START: ClassVar[dict[str, State]] = {
        "sense": {"count": 0, "sum": 0.0, "before": None},
        "respond": {"setting": 0.0},
    }
    LIMITS: ClassVar[dict[str, tuple[float, float, float]]] = {"respond_period": (20.0, 2.0, 1e6), "act_gain": (0.7, 0.0, 5.0)}

    @staticmethod
    def ACT(response: float, *, gain: float) -> float:
        """The factor on the learning rate."""
        return math.exp(gain * response)

    def _regulate(self, signal: Any, state: State, group: dict[str, Any]) -> tuple[float, float, State]:
        met, tried = (state.get(name, self.START[name]) for name in ("sense", "respond"))
        # A loss that is not finite is a bad turn's, not a number to reckon with.
        loss = float(signal) if abs(signal) < HUGE else met["sum"] / met["count"] if met["count"] else 0.0
        met = met | {"count": met["count"] + 1, "sum": met["sum"] + loss}
        setting = float(tried["setting"])
        payoff = 0.0
        if met["count"] >= int(group["respond_period"]):
            mean = met["sum"] / met["count"]
            if met["before"] is not None:
                payoff = min(max((met["before"] - mean) / (abs(met["before"]) + 1e-12), -1.0), 1.0)
                memory, following = self.judged(dict(tried), setting, payoff, random.Random(self._draws()))
                tried = memory | {"setting": min(max(following, -1.0), 1.0)}
            met = {"count": 0, "sum": 0.0, "before": mean}
        return payoff, setting, {"sense": met, "respond": tried}

    def judged(self, memory: Memory, setting: float, payoff: float, chance: random.Random) -> tuple[Memory, float]:
        """What is kept after ``setting`` brought ``payoff`` (-1 to 1, share by which the loss fell), and what is tried next."""
        raise NotImplementedError


def replaced(values: list[float], index: int, value: float) -> list[float]:
    """A copy of ``values`` with another one at ``index``: states are never written into."""
    return [*values[:index], value, *values[index + 1 :]]


def near(value: float, spread: float, chance: random.Random) -> float:
    """``value``, mutated, within -1 to 1."""
    return min(max(value + chance.gauss(0.0, spread), -1.0), 1.0)

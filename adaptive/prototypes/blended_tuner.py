"""Three ways of searching share one purse of trials: mutation, a fitted curve, and a step where the last one paid.

Evolution varies the best setting of the recent past, a quadratic fitted to what settings have paid proposes its peak, and
reinforcement steps on in a direction that paid. Who proposed what paid is asked more often.
"""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from adaptive.parts.elementwise import State
from adaptive.prototypes._turns import KNOBS as TURNS
from adaptive.prototypes._turns import Memory, TurnTaking, near, replaced

TITLE = "Blended tuner"
MECHANISM, TECHNIQUE = "biological feedback loop", "artificial neural network hyperparameter tuning system"
DESCRIPTION = "learning rates are proposed by mutation, by a fitted curve or by reinforcement, whichever has paid more of late"
REFERENCE = "the design is ours, after the essay's sentence"
PROPOSED_AS, FUNCTION = "Blended RL-Bayes-evolution tuner", "vary_and_select"
EQUATIONS = (
    "evolution: best of the last 12 + 0.2 xi;  surrogate: peak of the parabola fitted to them, within -1 to 1;",
    "reinforcement: setting + 0.2 sign(payoff - usual) sign(last move);  asked with probability e^(3 credit) / sum",
    "credit <- 0.8 credit + 0.2 advantage;  advantage = (payoff - usual) / spread, within -1 to 1, as setting is, too;",
    "usual and spread: mean, and mean distance from it, of the last 12 payoffs;  lr_t = lr e^(gain setting)",
)
PAIRS = (
    ("variation and selection", "mutation of the best"),
    ("anticipation", "peak of a fitted curve"),
    ("reinforcement", "step where it paid"),
    ("allocation among feedback loops", "credit"),
)
PRIOR_ART = "Bayesian optimization hybrids and BOHB (arXiv 1807.01774); population-based bandits (arXiv 2002.02518)"
TASK = "label_swap_digits"
BECAUSE = "no single way of searching suits both calm and change"
REFUTED_BY = "each way alone, at the same number of turns, is as good, or random settings are"
LEAVES_OUT = (
    "individuals live one after the other on one set of weights; one trait, the learning rate; a parabola in the "
    "place of a Gaussian process"
)
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = TURNS
NEUTRAL = {"act_gain": 0.0}
LIVELY = {"respond_period": 5.0}


class BlendedTuner(TurnTaking):
    """Three proposers with credit."""

    START: ClassVar[dict[str, State]] = {
        "sense": TurnTaking.START["sense"],
        "respond": {"setting": 0.0, "settings": [], "payoffs": [], "credit": [0.0, 0.0, 0.0], "asked": 0, "move": 1.0},
    }

    def judged(self, memory: Memory, setting: float, payoff: float, chance: random.Random) -> tuple[Memory, float]:
        """Credits who proposed, then asks one of the three."""
        usual = sum(memory["payoffs"]) / max(1, len(memory["payoffs"]))
        spread = sum(abs(p - usual) for p in memory["payoffs"]) / max(1, len(memory["payoffs"]))
        advantage = min(max((payoff - usual) / (spread + 1e-9), -1.0), 1.0) if memory["payoffs"] else 0.0
        asked = memory["asked"]
        credit = replaced(memory["credit"], asked, 0.8 * memory["credit"][asked] + 0.2 * advantage)
        settings, payoffs = [*memory["settings"], setting][-12:], [*memory["payoffs"], payoff][-12:]
        asked = chance.choices((0, 1, 2), [math.exp(3.0 * c) for c in credit])[0]
        step = (memory["move"] if advantage >= 0.0 else -memory["move"]) * 0.2
        proposals = (near(settings[payoffs.index(max(payoffs))], 0.2, chance), peak(settings, payoffs, chance), setting + step)
        following = min(max(proposals[asked], -1.0), 1.0)
        move = 1.0 if following >= setting else -1.0
        return memory | {"settings": settings, "payoffs": payoffs, "credit": credit, "asked": asked, "move": move}, following


def peak(settings: list[float], payoffs: list[float], chance: random.Random) -> float:
    """Where the parabola through what was paid is highest from -1 to 1; a random place while it is not determined."""
    import numpy

    if len({round(setting, 3) for setting in settings}) < 4:
        return chance.uniform(-1.0, 1.0)
    curve = numpy.polynomial.polynomial.polyfit(settings, payoffs, 2)
    places = [-1.0, 1.0] + ([float(-curve[1] / (2.0 * curve[2]))] if curve[2] < 0.0 else [])
    return max(
        (place for place in places if -1.0 <= place <= 1.0), key=lambda x: float(numpy.polynomial.polynomial.polyval(x, curve))
    )


def build(params: Any, *, lr: float, **knobs: Any) -> BlendedTuner:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return BlendedTuner(params, lr, **({"weight_decay": 1e-4} | knobs))

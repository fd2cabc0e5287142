"""Two speeds of inheritance: rates evolve over generations, marks within a life, and children get half of them.

Each individual has an inherited rate and a mark that its own life writes. When all have lived, the worst gives way to a child
of the best, which inherits the rate with a mutation and the mark half erased.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

from adaptive.parts.elementwise import State
from adaptive.prototypes._turns import KNOBS as TURNS
from adaptive.prototypes._turns import Memory, TurnTaking, near, replaced

TITLE = "Transgenerational evolution"
MECHANISM, TECHNIQUE = "epigenetic evolution", "artificial neural network"
DESCRIPTION = "learning rates evolve over generations of turns; what a life has learned is half inherited"
REFERENCE = "the design is ours, after the essay; selection as in arXiv 1711.09846"
PROPOSED_AS, FUNCTION = "Transgenerational hyperparameter evolution", "inherit_state"
EQUATIONS = (
    "setting = gene + mark; after its turn mark <- mark + 0.3 news sign(setting);  lr_t = lr e^(gain setting)",
    "news = payoff / spread, spread a running mean of |payoff|",
    "after all turns: worst <- (gene of the best + 0.2 xi, half its mark)",
    "marks are kept within -0.5 to 0.5; setting, payoff, news and gene within -1 to 1",
)
PAIRS = (
    ("gene", "inherited rate"),
    ("epigenetic mark", "change of the rate within a life"),
    ("partial erasure", "half of the mark is handed on"),
    ("selection", "the best replaces the worst"),
)
PRIOR_ART = "population-based training (arXiv 1711.09846), without marks and side by side"
TASK = "slow_regression"
BECAUSE = "long-run performance and short-run feedback ask for different rates"
REFUTED_BY = "the same without marks, or with full erasure, is as good; or PBT is"
LEAVES_OUT = "individuals live one after the other on one set of weights; one trait, the learning rate"
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = TURNS
NEUTRAL = {"act_gain": 0.0}
LIVELY = {"respond_period": 5.0}


class TransgenerationalEvolution(TurnTaking):
    """Four individuals with genes and marks."""

    START: ClassVar[dict[str, State]] = {
        "sense": TurnTaking.START["sense"],
        "respond": {
            "setting": 0.0,
            "turn": 0,
            "genes": [0.0, 0.4, -0.4, 0.2],
            "marks": [0.0] * 4,
            "payoffs": [0.0] * 4,
            "spread": 0.0,
        },
    }

    def judged(self, memory: Memory, setting: float, payoff: float, chance: random.Random) -> tuple[Memory, float]:
        """Writes the mark of who lived; after a round the worst is replaced."""
        turn, genes, marks = memory["turn"], memory["genes"], memory["marks"]
        spread = memory["spread"] + 0.2 * (abs(payoff) - memory["spread"])
        news = min(max(payoff / (spread + 1e-9), -1.0), 1.0)
        along = (setting > 0.0) - (setting < 0.0)
        marks = replaced(marks, turn, min(max(marks[turn] + 0.3 * news * along, -0.5), 0.5))
        payoffs = replaced(memory["payoffs"], turn, payoff)
        turn += 1
        if turn == len(genes):
            best, worst = payoffs.index(max(payoffs)), payoffs.index(min(payoffs))
            if best != worst:
                genes = replaced(genes, worst, near(genes[best], 0.2, chance))
                marks = replaced(marks, worst, 0.5 * marks[best])
            turn = 0
        kept = {"turn": turn, "genes": genes, "marks": marks, "payoffs": payoffs, "spread": spread}
        return memory | kept, genes[turn] + marks[turn]


def build(params: Any, *, lr: float, **knobs: Any) -> TransgenerationalEvolution:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return TransgenerationalEvolution(params, lr, **({"weight_decay": 1e-4} | knobs))

"""Choice of partners keeps a population varied: each learning rate has an ideal partner of its own, which evolves, too.

An individual is a rate and the rate that it would like in a mate. The fitter of two becomes a parent, the candidate nearest
to its ideal the other; their child mixes both rates, inherits an ideal, and replaces the worst.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

from adaptive.parts.elementwise import State
from adaptive.prototypes._turns import KNOBS as TURNS
from adaptive.prototypes._turns import Memory, TurnTaking, near, replaced

TITLE = "Mate choice"
MECHANISM, TECHNIQUE = "sexual selection", "genetic programming"
DESCRIPTION = "learning rates are bred from a fit parent and the partner nearest to its own evolving ideal"
REFERENCE = 'after "All You Need Is Sex for Diversity" (Simões et al., arXiv 2303.17441); a number for a program, ours'
PROPOSED_AS, FUNCTION = "Mate-choice diversity search", "keep_diversity"
EQUATIONS = (
    "parent = the fitter of two; mate = argmin over three others of |ideal of the parent - rate of the candidate|",
    "child = (u rate + (1 - u) rate of the mate + 0.15 xi, ideal of one of them + 0.15 xi), replaces the worst",
    "lr_t = lr e^(gain rate), each individual a turn",
)
PAIRS = (
    ("individual", "a learning rate"),
    ("preference", "ideal rate of a partner"),
    ("sexual selection", "mate nearest to the ideal"),
    ("diversity", "spread of rates"),
)
PRIOR_ART = "PIMP and other forms of mate choice in genetic programming; population-based training (arXiv 1711.09846)"
TASK = "slow_regression"
BECAUSE = "a varied population has a rate ready when the target turns"
REFUTED_BY = "random mates keep as much diversity and pay as well"
LEAVES_OUT = (
    "individuals live one after the other on one set of weights; one trait, the learning rate; the paper evolves programs"
)
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = TURNS
NEUTRAL = {"act_gain": 0.0}
LIVELY = {"respond_period": 5.0}


class MateChoice(TurnTaking):
    """Six individuals that choose."""

    START: ClassVar[dict[str, State]] = {
        "sense": TurnTaking.START["sense"],
        "respond": {
            "setting": 0.0, "turn": 0, "rates": [0.0, 0.5, -0.5, 0.25, -0.25, 0.75],
            "ideals": [0.5, -0.5, 0.25, -0.25, 0.75, 0.0], "fitness": [0.0] * 6,
        },
    }  # fmt: skip

    def judged(self, memory: Memory, setting: float, payoff: float, chance: random.Random) -> tuple[Memory, float]:
        """Notes the fitness of who lived; after a round a child is born."""
        turn, rates, ideals = memory["turn"], memory["rates"], memory["ideals"]
        fitness = replaced(memory["fitness"], turn, 0.5 * memory["fitness"][turn] + 0.5 * payoff)
        turn += 1
        if turn == len(rates):
            parent = max(chance.sample(range(len(rates)), 2), key=lambda i: fitness[i])
            others = chance.sample([i for i in range(len(rates)) if i != parent], 3)
            mate = min(others, key=lambda i: abs(ideals[parent] - rates[i]))
            mixed, worst = chance.random(), fitness.index(min(fitness))
            child = near(mixed * rates[parent] + (1.0 - mixed) * rates[mate], 0.15, chance)
            ideals = replaced(ideals, worst, near(ideals[chance.choice((parent, mate))], 0.15, chance))
            fitness = replaced(fitness, worst, 0.5 * (fitness[parent] + fitness[mate]))
            rates, turn = replaced(rates, worst, child), 0
        return memory | {"turn": turn, "rates": rates, "ideals": ideals, "fitness": fitness}, rates[turn]


def build(params: Any, *, lr: float, **knobs: Any) -> MateChoice:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return MateChoice(params, lr, **({"weight_decay": 1e-4} | knobs))

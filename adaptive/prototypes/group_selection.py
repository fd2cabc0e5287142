"""The Price equation decides who is selected, groups or members: where payoff goes with the group, groups compete.

Six learning rates live in two groups. The covariance of rate and payoff between groups and within them is worked out after
each round; in proportion to the former the better group founds the child, else the best member of any.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

from adaptive.parts.elementwise import State
from adaptive.prototypes._turns import KNOBS as TURNS
from adaptive.prototypes._turns import Memory, TurnTaking, near, replaced

TITLE = "Group selection"
MECHANISM, TECHNIQUE = "multilevel selection", "population of models"
DESCRIPTION = "learning rates in two groups are selected by group or by member, as the Price equation weighs both"
REFERENCE = "Price equation: doi 10.1038/227520a0; its use as a switch is ours"
PROPOSED_AS, FUNCTION = "Multilevel (group) selection of model populations", "vary_and_select"
EQUATIONS = (
    "B = cov(mean rate, mean payoff) over groups; W = mean over groups of cov(rate, payoff) in them",
    "with probability |B| / (|B| + |W|) a parent at random from the better group, else the best member of all",
    "payoff <- (payoff + last turn's) / 2;  child = rate + 0.2 xi, its parent's payoff, for the worst of the worse group",
    "lr_t = lr e^(gain rate), each a turn",
)
PAIRS = (
    ("protocell", "group of learning rates"),
    ("molecule", "learning rate"),
    ("selection between and within", "covariances of rate and payoff"),
)
PRIOR_ART = "island models of evolution; population-based training (arXiv 1711.09846)"
TASK = "slow_regression"
BECAUSE = "no claim: the paper speaks of chemistry; whether levels matter for rates is open"
REFUTED_BY = "selection of members alone, or random groups, pays as well"
LEAVES_OUT = (
    "individuals live one after the other on one set of weights; one trait, the learning rate; no ensemble, so that "
    "members cannot cooperate"
)
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = TURNS
NEUTRAL = {"act_gain": 0.0}
LIVELY = {"respond_period": 5.0}


class GroupSelection(TurnTaking):
    """Two groups of three."""

    START: ClassVar[dict[str, State]] = {
        "sense": TurnTaking.START["sense"],
        "respond": {"setting": 0.0, "turn": 0, "rates": [0.0, 0.5, 0.25, -0.5, -0.25, 0.1], "payoffs": [0.0] * 6},
    }

    def judged(self, memory: Memory, setting: float, payoff: float, chance: random.Random) -> tuple[Memory, float]:
        """Notes the payoff of who lived; after a round a child is founded."""
        turn, rates = memory["turn"], memory["rates"]
        payoffs = replaced(memory["payoffs"], turn, 0.5 * memory["payoffs"][turn] + 0.5 * payoff)
        turn += 1
        if turn == len(rates):
            between, within = price(rates, payoffs)
            better = range(3) if sum(payoffs[:3]) >= sum(payoffs[3:]) else range(3, 6)
            worse = range(3, 6) if better.start == 0 else range(3)
            by_group = chance.random() * (abs(between) + abs(within)) < abs(between)
            parent = chance.choice(better) if by_group else payoffs.index(max(payoffs))
            worst = min(worse, key=lambda i: payoffs[i])
            # Who is new has its parent's record, not that of the one whose place it takes.
            payoffs = replaced(payoffs, worst, payoffs[parent])
            rates, turn = replaced(rates, worst, near(rates[parent], 0.2, chance)), 0
        return memory | {"turn": turn, "rates": rates, "payoffs": payoffs}, rates[turn]


def price(traits: list[float], payoffs: list[float]) -> tuple[float, float]:
    """Covariance of trait and payoff between the two halves, and the mean of that within them."""
    halves = [(traits[:3], payoffs[:3]), (traits[3:], payoffs[3:])]
    means = [(sum(t) / 3.0, sum(p) / 3.0) for t, p in halves]
    between = _covariance([t for t, _ in means], [p for _, p in means])
    return between, sum(_covariance(t, p) for t, p in halves) / 2.0


def _covariance(xs: list[float], ys: list[float]) -> float:
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / len(xs)


def build(params: Any, *, lr: float, **knobs: Any) -> GroupSelection:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return GroupSelection(params, lr, **({"weight_decay": 1e-4} | knobs))

"""Marks that pay are kept: a policy tries learning rates, is rewarded by the fall of the loss, and reverts unless reinforced.

A mark is the mean of what is tried. A setting drawn around it that pays more than usual pulls the mark towards itself, one
that pays less pushes it away, and without reinforcement the mark fades to the default.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

from adaptive.parts.elementwise import State
from adaptive.prototypes._turns import KNOBS as TURNS
from adaptive.prototypes._turns import Memory, TurnTaking, near

TITLE = "Reinforced self-regulation"
MECHANISM, TECHNIQUE = "epigenetics", "reinforcement learning"
DESCRIPTION = "learning rates are tried around a mark that moves towards what pays more than usual and fades unless reinforced"
REFERENCE = "Williams, doi 10.1007/BF00992696; fading and turns ours"
PROPOSED_AS, FUNCTION = "Reinforced epigenetic self-regulation", "learn_from_reward"
EQUATIONS = (
    "setting = mark + 0.3 xi for a turn; payoff = fall of the mean loss of the turn, as a share;  lr_t = lr e^(gain setting)",
    "advantage = (payoff - usual) / spread, 0 in the first turn;  mark <- 0.98 mark + 0.5 advantage (setting - mark)",
    "usual and spread are running means of payoff and |payoff - usual|; all but these two are kept within -1 to 1",
)
PAIRS = (
    ("reversible mark", "mean of the policy"),
    ("reinforcement", "payoff above the usual"),
    ("erasure", "fading to the default"),
)
PRIOR_ART = (
    "REINFORCE with a Gaussian policy (Williams 1992, doi 10.1007/BF00992696); learning-rate controllers by "
    "reinforcement (Daniel et al., AAAI 2016)"
)
TASK = "label_swap_digits"
BECAUSE = "which rate pays changes with how often labels are swapped"
REFUTED_BY = "the same settings with shuffled payoffs do as well, or the tuned constant rate does"
LEAVES_OUT = "dropout and width are not acted on; payoff is the training loss, not validation"
SPEC = None
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = TURNS
NEUTRAL = {"act_gain": 0.0}
LIVELY = {"respond_period": 5.0}


class ReinforcedSelfRegulation(TurnTaking):
    """A policy over learning rates, reinforced by the fall of the loss."""

    START: ClassVar[dict[str, State]] = {
        "sense": TurnTaking.START["sense"],
        "respond": {"setting": 0.0, "mark": 0.0, "usual": 0.0, "spread": 0.0, "turns": 0},
    }

    def judged(self, memory: Memory, setting: float, payoff: float, chance: random.Random) -> tuple[Memory, float]:
        """Moves the mark by the advantage, then draws around it."""
        share = max(0.1, 1.0 / (memory["turns"] + 1.0))
        gap = payoff - memory["usual"]
        spread = memory["spread"] + share * (abs(gap) - memory["spread"])
        advantage = min(max(gap / (spread + 1e-9), -1.0), 1.0) if memory["turns"] else 0.0
        mark = min(max(0.98 * memory["mark"] + 0.5 * advantage * (setting - memory["mark"]), -1.0), 1.0)
        kept = {"mark": mark, "usual": memory["usual"] + share * gap, "spread": spread, "turns": memory["turns"] + 1}
        return memory | kept, near(mark, 0.3, chance)


def build(params: Any, *, lr: float, **knobs: Any) -> ReinforcedSelfRegulation:
    """The optimizer; options of ``torch.optim.SGD`` are accepted."""
    return ReinforcedSelfRegulation(params, lr, **({"weight_decay": 1e-4} | knobs))

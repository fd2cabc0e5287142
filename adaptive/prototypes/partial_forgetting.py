"""Forgetting makes room: in the face of the new, weights go part of the way back to where they began.

What was learned for a world that has gone stands in the way. A loss above what was usual pulls all weights back to their first
ones, as far and as long as it lasts.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Partial forgetting"
MECHANISM, TECHNIQUE = "partial forgetting", "partial forgetting in modern hopfield network"
DESCRIPTION = "a loss that stays above what was usual pulls the weights back towards their first ones"
REFERENCE = "L2 Init: arXiv 2308.11958; surprise as its strength, ours"
PROPOSED_AS, FUNCTION = "", "forget"
PAIRS = (
    ("memory that misleads", "distance from the first weights"),
    ("partial forgetting", "pull back by surprise"),
)
PRIOR_ART = "L2 Init (arXiv 2308.11958) pulls at a constant strength"
TASK = "permuted_digits"
BECAUSE = "nothing of an old permutation is of use in the next"
REFUTED_BY = "L2 Init at a tuned strength is as good"
SPEC = Spec(name="partial-forgetting", sense="loss_spike", respond="leaky_memory", act="pull_to_init")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "sense_threshold", "respond_memory", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

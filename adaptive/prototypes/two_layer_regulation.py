"""Two layers above an unchanged code: a slow one moves the set point, a fast one answers within it.

Epigenetic marks change over many steps what chaperones do within one. The slow layer adds up how the loss fares and so moves
the learning rate's set point; the fast layer answers the news of the moment around it. The architecture stays.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Two-layer regulation"
MECHANISM, TECHNIQUE = "joint epigenetic and chaperone regulation", "hyperparameter tuning"
DESCRIPTION = "the learning rate answers the loss at once and, more slowly, by the sum of how it has fared"
REFERENCE = (
    "proportional and integral action with anti-windup: Astrom and Rundqwist, doi 10.23919/ACC.1989.4790464; the "
    "reading as two layers ours"
)
PROPOSED_AS, FUNCTION = "Two-layer epigenome and chaperone regulation", "keep_set_point"
PAIRS = (
    ("gene sequence", "architecture, unchanged"),
    ("epigenetic mark", "slow sum that moves the set point of the learning rate"),
    ("chaperone", "fast answer around the set point"),
)
PRIOR_ART = (
    "PID controllers of the optimization step (An et al., CVPR 2018); schedules on a plateau add a threshold in place of the sum"
)
TASK = "label_swap_digits"
BECAUSE = "changes need a fast answer, and their frequency a slow one"
REFUTED_BY = "either layer alone (gain 0 or rate 0) is as good in every run, or a constant rate is"
LEAVES_OUT = "both layers act on one quantity; the seed names several"
SPEC = Spec(name="two-layer-regulation", sense="loss_trend", respond="proportional_integral", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "respond_gain", "respond_rate", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

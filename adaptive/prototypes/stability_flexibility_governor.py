"""A governor on the controller: it may move only so fast, and less and less while it wavers.

The learning rate follows the loss, as in feedback-driven hyperparameters; between them stands a governor that limits how fast
the answer moves, loses trust while the news keeps turning round, and regains it while the news persists.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Stability-flexibility governor"
MECHANISM, TECHNIQUE = "epigenetics", "hyperparameter adjustment"
DESCRIPTION = (
    "the learning rate follows the trend of the loss, at a limited pace and with a gain that falls while the trend keeps turning"
)
REFERENCE = "gain by agreement of signs: Riedmiller and Braun, doi 10.1109/ICNN.1993.298623, applied to a controller, ours"
PROPOSED_AS, FUNCTION = "Stability-flexibility governor", "stabilise"
PAIRS = (
    ("short-term adaptation", "answer to the trend of the loss"),
    ("long-term stability", "limit on the pace, and damped gain"),
    ("reversible mark", "answer that returns to 0 without news"),
)
PRIOR_ART = "Rprop (doi 10.1109/ICNN.1993.298623) for weights; gain scheduling in adaptive control"
TASK = "label_swap_digits"
BECAUSE = "a controller that chases noise of a small batch overshoots at every swap"
REFUTED_BY = "the feedback-driven rate without governor (loss_trend, hill) is as good at its best setting"
SPEC = Spec(name="stability-flexibility-governor", sense="loss_trend", respond="governor", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "respond_limit", "respond_damp", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

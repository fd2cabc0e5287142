"""Children of stressed parents are born prepared: stress of one stretch of training sets the decay of the next.

Training is cut into generations. What a generation meets is logged and leaves a mark on the next, which is born with stronger
regularization; the mark fades from generation to generation unless stress recurs.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Stress inheritance"
MECHANISM, TECHNIQUE = "inherited adaptation of daughter cells", "model learning"
DESCRIPTION = "the stress of one generation of steps sets the weight decay of the next, and fades unless it recurs"
REFERENCE = "sperm RNA of stressed mice: Gapp et al., doi 10.1038/nn.3695; the arithmetic ours"
PROPOSED_AS, FUNCTION = "Stress inheritance across training generations", "inherit_state"
PAIRS = (
    ("parent", "a stretch of training"),
    ("small RNA", "mean stress of that stretch"),
    ("offspring", "the next stretch, with weight decay by the mark"),
    ("fading over generations", "share of the mark that is passed on"),
)
PRIOR_ART = "population-based training (arXiv 1711.09846) hands on settings that won; here what was suffered is handed on"
TASK = "elec"
BECAUSE = "a market is restless for days: a stretch that is hard tells that the next will be, too (mean losses correlate by 0.5)"
REFUTED_BY = "the same marks in shuffled order do as well"
LEAVES_OUT = (
    "a child goes on with its parent's weights: within one run only the mark, not the weights, could be said to be inherited"
)
SPEC = Spec(name="stress-inheritance", sense="loss_spike", respond="generations", act="weight_decay")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "respond_period", "respond_fade", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

"""Blood pressure as a pattern: the ratio of update to weight is held by a fast and a slow answer.

The pathway answers a fall of pressure at once by tightening vessels and over time by retaining fluid. The learning rate of
each layer answers a wrong ratio of update to weight at once and by the sum of how wrong it was.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Proportional and integral homeostasis"
MECHANISM, TECHNIQUE = "angiotensin ii/at1 signaling pathway", "non-linear pi control"
DESCRIPTION = "each layer's ratio of update to weight is held near its target by proportional and integral control of its rate"
REFERENCE = "PI control with anti-windup: doi 10.23919/ACC.1989.4790464; ratio: arXiv 1708.03888"
PROPOSED_AS, FUNCTION = "", "keep_set_point"
PAIRS = (
    ("blood pressure", "ratio of update to weight"),
    ("vasoconstriction", "proportional answer"),
    ("fluid retention", "integral answer"),
)
PRIOR_ART = "LARS (arXiv 1708.03888) and LAMB (arXiv 1904.00962) set the ratio in one step"
TASK = "exploding_gradient"
BECAUSE = "recurrent and output weights differ in scale and meet gradients of very different length"
REFUTED_BY = "LARS at the same target is as good"
SPEC = Spec(name="pi-homeostasis", sense="update_ratio", respond="proportional_integral", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "sense_target", "respond_rate", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

"""Homeostatic scaling: a layer whose weights have drifted in size is scaled back, as a whole.

Firing that drifts from its set point scales all synapses of a neuron by one factor, so that their ratios stay. Here the size
of a layer's weights is what drifts, beyond a tolerance.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Synaptic scaling"
MECHANISM, TECHNIQUE = "synaptic scaling", "synaptic weight normalization"
DESCRIPTION = "when the size of a layer's weights has drifted, all are scaled back towards their first size"
REFERENCE = "Turrigiano et al., doi 10.1038/36103; drift of norms: arXiv 2402.18762"
PROPOSED_AS, FUNCTION = "", "keep_set_point"
PAIRS = (
    ("set point of firing", "size of the weights at first"),
    ("multiplicative scaling", "one factor for all weights of a layer"),
    ("slow homeostasis", "small share of the way in each step"),
)
PRIOR_ART = "weight normalization (arXiv 1602.07868) holds the size always and by construction"
TASK = "slow_regression"
BECAUSE = "norms grow in a long stream, and steps become ever smaller against them"
REFUTED_BY = "weight normalization or L2 at a tuned strength is as good"
SPEC = Spec(name="synaptic-scaling", sense="weight_drift", respond="ramp", act="synaptic_scaling")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "sense_tolerance", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

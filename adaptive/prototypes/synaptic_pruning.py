"""Pruning once growth has come to a halt: small weights go when the loss no longer falls.

A young brain makes more synapses than it keeps. While the loss falls nothing is pruned; when it stagnates all weights lose
the same small amount in each step, and those that have no more are gone.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Synaptic pruning"
MECHANISM, TECHNIQUE = "synaptic pruning", "convolutional neural network pruning"
DESCRIPTION = "when the loss has stagnated, every weight loses a small amount in each step, and the smallest are gone"
REFERENCE = "pruning after growth: Huttenlocher, doi 10.1016/0006-8993(79)90349-4; soft thresholding: arXiv math/0307152"
PROPOSED_AS, FUNCTION = "", "prune"
PAIRS = (
    ("surplus of synapses", "dense weights"),
    ("end of growth", "loss that stagnates"),
    ("loss of weak synapses", "soft threshold"),
)
PRIOR_ART = "gradual magnitude pruning by schedule (arXiv 1710.01878); L1 penalties"
TASK = "small_data_digits"
BECAUSE = "fewer weights memorise less of a hundred samples"
REFUTED_BY = "the same L1 penalty from the first step is as good"
SPEC = Spec(name="synaptic-pruning", sense="loss_stagnation", respond="ramp", act="soft_threshold")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "sense_patience", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

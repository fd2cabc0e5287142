"""More stress, more regularization, but with a ceiling: a dose-response curve stands between them.

It is the heat-shock prototype with the titration replaced by a Hill curve, which has no memory: what the comparison of both
shows is what the dynamics of chaperones add to mere saturation.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Saturating dose response"
MECHANISM, TECHNIQUE = "epigenetic modification", "dynamic regularization"
DESCRIPTION = "weight decay rises with the stress of the loss along a curve that saturates"
REFERENCE = "Hill, doi 10.1113/jphysiol.1910.sp001386; weight decay: arXiv 1711.05101"
PROPOSED_AS, FUNCTION = "Saturating dose-response actuation", "respond_to_stress"
PAIRS = (
    ("dose", "stress: how far the loss lies above the usual"),
    ("saturating effect on synthesis", "Hill curve"),
    ("expressed protein", "added weight decay"),
)
PRIOR_ART = "weight decay scheduled in time (arXiv 2011.11152)"
TASK = "noisy_label_digits"
BECAUSE = "batches of mislabelled samples raise the loss, and what would be learned from them is nonsense"
REFUTED_BY = "a linear or a step curve, or constant decay at the same mean, does as well"
SPEC = Spec(name="saturating-dose-response", sense="loss_spike", respond="hill", act="weight_decay")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "respond_half", "respond_steepness", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

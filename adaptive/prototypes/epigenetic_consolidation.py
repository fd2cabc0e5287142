"""A skill is sealed where it lives: weights that are used for long are marked, and marked weights hardly change.

Use is measured by the square of each weight's gradient against that of its layer. A mark grows while use lasts, fades very
slowly, and throttles what the weight may still learn.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Epigenetic consolidation"
MECHANISM, TECHNIQUE = "epigenetic memory", "backpropagation"
DESCRIPTION = "a mark grows where a weight has long had large gradients, fades slowly, and brakes what the weight may learn"
REFERENCE = "importance by squared gradients: arXiv 1612.00796; gating of updates: arXiv 2404.00781; the slow mark ours"
PROPOSED_AS, FUNCTION = "Epigenetic consolidation of weights", "consolidate"
PAIRS = (
    ("use of a synapse", "squared gradient against the layer's mean"),
    ("methylation", "leaky mark of long memory"),
    ("silenced locus", "learning rate of the weight braked"),
)
PRIOR_ART = "UPGD (arXiv 2404.00781) gates by utility, EWC (arXiv 1612.00796) and MAS (arXiv 1711.09601) anchor by importance"
TASK = "class_incremental_digits"
BECAUSE = "weights that the first classes used would be overwritten by the next"
REFUTED_BY = "UPGD or EWC at the same budget forgets less, or a brake on random weights forgets as little"
SPEC = Spec(
    name="epigenetic-consolidation",
    sense="weight_importance",
    respond="leaky_memory",
    act="learning_brake",
    knobs=(("respond.memory", 0.99),),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 2
KNOBS = searched(SPEC, "sense_memory", "respond_memory", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

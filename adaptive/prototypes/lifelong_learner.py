"""What mattered is held while novelty lasts: a learner that locks and reopens, and never resets.

Novelty threatens what is known. While the loss is above what was usual, each weight is pulled to its own slow average, by
how much has depended on it; when the new has become usual the lock opens again.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Feedback-governed lifelong learner"
MECHANISM, TECHNIQUE = "epigenetics", "lifelong learning"
DESCRIPTION = (
    "while the loss is above what was usual, weights that mattered are held to their slow average; afterwards they are free again"
)
REFERENCE = "elastic weight consolidation as a stream: arXiv 1612.00796, eq. 3; novelty as the key to it, ours"
PROPOSED_AS, FUNCTION = "Feedback-governed lifelong learner", "protect_old"
PAIRS = (
    ("DNA", "weights of the past, as a slow average"),
    ("epigenetic lock", "pull to that average by importance"),
    ("environmental change", "loss above what was usual"),
)
PRIOR_ART = (
    "online EWC (arXiv 1805.06370) and Synaptic Intelligence (arXiv 1703.04200), whose strength does not depend on novelty"
)
TASK = "class_incremental_digits"
BECAUSE = "classes come one pair after the other, and the new ones overwrite the old"
REFUTED_BY = "online EWC at a constant tuned strength forgets as little and learns as fast"
SPEC = Spec(name="lifelong-learner", sense="loss_spike", respond="leaky_memory", act="consolidation")
NEEDS: tuple[str, ...] = ()
BUFFERS = 2
KNOBS = searched(SPEC, "sense_threshold", "respond_memory", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

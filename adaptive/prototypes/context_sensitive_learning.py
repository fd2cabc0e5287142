"""Plasticity reopens where the world has changed, and closes again as the change becomes usual.

A loss above what was usual says that the context is another. The network learns faster at once; under the same surprise for
long it adapts and is calm again.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Context-sensitive learning"
MECHANISM, TECHNIQUE = "epigenetics", "context-sensitive learning"
DESCRIPTION = "the network learns faster for a while when the loss rises above what was usual, and adapts to lasting surprise"
REFERENCE = "perfect adaptation: Barkai and Leibler, doi 10.1038/43199; the binding to parts ours"
PROPOSED_AS, FUNCTION = "Context-sensitive epigenetic learning", "detect_novelty"
PAIRS = (
    ("change of environment", "loss above what was usual"),
    ("epigenetic reopening", "learning rate raised"),
    ("relaxation within a context", "adaptation of the answer"),
)
PRIOR_ART = (
    "hypergradient with the sign turned round (arXiv 1703.04782 slows down where gradients disagree); learning "
    "modulated by surprise (Faraji et al., Neural Computation 2018) raises its rate as this does"
)
TASK = "label_swap_digits"
BECAUSE = "at a swap of labels old gradients mislead and a higher rate for some steps helps to relearn"
REFUTED_BY = "a constant rate at the time average does as well, or the same bursts at random times do"
SPEC = Spec(name="context-sensitive-learning", sense="loss_spike", respond="adaptation", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "sense_threshold", "respond_rate", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

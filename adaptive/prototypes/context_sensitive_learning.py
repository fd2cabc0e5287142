"""Plasticity reopens where the world has changed, and closes again as the change becomes usual.

A gradient that points where it never pointed says that the context is another. The layer that feels it learns faster at once;
under the same novelty for long it adapts and is calm again.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Context-sensitive learning"
MECHANISM, TECHNIQUE = "epigenetics", "context-sensitive learning"
DESCRIPTION = (
    "a layer learns faster for a while when its gradient points away from where it used to, and adapts to lasting novelty"
)
REFERENCE = "perfect adaptation: Barkai and Leibler, doi 10.1038/43199; cosine of gradients: arXiv 1812.02224; the binding ours"
PROPOSED_AS, FUNCTION = "Context-sensitive epigenetic learning", "detect_novelty"
PAIRS = (
    ("change of environment", "angle between gradient and its past"),
    ("epigenetic reopening", "learning rate of that layer raised"),
    ("relaxation within a context", "adaptation of the answer"),
)
PRIOR_ART = (
    "hypergradient with the sign turned round (arXiv 1703.04782 slows down where gradients disagree); learning "
    "modulated by surprise (Faraji et al., Neural Computation 2018) raises its rate as this does"
)
TASK = "label_swap_digits"
BECAUSE = "at a swap of labels old gradients mislead and a higher rate for some steps helps to relearn"
REFUTED_BY = "a constant rate at the time average does as well, or the same bursts at random times do"
SPEC = Spec(name="context-sensitive-learning", sense="gradient_novelty", respond="adaptation", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "sense_memory", "respond_rate", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

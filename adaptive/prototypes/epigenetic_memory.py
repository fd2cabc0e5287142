"""Learning rates that remember what worked: each tensor carries an epigenetic mark, written by agreement of its gradients.

A tensor whose gradients keep pointing one way is marked and learns faster, one whose gradients contradict each other is marked
the other way and learns more slowly. A full mark outlives its cause; only contrary evidence takes it away.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Epigenetic memory"
MECHANISM, TECHNIQUE = "epigenetic memory", "retained beneficial configuration"
DESCRIPTION = "each tensor keeps a mark that raises or lowers its learning rate, written fast and erased slowly"
REFERENCE = "bistable marks: Dodd et al., Cell 129 (2007) 813; nearest prior art: IDBD, Sutton, AAAI (1992) 171, arXiv 1703.04782"
PROPOSED_AS = ""
FUNCTION = "inherit_state"
PAIRS = (
    ("nucleosome mark", "mark of a tensor"),
    ("writer enzyme", "agreement of successive gradients"),
    ("eraser", "evidence to the contrary"),
    ("expression", "learning rate of the tensor"),
)
PRIOR_ART = "IDBD (Sutton, AAAI 1992, 171) and hypergradient descent (arXiv 1703.04782) remember without two stable states"
TASK = "slow_regression"
BECAUSE = "which layers need to move stays the same for long while the target drifts"
REFUTED_BY = "a leaky memory of the same time constant in the place of the bistable mark is as good, or hypergradient descent is"
SPEC = Spec(name="epigenetic-memory", sense="gradient_agreement", respond="bistable_mark", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "respond_threshold", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

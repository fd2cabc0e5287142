"""A fast and a slow learner in one: what is new is learned by fast weights that the slow ones call back.

The hippocampus learns at once, the cortex slowly. Here the slow system is the exponential mean of the weights; while
the loss is above what was usual the fast weights are pulled to it, so that one episode cannot carry them off.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Complementary learning systems"
MECHANISM, TECHNIQUE = "complementary learning system", "pseudo-rehearsal"
DESCRIPTION = "while the loss is above what was usual, the weights are pulled to their slow average"
REFERENCE = (
    "complementary learning systems: McClelland et al., doi 10.1037/0033-295X.102.3.419; elastic averaging: arXiv 1412.6651"
)
PROPOSED_AS, FUNCTION = "", "protect_old"
PAIRS = (
    ("hippocampus", "weights"),
    ("neocortex", "slow average of the weights"),
    ("consolidation", "pull to the average"),
)
PRIOR_ART = "Lookahead (arXiv 1907.08610) and EMA anchors pull always; CLS-ER (arXiv 2201.12604) replays samples as well"
TASK = "class_incremental_digits"
BECAUSE = "each new pair of classes pulls the weights away"
REFUTED_BY = "Lookahead, or the same pull at all times, is as good"
LEAVES_OUT = "nothing is rehearsed: samples are not kept"
SPEC = Spec(
    name="complementary-learning",
    sense="loss_spike",
    respond="hysteresis",
    act="pull_to_average",
    knobs=(("respond.high", 1.0),),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "respond_high", "act_gain", "act_memory")
NEUTRAL = {"act_gain": 0.0}
LIVELY = {"respond_high": 0.2}
build = builder(SPEC)

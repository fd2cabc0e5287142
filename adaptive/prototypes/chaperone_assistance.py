"""Help for those that stall: chaperones bind what fails to fold, for as long as their energy lasts.

A tensor whose weights hardly move for their size is a client that is stuck; its learning rate is raised, and lowered where
the weights move too much. Each act of help costs, and a tensor that was helped for long gets only as much as its purse is
refilled.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Chaperone-targeted assistance"
MECHANISM, TECHNIQUE = "chaperone", "adaptive optimization strategy"
DESCRIPTION = (
    "a tensor that moves too little for its size learns faster, as long as its energy lasts; one that moves too much is slowed"
)
REFERENCE = "chaperones work in cycles paid in ATP; ratio as in LARS, You et al., arXiv 1708.03888; the binding to parts ours"
PROPOSED_AS, FUNCTION = "Chaperone-targeted adaptive optimizer", "assist_formation"
PAIRS = (
    ("unfolded client", "tensor whose update is small for its weights"),
    ("chaperone binding", "factor on the learning rate of that tensor"),
    ("ATP", "purse that help is paid from"),
    ("release of the client", "end of help when the purse is empty or the ratio is right"),
)
PRIOR_ART = (
    "LARS (arXiv 1708.03888) sets the ratio of update to weight by force and always; here it is sensed, answered in "
    "part and for a time"
)
TASK = "slow_regression"
BECAUSE = "as plasticity is lost the weights of a layer hardly move for their size any more"
REFUTED_BY = (
    "a constant learning rate factor with the same mean, or help at random times, does as well; or LARS in the same "
    "budget does better"
)
LEAVES_OUT = "the pool is each tensor's own: that clients compete for one pool is not in it"
SPEC = Spec(name="chaperone-assistance", sense="update_ratio", respond="energy_budget", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "sense_target", "respond_refill", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

"""Surprise that comes again makes room for new units, at the cost of those that weigh least.

A loss far above the usual is surprise; at the first, and then at most once in a while, the weakest units of each layer are
replaced by new ones, ready to learn what the old ones could not say.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Surprise-driven growth"
MECHANISM, TECHNIQUE = "living organism", "artificial neural network"
DESCRIPTION = "when the loss jumps, at most once in a while, the weakest units of each layer are replaced by new ones"
REFERENCE = "recycling of units: arXiv 2302.12902, arXiv 2306.13812; growth by surprise as in the networks of pyhgf"
PROPOSED_AS, FUNCTION = "Surprise-driven structural adaptation", "grow_structure"
PAIRS = (
    ("surprise", "loss far above the usual"),
    ("growth", "new unit with fresh weights"),
    ("pruning on disuse", "the weakest unit gives way"),
    ("time to mature", "refractory period"),
)
PRIOR_ART = (
    "continual backpropagation (arXiv 2306.13812) replaces units at a constant rate, ReDo (arXiv 2302.12902) those "
    "that are silent"
)
TASK = "permuted_digits"
BECAUSE = "a new permutation needs other features at once"
REFUTED_BY = "the same number of replacements at random times is as good"
LEAVES_OUT = "the number of units stays; outputs count as units, too, since the optimizer does not know which layer is the last"
SPEC = Spec(
    name="surprise-driven-growth",
    sense="loss_spike",
    respond="refractory",
    act="unit_recruitment",
    knobs=(("respond.period", 50.0),),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "sense_threshold", "respond_period", "act_share")
NEUTRAL = {"act_limit": 2.0}
LIVELY = {"sense_threshold": 0.2, "respond_threshold": 0.1, "respond_period": 5.0}
build = builder(SPEC)

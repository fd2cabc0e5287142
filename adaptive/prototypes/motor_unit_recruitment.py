"""When too few pull, new ones are called up: silent units are replaced as soon as a layer has too many of them.

Muscle recruits further motor units as those at work no longer suffice. The share of units whose gradients have ceased is felt
for each layer; beyond a limit the weakest are replaced, then there is a pause.
"""

from __future__ import annotations

from dataclasses import replace

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Motor unit recruitment"
MECHANISM, TECHNIQUE = "motor unit recruitment", "selective recruitment control"
DESCRIPTION = "when too large a share of a layer's units is silent, its weakest units are replaced, with a pause between"
REFERENCE = "size principle: Henneman et al., doi 10.1152/jn.1965.28.3.560; recycling of units: arXiv 2302.12902"
PROPOSED_AS, FUNCTION = "", "repair"
PAIRS = (
    ("motor unit", "unit of a layer"),
    ("force that no longer suffices", "share of silent units"),
    ("recruitment", "new weights"),
)
PRIOR_ART = "ReDo (arXiv 2302.12902)"
TASK = "permuted_digits"
BECAUSE = "units fall silent as permutations follow each other"
REFUTED_BY = "ReDo is as good"
LEAVES_OUT = "outputs count as units, too, since the optimizer does not know which layer is the last"
SPEC = Spec(
    name="motor-unit-recruitment",
    sense="dormant_share",
    respond="refractory",
    act="unit_recruitment",
    knobs=(
        ("respond.threshold", 0.1),
        ("respond.period", 50.0),
    ),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 0.3
# What is compared with the threshold is a share, which hardly exceeds a half.
KNOBS = searched(SPEC, "sense_limit", "respond_threshold", "act_share")
KNOBS["respond_threshold"] = replace(KNOBS["respond_threshold"], low=0.02, high=0.5)
NEUTRAL = {"act_limit": 2.0}
LIVELY = {"sense_limit": 0.5, "respond_period": 10.0}
build = builder(SPEC)

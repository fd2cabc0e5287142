"""After a disturbance back to what has proved itself: weights return to their slow average until it is calm.

An ecosystem is resilient if it comes back. A jump of the loss switches on a pull to the weights' own slow average, and hardly
anything of the disturbance may be left for it to be switched off.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Ecological resilience"
MECHANISM, TECHNIQUE = "ecological resilience", "resilient constrained reinforcement learning"
DESCRIPTION = "a jump of the loss switches on a pull to the slow average of the weights, until it is calm"
REFERENCE = "resilience: Holling, doi 10.1146/annurev.es.04.110173.000245; elastic averaging: arXiv 1412.6651"
PROPOSED_AS, FUNCTION = "", "respond_to_stress"
PAIRS = (
    ("disturbance", "jump of the loss"),
    ("attractor", "slow average of the weights"),
    ("return", "pull, until calm"),
)
PRIOR_ART = "Lookahead (arXiv 1907.08610), which returns at fixed times"
TASK = "exploding_gradient"
BECAUSE = "single steps throw the weights far off"
REFUTED_BY = "Lookahead, or clipping, is as good"
SPEC = Spec(name="ecological-resilience", sense="loss_spike", respond="hysteresis", act="pull_to_average")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "sense_threshold", "respond_low", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

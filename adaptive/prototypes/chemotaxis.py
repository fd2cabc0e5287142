"""Run and tumble: as long as things get no worse it goes straight, and when they do it tumbles.

A bacterium compares now with a moment ago. A sudden rise of the loss adds noise to the gradient, a tumble; it adapts to a
level that stays, whatever that is, as the bacterium does perfectly.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Chemotaxis"
MECHANISM, TECHNIQUE = "bacterial chemotaxis", "noise-based robot navigation"
DESCRIPTION = "a sudden rise of the loss adds noise to the gradient; what stays high is adapted to"
REFERENCE = "perfect adaptation: Barkai and Leibler, doi 10.1038/43199; gradient noise: arXiv 1511.06807"
PROPOSED_AS, FUNCTION = "", "find_source"
PAIRS = (
    ("concentration of attractant", "loss, turned round"),
    ("tumble", "noise on the gradient"),
    ("methylation of receptors", "level adapted to"),
)
PRIOR_ART = "gradient noise by schedule (arXiv 1511.06807)"
TASK = "slow_regression"
BECAUSE = "the target moves, and with it what is downhill"
REFUTED_BY = "noise without adaptation, or at random times, is as good"
SPEC = Spec(name="chemotaxis", sense="loss_spike", respond="adaptation", act="gradient_noise")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "sense_threshold", "respond_rate", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

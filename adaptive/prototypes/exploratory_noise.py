"""Noise where nothing else helps: a search that has stalled is stirred.

Neural noise lets behaviour vary when nothing pays. Gradients get noise of their own size when the loss has not fallen for
long, the more the longer, and none while it falls.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Exploratory noise"
MECHANISM, TECHNIQUE = "neural noise", "exploration in reinforcement learning"
DESCRIPTION = "when the loss has stagnated, noise is added to the gradient, more with time"
REFERENCE = "gradient noise: arXiv 1511.06807; stagnation as its trigger, ours"
PROPOSED_AS, FUNCTION = "", "use_noise"
PAIRS = (
    ("variability of behaviour", "noise on the gradient"),
    ("lack of reward", "loss that stagnates"),
)
PRIOR_ART = "stress-aware learning (arXiv 2508.00098) adds noise when loss and accuracy stagnate: the same idea"
TASK = "ill_conditioned"
BECAUSE = "plateaus of flat directions"
REFUTED_BY = "annealed noise by schedule is as good, or noise at random times"
SPEC = Spec(name="exploratory-noise", sense="loss_stagnation", respond="ramp", act="gradient_noise")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "sense_patience", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

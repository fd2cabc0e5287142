"""What pulls long in one direction tires: agreement speeds up learning, and use wears the speed-up out.

A layer whose gradients agree learns faster; kept up, the extra force fades and recovers only at rest, which bounds how far a
run of agreement can carry.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Muscle fatigue"
MECHANISM, TECHNIQUE = "muscle fatigue", "virtual actuator fatigue"
DESCRIPTION = (
    "a layer whose gradients agree learns faster, but tires; one whose gradients contradict each other learns more "
    "slowly, and tires of that"
)
REFERENCE = "depression in use: Tsodyks and Markram, doi 10.1073/pnas.94.2.719; hypergradient: arXiv 1703.04782"
PROPOSED_AS, FUNCTION = "", "respond_to_stress"
PAIRS = (
    ("muscle", "layer"),
    ("force", "factor on its learning rate"),
    ("fatigue and recovery", "what is spent, and comes back"),
)
PRIOR_ART = "hypergradient descent (arXiv 1703.04782) without fatigue"
TASK = "slow_regression"
BECAUSE = "long runs of agreement overshoot when the target turns"
REFUTED_BY = "hypergradient descent without fatigue is as good"
SPEC = Spec(name="muscle-fatigue", sense="gradient_agreement", respond="habituation", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "respond_recovery", "respond_use", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

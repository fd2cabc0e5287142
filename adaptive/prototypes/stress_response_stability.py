"""An acute response to shocks: steps are held short while the gradient is far longer than usual, and for a while after.

A gradient out of proportion is the insult. The answer comes at once, bounds the step, and fades over some steps, so that a
second shock meets a cell that is still on guard.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Stress-response stability controller"
MECHANISM, TECHNIQUE = "cellular stress response", "adaptive learning rate"
DESCRIPTION = "after a gradient far longer than usual, gradients are cut back to a limit, and the guard is let down slowly"
REFERENCE = (
    "cellular stress response, Kultz, doi 10.1146/annurev.physiol.67.040403.103635; clipping, Pascanu et al., arXiv 1211.5063"
)
PROPOSED_AS, FUNCTION = "Stress-response stability controller", "respond_to_stress"
PAIRS = (
    ("proteotoxic insult", "outlier among norms of the gradient"),
    ("acute response", "gradient that is longer than a limit is cut back to it"),
    ("recovery", "slow fading of the answer"),
)
PRIOR_ART = "clipping by the norm (arXiv 1211.5063) and by percentiles of its history (AutoClip, arXiv 2007.14469)"
TASK = "exploding_gradient"
BECAUSE = "a recurrent network meets rare gradients that undo many steps of learning"
REFUTED_BY = "clipping at one tuned constant norm does as well in every run: then the memory and the sensing are ornament"
LEAVES_OUT = "with SGD a factor on the gradient is clip and learning rate at once; with AdamW it is the clip alone"
SPEC = Spec(
    name="stress-response-stability",
    sense="gradient_norm_outlier",
    respond="leaky_memory",
    act="gradient_clip",
    knobs=(("respond.memory", 0.8),),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "sense_threshold", "respond_memory", "act_limit")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

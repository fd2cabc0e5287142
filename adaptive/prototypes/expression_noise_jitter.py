"""Noise of expression: on curved ground every weight learns at a rate drawn anew, in bursts.

Genes are expressed in bursts around a set point. Here each weight's learning rate is multiplied by log-normal noise with mean
1, whose spread follows how much the gradient changes from step to step, smoothed over time.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Expression-noise jitter"
MECHANISM, TECHNIQUE = "gene expression noise", "training data randomness"
DESCRIPTION = "learning rates jitter by log-normal noise of mean 1, the more the gradient changes from step to step"
REFERENCE = "noise of gene expression: Elowitz et al., doi 10.1126/science.1070919; random learning rates: arXiv 1810.01322"
PROPOSED_AS, FUNCTION = "Expression-noise hyperparameter jitter", "use_noise"
PAIRS = (
    ("expression noise", "log-normal factor on each weight's learning rate"),
    ("set point", "learning rate"),
    ("burst size", "change of the gradient, smoothed"),
)
PRIOR_ART = "learning rate dropout (arXiv 1912.00144); gradient noise (arXiv 1511.06807)"
TASK = "small_data_digits"
BECAUSE = "with a hundred samples noise in the path may lead to flatter ground"
REFUTED_BY = "noise of the same spread that does not depend on the gradient does as well, or none does"
LEAVES_OUT = "the spread is correlated in time, the noise itself is drawn anew in each step"
SPEC = Spec(name="expression-noise-jitter", sense="gradient_change", respond="leaky_memory", act="rate_jitter")
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "sense_tolerance", "respond_memory", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

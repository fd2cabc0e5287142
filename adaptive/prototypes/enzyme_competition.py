"""Substrates compete for an enzyme that is saturated: in a noisy gradient only the large entries are served.

Where a gradient is mostly noise, its answer raises a bar that an entry must pass; the saturating curve is what makes
competition out of scarcity.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Enzyme competition"
MECHANISM, TECHNIQUE = "enzyme saturation", "winner-take-all computation"
DESCRIPTION = "the noisier a layer's gradient, the larger an entry must be to count"
REFERENCE = (
    "winner-take-all by saturated enzymes: Genot et al., doi 10.1103/PhysRevLett.109.208102; gradient dropping: arXiv 1704.05021"
)
PROPOSED_AS, FUNCTION = "", "compete"
PAIRS = (
    ("substrate", "entry of the gradient"),
    ("saturated enzyme", "bar that rises with noise"),
    ("winner", "entry that passes"),
)
PRIOR_ART = "gradient dropping (arXiv 1704.05021) and top-k sparsified SGD, whose bar does not depend on noise"
TASK = "sparse_gradient"
BECAUSE = "few inputs matter, and their gradients stand out"
REFUTED_BY = "a constant bar is as good"
SPEC = Spec(
    name="enzyme-competition", sense="gradient_noise", respond="hill", act="gradient_competition", knobs=(("respond.half", 2.0),)
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "respond_half", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

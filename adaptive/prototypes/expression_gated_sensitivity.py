"""Senses that cannot be relied on are expressed less: weights of an input that misleads decay.

Where the gradients of all weights of one input keep contradicting each other, the input says one thing today and another
tomorrow. Its weights decay for as long as that lasts and some time longer, as expression outlives its stimulus.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Expression-gated input sensitivity"
MECHANISM, TECHNIQUE = "stimulus-dependent gene expression", "context-dependent input sensitivity"
DESCRIPTION = "weights of an input whose gradients contradict each other decay faster, so that the network listens to it less"
REFERENCE = "relevance of inputs: IDBD, Sutton, AAAI (1992) 171; the sense and its binding ours"
PROPOSED_AS, FUNCTION = "Expression-gated input sensitivity", "adapt_gain"
PAIRS = (
    ("stimulus", "input channel"),
    ("promoter", "conflict of gradients of the channel's weights"),
    ("expression level", "size of the channel's weights"),
    ("persistence of expression", "leaky memory of the conflict"),
)
PRIOR_ART = (
    "IDBD learns a rate for each input; automatic relevance determination (MacKay) decays inputs by evidence; "
    "squeeze-and-excitation (arXiv 1709.01507) gates channels in the forward pass"
)
TASK = "weather"
BECAUSE = "some measurements tell little of tomorrow, and which ones changes over the seasons"
REFUTED_BY = "the same mean decay for all inputs is as good, or inputs chosen at random are"
LEAVES_OUT = "the gain acts by decay of weights over steps, not in the forward pass"
SPEC = Spec(name="expression-gated-sensitivity", sense="input_conflict", respond="leaky_memory", act="weight_decay")
NEEDS: tuple[str, ...] = ()
BUFFERS = 2
KNOBS = searched(SPEC, "sense_memory", "respond_memory", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

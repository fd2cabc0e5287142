"""Arousal sets the learning rate: unexpected mistakes help learning, but too many at once do not.

Neuromodulators report uncertainty of the world to all synapses alike. More mistakes than usual raise the learning rate, up to
a peak; beyond it, where all seems wrong, the answer falls off again.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Neuromodulated learning rate"
MECHANISM, TECHNIQUE = "neuromodulation", "reinforcement learning meta-parameter"
DESCRIPTION = "more mistakes than usual raise the learning rate, most at a moderate surplus"
REFERENCE = "uncertainty and neuromodulation: Yu and Dayan, doi 10.1016/j.neuron.2005.04.026; arousal: doi 10.1002/cne.920180503"
PROPOSED_AS, FUNCTION = "", "tune_plasticity"
PAIRS = (
    ("unexpected uncertainty", "surplus of mistakes"),
    ("noradrenaline, broadcast", "one factor for all learning rates"),
    ("arousal curve", "inverted U"),
)
PRIOR_ART = "change detectors that raise the rate (arXiv 1212.6018 detects); meta-learned neuromodulation (arXiv 2002.10585)"
TASK = "label_swap_digits"
BECAUSE = "mistakes jump at each swap of labels"
REFUTED_BY = "a curve that only rises is as good, or a constant rate is"
SPEC = Spec(name="neuromodulated-rate", sense="error_rate", respond="inverted_u", act="learning_rate")
NEEDS: tuple[str, ...] = ("errors",)
BUFFERS = 0
KNOBS = searched(SPEC, "sense_memory", "respond_peak", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

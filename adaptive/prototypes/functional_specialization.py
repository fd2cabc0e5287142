"""Weights compete for what there is to learn: those whose gradients agree more than others' learn faster, the rest as usual.

Areas that are good at something take it over. In each layer the mean size of agreement is taken away from each weight's own, and
what is left raises its learning rate, or lowers it where its gradients contradict each other.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Functional specialization"
MECHANISM, TECHNIQUE = "functional specialization of brain", "competitive learning"
DESCRIPTION = (
    "weights whose gradients repeat themselves more than those of their layer learn faster, those that turn round slower"
)
REFERENCE = "lateral inhibition: doi 10.1085/jgp.40.3.357; agreement of gradients: doi 10.1109/ICNN.1993.298623"
PROPOSED_AS, FUNCTION = "", "specialise"
PAIRS = (
    ("area", "weight"),
    ("competition", "mean size of agreement taken away"),
    ("specialisation", "higher learning rate of those that win"),
)
PRIOR_ART = "Rprop and its kin (doi 10.1109/ICNN.1993.298623) without inhibition"
TASK = "sparse_gradient"
BECAUSE = "few weights carry the signal"
REFUTED_BY = "the same rule without inhibition is as good"
SPEC = Spec(
    name="functional-specialization",
    sense="weight_agreement",
    respond="lateral_inhibition",
    act="learning_rate",
    knobs=(("respond.inhibition", 0.5),),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 1
KNOBS = searched(SPEC, "respond_inhibition", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

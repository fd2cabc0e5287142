"""Triage of silent units: slight damage is loosened up, grave damage is replaced almost whole.

A unit whose gradients have all but ceased is misfolded. How far is answered by a steep curve: a little and its weights are
shrunk and stirred a little, as a chaperone refolds; entirely and a good part of them goes in every step, which is degradation
and new synthesis.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Misfold triage"
MECHANISM, TECHNIQUE = "protein quality control", "optimization algorithm"
DESCRIPTION = (
    "units are shrunk and stirred by how silent their gradients have become: a little for slight, almost wholly for grave silence"
)
REFERENCE = "triage by chaperones: Wickner et al., doi 10.1126/science.286.5446.1888; shrink and perturb: arXiv 1910.08475"
PROPOSED_AS, FUNCTION = "Misfold triage: refold or degrade", "repair"
PAIRS = (
    ("misfolded protein", "unit whose gradients have ceased"),
    ("refolding", "weights shrunk and stirred a little"),
    ("degradation and synthesis", "weights replaced by noise"),
    ("triage", "steep curve of the answer over the damage"),
)
PRIOR_ART = (
    "ReDo (arXiv 2302.12902) resets dormant units; shrink and perturb (arXiv 1910.08475) treats all alike; this "
    "grades one by the other"
)
TASK = "permuted_digits"
BECAUSE = "in a stream of ever new tasks units fall silent and plasticity is lost"
REFUTED_BY = (
    "ReDo, or shrinking and perturbing all units alike, at the same budget is as good; or no unit ever falls silent on the task"
)
LEAVES_OUT = "moments of the base step are not forgotten, and outgoing weights stay as they are"
SPEC = Spec(
    name="misfold-triage",
    sense="unit_dormancy",
    respond="hill",
    act="shrink_and_perturb",
    knobs=(
        ("act.gain", 0.1),
        ("respond.half", 0.7),
        ("respond.steepness", 4.0),
    ),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 0.3
KNOBS = searched(SPEC, "sense_limit", "respond_half", "act_gain")
NEUTRAL = {"act_gain": 0.0}
LIVELY = {"sense_limit": 1.0}
build = builder(SPEC)

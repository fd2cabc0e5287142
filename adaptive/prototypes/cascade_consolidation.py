"""Each weight guards its past by how much depended on it: an importance that is felt, remembered and paid back as a pull.

A synapse has many molecular states with which it remembers its own history. Here a weight keeps its importance and its slow
average, and is pulled to the latter by the former, twice over: by the answer and by the pull.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Synaptic complexity"
MECHANISM, TECHNIQUE = "synaptic molecular complexity", "synaptic intelligence"
DESCRIPTION = "weights that have long mattered more than others are pulled to their slow average"
REFERENCE = "cascades of synaptic states: Fusi et al., doi 10.1016/j.neuron.2005.02.001; consolidation: arXiv 1612.00796, eq. 3"
PROPOSED_AS, FUNCTION = "", "protect_old"
PAIRS = (
    ("molecular state of a synapse", "importance and slow average of a weight"),
    ("resistance to change", "pull by importance"),
)
PRIOR_ART = "Synaptic Intelligence (arXiv 1703.04200), whose importance is the share in the fall of the loss"
TASK = "class_incremental_digits"
BECAUSE = "it knows which weights earlier classes needed"
REFUTED_BY = "Synaptic Intelligence forgets less at the same budget"
SPEC = Spec(
    name="cascade-consolidation",
    sense="weight_importance",
    respond="leaky_memory",
    act="consolidation",
    knobs=(("respond.memory", 0.99),),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 4
KNOBS = searched(SPEC, "respond_memory", "act_gain", "act_memory")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

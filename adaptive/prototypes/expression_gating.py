"""The code stays, its use changes: in a new context units learn only how strongly they are expressed.

A loss above what was usual tells of another context. From then on, until hardly any surprise is left, units keep the
pattern of their weights and learn only a gain along it, as cells with one genome differ by expression.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Expression gating of fixed weights"
MECHANISM, TECHNIQUE = "dna methylation", "attention mechanism"
DESCRIPTION = "while the loss is above what was usual, units keep the pattern of their weights and learn only the length"
REFERENCE = "length and direction of weights: arXiv 1602.07868; learning gains alone: arXiv 2205.05638; the switch ours"
PROPOSED_AS, FUNCTION = "Context-dependent expression gating of fixed weights", "gate_by_context"
PAIRS = (
    ("DNA", "direction of a unit's weights"),
    ("expression level", "length of a unit's weights"),
    ("methylation pattern, sticky", "switch that stays until surprise has gone"),
    ("cell type", "context"),
)
PRIOR_ART = (
    "IA3 (arXiv 2205.05638) and Piggyback (arXiv 1801.06519) learn gains or masks over frozen weights, told when the task changes"
)
TASK = "class_incremental_digits"
BECAUSE = "what earlier classes need lies in the pattern, which the new ones would overwrite"
REFUTED_BY = "freezing the same layers at random times forgets as little; or gains alone cannot learn the new classes at all"
SPEC = Spec(
    name="expression-gating",
    sense="loss_spike",
    respond="hysteresis",
    act="expression_gain",
    knobs=(
        ("respond.high", 1.0),
        ("respond.low", 0.5),
    ),
)
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "respond_high", "respond_low", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

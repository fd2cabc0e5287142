"""Weight decay that rises under stress: the heat shock response, by chaperone titration.

A jump of the loss is the load of misfolded protein; it binds the chaperones that keep their own synthesis quiet, their level
rises, and weight decay with it; when the loss is calm again the surplus decays.
"""

from __future__ import annotations

from typing import Any

from adaptive.compile import compile_spec, knobs_of
from adaptive.frame import RegulatedOptimizer
from adaptive.knobs import Knob
from kg.model import Spec

TITLE = "Heat-shock regularization"
MECHANISM, TECHNIQUE = "heat shock response", "dynamic regularization"
DESCRIPTION = "weight decay rises while the loss is above what was usual, and slowly falls back"
REFERENCE = "Hsp70 titration of Hsf1: Zheng et al., eLife 5 (2016) e18638; prior art: stress-aware learning, arXiv 2508.00098"
PROPOSED_AS, FUNCTION = "Heat-shock dynamic regularization", "respond_to_stress"
PAIRS = (
    ("misfolded protein", "loss above what was usual"),
    ("free chaperone", "what keeps the answer quiet"),
    ("chaperone level", "added weight decay"),
    ("decay of the surplus after the shock", "slow fall of the weight decay"),
)
PRIOR_ART = (
    "stress-aware learning (arXiv 2508.00098) adds noise when loss and accuracy stagnate; "
    "weight decay by schedule (arXiv 2011.11152)"
)
TASK = "noisy_label_digits"
BECAUSE = "mislabelled samples raise the loss, and what would be learned from them is nonsense"
REFUTED_BY = "the same weight decay shuffled in time, or constant at its mean, does as well; or the memoryless dose response does"
SPEC = Spec(name="heat-shock-regularization", sense="loss_spike", respond="titration", act="weight_decay")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = {
    "lr": Knob(0.03, 1e-3, 1.0, log=True),
    "momentum": Knob(0.9, 0.0, 0.95, most=1.0),
    "weight_decay": Knob(1e-4, 1e-6, 1e-2, log=True),
    "respond_decay": knobs_of(SPEC)["respond_decay"],
    "act_gain": knobs_of(SPEC)["act_gain"],
}
NEUTRAL = {"act_gain": 0.0}


def build(params: Any, *, lr: float, **knobs: Any) -> RegulatedOptimizer:
    """The optimizer; options of ``torch.optim.SGD`` and of the parts are accepted."""
    return compile_spec(SPEC)(params, lr, **({"weight_decay": 1e-4} | knobs))

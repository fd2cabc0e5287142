"""A learning rate that follows its own success: epigenetic response to the environment, as feedback on the loss.

While the loss falls the environment is taken to be good and the rate is raised; when the loss climbs it is lowered. The dose is
read through a Hill curve, as a promoter reads a signal.
"""

from __future__ import annotations

from adaptive.prototypes._composed import builder, searched
from kg.model import Spec

TITLE = "Feedback-driven hyperparameters"
MECHANISM, TECHNIQUE = "epigenetic response to environment", "feedback-driven hyperparameter tuning"
DESCRIPTION = "the learning rate rises while the loss falls and sinks while it climbs"
REFERENCE = "rate raised on success and cut on failure: Battiti, Complex Systems 3 (1989) 331; graded form ours"
PROPOSED_AS, FUNCTION = "Feedback-driven hyperparameters", "tune_plasticity"
PAIRS = (
    ("environmental stimulus", "trend of the loss"),
    ("epigenetic regulation of expression", "dose-response curve"),
    ("expression level", "learning rate"),
)
PRIOR_ART = "bold driver (Battiti 1989); hypergradient descent (arXiv 1703.04782); reduction of the rate on a plateau"
TASK = "label_swap_digits"
BECAUSE = "a rate that suits the calm between two swaps of labels does not suit the swap"
REFUTED_BY = "the tuned constant rate, or its time average, does as well; or the same factors at random times do"
SPEC = Spec(name="feedback-hyperparameters", sense="loss_trend", respond="hill", act="learning_rate")
NEEDS: tuple[str, ...] = ()
BUFFERS = 0
KNOBS = searched(SPEC, "respond_half", "act_gain")
NEUTRAL = {"act_gain": 0.0}
build = builder(SPEC)

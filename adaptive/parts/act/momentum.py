"""Less inertia: the response shortens the memory of past gradients, so that a turn can be followed."""

from __future__ import annotations

from adaptive.knobs import Knob

EQUATION = "momentum_t = momentum (1 - gain response); with AdamW the first beta"
UNITS = "factor; gain is the share of the momentum that a full response takes away"
RANGE = (0.0, 1.0)
REFERENCE = "momentum given up when it misleads: O'Donoghue and Candes, arXiv 1204.3982; graded, ours"
KNOBS = {"gain": Knob(0.5, 0.1, 1.0, least=0.0, most=1.0)}
NEUTRAL = {"gain": 0.0}
TAKES, SCOPES, CHANGES = ("activation",), ("network", "tensor"), "momentum"


def act(response: float, *, gain: float) -> float:
    """The factor on the momentum: 1 at rest, ``1 - gain`` at full response."""
    return 1.0 - gain * response

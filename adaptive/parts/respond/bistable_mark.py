"""An epigenetic mark: strong evidence writes it fast, a full mark keeps itself, a weak one is slowly erased.

Marked neighbours recruit the enzyme that marks, so a mark past the tipping point completes itself and outlives its cause, while
one short of it fades. Only evidence to the contrary takes a full mark away.
"""

from __future__ import annotations

from adaptive.knobs import Knob
from adaptive.parts.elementwise import State, Value, choose, clamp, sign, size

EQUATION = (
    "m <- m + write (sign(x) - m) where |x| >= threshold; else m <- m + erase m (|m| - tip) (1 - |m|); "
    "fixed points without evidence: -1, 0, 1 (stable), -tip, tip (unstable)"
)
UNITS = "share of the full mark"
RANGE = (-1.0, 1.0)
REFERENCE = "positive feedback of nucleosome marks: Dodd et al., doi 10.1016/j.cell.2007.02.053; cubic form ours"
KNOBS = {
    "write": Knob(0.2, 0.02, 0.5, log=True, least=0.0, most=1.0),
    "erase": Knob(0.02, 0.001, 0.2, log=True, least=0.0, most=1.0),
    "threshold": Knob(0.3, 0.1, 0.8, least=1e-6, most=10.0),
    "tip": Knob(0.5, 0.2, 0.8, least=0.0, most=1.0),
}
NEUTRAL = {"write": 0.0}
TAKES = {"agreement": "tone"}
START = {"mark": 0.0}


def respond(value: Value, state: State, *, write: float, erase: float, threshold: float, tip: float) -> tuple[Value, State]:
    """The mark, -1 to 1; ``write`` and ``erase`` are shares for each step, ``tip`` is where a mark begins to keep itself."""
    mark = state["mark"]
    written = mark + write * (sign(value) - mark)
    kept = mark + erase * mark * (size(mark) - tip) * (1.0 - size(mark))
    mark = clamp(choose(size(value) >= threshold, written, kept), -1.0, 1.0)
    return mark, {"mark": mark}

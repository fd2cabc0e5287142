"""Words for the numbers of a finding: what is a gain, how large it is, and what people call an arm, a method, a task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from adaptive import field, stats
from adaptive.campaign import Finding
from adaptive.race import Comparison
from adaptive.standings import ROUNDING
from adaptive.telling_names import NAMES
from kg import plugins
from kg.errors import NotFound

Shown = Literal["gain", "loss", ""]
KNOWN = {"off": "the base step alone", "constant": "the base step with one fixed change"}
"""What a likeness calls those two arms."""
LEAST = 1e-4
"""A share below this is told as no number of its own."""


def shown(finding: Finding, arm: str) -> Shown:
    """Whether the candidate was shown to gain over ``arm`` or to lose against it; empty where neither was, or it did not run."""
    if not (versus := finding.against(arm)) or stats.doubt(versus, finding.verdict.floor):
        return ""
    return "gain" if versus.difference > 0 else "loss"


def name(arm: str) -> str:
    """What people call an arm."""
    return NAMES.get(arm, arm.replace("_", " "))


def where(task: str) -> str:
    """A task in running text: "digits (labels swapped)"."""
    try:
        title = str(plugins.load(field.TASKS, task, kind="task").TITLE)
    except NotFound:
        title = task.replace("_", " ")
    head, _, rest = title.partition(", ")
    return head[:1].lower() + head[1:] + (f" ({rest})" if rest else "")


def percent(finding: Finding) -> bool:
    """Whether the metric is a share, told in percentage points."""
    return "accuracy" in finding.metric


def rate(share: float) -> str:
    """A share from 0 to 1 in percent, in which what is above 0 never reads as 0: "37.4%", "0.25%", "less than 0.01%"."""
    if 0 < share < LEAST:
        return f"less than {LEAST:.2%}"
    return f"{share:.2%}" if 0 < share < 0.01 else f"{share:.1%}"


def amount(finding: Finding, versus: Comparison, *, sign: float = 0.0, metric: bool = False) -> str:
    """The gain and its interval; with a ``sign`` of 1 as a size, with one of -1 as the size of a loss; ``metric``: in full."""
    factor = (sign or 1.0) * (100 if percent(finding) else 1)
    low, high = sorted((factor * versus.low, factor * versus.high))
    middle, low_, high_ = decimals((factor * versus.difference, low, high), plus=not sign)
    unit = " points" if percent(finding) else ""
    kind = f" of {finding.metric}" if metric and percent(finding) else f" in {finding.metric}" if metric else ""
    return f"{middle}{unit}{kind} ({'95 % interval ' if metric else ''}{low_} to {high_})"


def decimals(values: Sequence[float], *, plus: bool = True) -> tuple[str, ...]:
    """Numbers that belong together with equally many decimals: two digits of the largest, more where a sign would be lost.

    What adding in another order leaves of a difference that is none is 0, and has no sign to lose.
    """
    size = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if size == 0:
        return tuple("0" if math.isfinite(value) else "–" for value in values)
    if size >= 1e6 or size < 1e-5:
        return tuple(f"{value:{'+' if plus else ''}.1e}" if math.isfinite(value) else "–" for value in values)
    values = [0.0 if abs(value) < ROUNDING else value for value in values]
    places = max(0, 1 - math.floor(math.log10(size)))
    while places < 8 and any(value and math.isfinite(value) and not float(f"{value:.{places}f}") for value in values):
        places += 1
    return tuple(f"{value:{'+' if plus and value else ''}.{places}f}" if math.isfinite(value) else "–" for value in values)


def doubt(finding: Finding, versus: Comparison) -> str:
    """Why a difference does not count whose interval, which the reader sees, does not tell it."""
    why = stats.doubt(versus, finding.verdict.floor)
    return "" if "includes 0" in why else f", but {why}{' after correction' if why.startswith('p ') else ''}"


def method(arm: str) -> str:
    """What people call a known method."""
    return KNOWN.get(arm) or name(arm)


def listed(arms: Sequence[str]) -> str:
    called = [name(arm) for arm in arms]
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} and {called[-1]}"

"""A knob is a number that a user may turn: its usual value, where a search looks, and what makes sense at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knob:
    """One tunable number.

    ``low`` to ``high`` is where a search looks, on a logarithmic scale where ``log`` is true; ``least`` to ``most`` is what is
    accepted. The two differ because a neutral setting (often 0) is valid and yet not worth a trial.
    """

    default: float
    low: float
    high: float
    log: bool = False
    least: float = 0.0
    most: float = math.inf

    def __post_init__(self) -> None:
        if not self.least <= self.low <= self.high <= self.most:
            raise ValueError(f"a knob's search range must lie in what it accepts: {self}")
        if not self.least <= self.default <= self.most:
            raise ValueError(f"a knob's default must be a value that it accepts: {self}")
        if self.log and self.low <= 0.0:
            raise ValueError(f"a logarithmic range starts above 0: {self}")

    def accepts(self, value: float) -> bool:
        """Whether ``value`` is a finite number in range."""
        return math.isfinite(value) and self.least <= value <= self.most

    def at(self, position: float) -> float:
        """The value at ``position`` (0 to 1) of the search range, as quasi-random searches need it."""
        if self.log:
            return math.exp(math.log(self.low) + position * (math.log(self.high) - math.log(self.low)))
        return self.low + position * (self.high - self.low)


def defaults(knobs: Mapping[str, Knob]) -> dict[str, float]:
    """The usual setting."""
    return {name: knob.default for name, knob in knobs.items()}

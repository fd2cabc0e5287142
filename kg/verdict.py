"""The verdict on a race as the graph keeps it: how the race ended, in a word, and what that says of the mapping, as a number.

A verdict that says nothing of the mapping has NaN for its value; its note then begins with the word that a person reads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from kg.model import Result

WORDS = {1.0: "better", 0.0: "no difference shown", -1.0: "worse"}
UNFINISHED, METAPHOR = "not run to the end", "metaphor only"
ENDS = (*WORDS.values(), UNFINISHED, METAPHOR)
"""All words, in the order in which they are listed."""


class Told(NamedTuple):
    """A verdict as a person reads it."""

    word: str
    note: str
    counts: bool
    """Whether belief in the mapping takes it into account."""


def told(verdict: Result) -> Told:
    """The word of ``verdict``, and its note without that word."""
    if not math.isnan(verdict.value):
        return Told(WORDS.get(verdict.value, f"{verdict.value:g}"), verdict.note, True)
    word, colon, why = verdict.note.partition(": ")
    return Told(word, why, False) if colon and word in ENDS else Told(UNFINISHED, verdict.note, False)

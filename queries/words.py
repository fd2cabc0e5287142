"""Plain words to what is done: the content words of a question, their stems, and the functions that they speak of."""

from __future__ import annotations

import functools
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

_ENDINGS = (
    "izations isations ization isation ically fulness iveness ations ation ingly edly ments ings ment ally ions ing ies ied ion "
    "ers ed es al er ly s y e"
).split()
_STOP = frozenset(
    """a about after all also am an and any are as at be been before being both but by can could did do does doing done
    during each either else ever for from get gets getting give gives had has have having he her him his how i if in into
    is it its itself just let like made make makes many may me might more most much must my need no not of off on one only
    onto or other our out over own per please put same she should so some such tell than that the their them then there
    these they this those through to too under up upon us use used uses using very was way we were what when where which
    while who whom whose why will with within without would you your while biology biological bio inspired machine thing
    things something anything work works happen happens really
    """.split()
)
_COMMON = frozenset(
    "cell brain neuron neural network model algorithm learn animal human system train body organism data nature".split()
)
"""Stems that half the graph carries: they rank little by themselves."""


def stem(word: str) -> str:
    """``word`` without its ending: survive, surviving and survival are one."""
    word = word.casefold().removesuffix("’s").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not (ending in ("s", "es") and word.endswith("ss")):
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    return word


def content_words(text: str) -> list[str]:
    """The words of ``text`` that carry meaning, in order."""
    words = re.findall(r"\w+(?:[’'-]\w+)*", text.casefold())
    return [word for word in words if len(word) > 1 and word not in _STOP]


def weight(stemmed: str) -> float:
    """What a word tells, 0 to 1: one that half the graph carries tells little."""
    return 0.3 if stemmed in _COMMON else 1.0


def _stems(text: str) -> list[str]:
    return [stem(word) for word in re.findall(r"\w+", text.casefold())]


@functools.cache
def lay_words() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Function id to the plain words for it, each as a tuple of stems: ``{"protect_old": (("forget",), ("old", "task"), …)}``."""
    table = Path(__file__).with_name("ask") / "_lay_words.tsv"
    lines = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if line.strip())
    return {name: tuple(dict.fromkeys(tuple(_stems(entry)) for entry in words.split(","))) for name, words in lines}


def functions_in(text: str, *, least: float = 0.15) -> dict[str, float]:
    """Function ids that ``text`` speaks of, with a strength from 0 to 1, strongest first.

    A word counts for less the more functions share it; words that stand together ("earlier task") count double.
    """
    said = _stems(text)
    pairs, singles = set(pairwise(said)), set(said)
    shared = Counter(entry for entries in lay_words().values() for entry in set(entries))
    strength: dict[str, float] = {}
    for name, entries in lay_words().items():
        total = 0.0
        for entry in entries:
            if len(entry) == 1:
                total += (entry[0] in singles) / shared[entry]
            elif all(part in singles for part in entry):
                total += (2.0 if all(pair in pairs for pair in pairwise(entry)) else 0.7) / shared[entry]
        if total:
            strength[name] = total / (total + 1)
    top = max(strength.values(), default=0.0)
    kept = {name: value for name, value in strength.items() if value >= max(least, 0.5 * top)}
    return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))

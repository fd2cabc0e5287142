"""Plain words to what is done: the content words of a text, their stems, and the functions that they speak of."""

from __future__ import annotations

import functools
import re

from queries.meaning import table

_ENDINGS = (
    "izations isations ization isation ically fulness iveness ations ation ingly edly ments ings ment ally ions ing ies ied ion "
    "ers ed es al er ly s y e"
).split()
_WITH_FOUR_LEFT = frozenset("ion al er ers".split()).union(ending for ending in _ENDINGS if len(ending) > 3)
"""Endings that leave four letters at least: mutation is kin to mutate, and a user uses nothing."""
_STOP = frozenset(
    """a about after all also am an and any are as at be been before being both but by can could did do does doing done
    during each either else ever for from get gets getting give gives had has have having he her him his how i if in into
    is it its itself just let like made make makes many may me might more most much must my need no not of off on one only
    onto or other our out over own per please put same she should so some such tell than that the their them then there
    these they this those through to too under up upon us use used uses using very was way we were what when where which
    while who whom whose why will with within without would you your biology biological bio inspired machine thing
    things something anything work works happen happens really
    """.split()
)
_COMMON = frozenset(
    "cell brain neuron neural network model algorithm learn animal human system train body organism data nature".split()
)
"""Stems that half the graph carries: they rank little by themselves."""
_RARE = 0.6
"""Weight from which on a word is worth searching for others that are used like it."""


@functools.lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """``word`` without its ending: survive, surviving and survival are one."""
    word = word.casefold().removesuffix("’s").removesuffix("'s")
    for ending in _ENDINGS:
        left = len(word) - len(ending)
        if word.endswith(ending) and left >= (4 if ending in _WITH_FOUR_LEFT else 3):
            if ending not in ("s", "es") or not word.endswith("ss"):
                word = word[:left]
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


def stems(text: str) -> list[str]:
    """Stems of all runs of letters in ``text``, in order."""
    return [stem(word) for word in re.findall(r"[^\W\d_]+", text.casefold())]


def telling(text: str) -> list[str]:
    """Stems of the words of ``text`` that tell something, in order."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return [stem(word) for word in words if word not in _STOP and len(stem(word)) > 1]


def functions_in(text: str, *, least: float = 0.04) -> dict[str, float]:
    """Function ids that ``text`` speaks of, each with its probability, the likeliest first; none where no word is known."""
    words = table.shipped()
    found = zip(words.functions, table.probabilities(telling(text), words), strict=False)
    return dict(sorted((pair for pair in found if pair[1] >= least), key=lambda pair: (-pair[1], pair[0])))


def used_alike(text: str, *, most: int = 3) -> list[str]:
    """Stems that are used like the words of ``text`` and are not among them: other words to search with."""
    said = dict.fromkeys(telling(text))
    words = table.shipped()
    rare = (word for one in said if (word := words.word(one)) and word.weight >= _RARE)
    near = (other for word in rare for other in word.near[:most])
    return [other for other in dict.fromkeys(near) if other not in said]

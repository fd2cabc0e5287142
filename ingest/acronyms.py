"""Short forms that a text explains: "spiking neural networks (SNNs)" says what SNN stands for."""

from __future__ import annotations

import re
from functools import lru_cache

_IN_BRACKETS = re.compile(r"[(\[]\s*([A-Za-z][\w.&/-]{1,11})\s*(?:[,;][^)\]]{0,40})?[)\]]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ACRONYM = re.compile(r"[A-Z][\w.&/-]*[A-Z0-9][\w.&/-]*|[a-z]{0,2}[A-Z]{2,}[\w-]*")
_SKIPPED = frozenset("of in on for to and or by with from the a an as at via".split())


@lru_cache(maxsize=64)
def explained(text: str) -> dict[str, str]:
    """Each short form that ``text`` gives in brackets, without its plural s, and the words before it that it stands for."""
    found: dict[str, str] = {}
    for bracket in _IN_BRACKETS.finditer(text):
        short = _bare(bracket.group(1))
        if len(short) >= 2 and sum(letter.isupper() for letter in short) >= 2 and short not in found:
            long = _long_form(short, text[max(0, bracket.start() - 120) : bracket.start()])
            if long:
                found[short] = long
    return found


def is_acronym(mention: str) -> bool:
    """Whether ``mention`` is one word of capitals, such as "STDP" or "SNNs"."""
    word = mention.strip()
    return len(word) <= 10 and _ACRONYM.fullmatch(_bare(word)) is not None


def expanded(mention: str, text: str) -> str:
    """``mention`` with the short forms in it written out as ``text`` explains them; as it is where the text explains none."""
    known = explained(text)
    if not known:
        return mention
    return _WORD.sub(lambda word: known.get(_bare(word.group()), word.group()), mention)


def initials(name: str) -> str:
    """What ``name`` would be shortened to: "spike-timing-dependent plasticity" gives "stdp"."""
    return "".join(word[0] for word in _WORD.findall(name.casefold()) if word not in _SKIPPED)


def _bare(word: str) -> str:
    word = word.strip(".")
    return word[:-1] if len(word) > 2 and word.endswith("s") and word[-2].isupper() else word


def _long_form(short: str, before: str) -> str | None:
    """The fewest last words of ``before`` whose letters spell ``short`` in order, each word of the first letter on."""
    letters = [letter for letter in short.casefold() if letter.isalnum()]
    words = list(_WORD.finditer(before))
    for first in range(len(words) - 1, max(-1, len(words) - len(letters) - 5), -1):
        if words[first].group()[0].casefold() == letters[0] and _spells(letters, [w.group().casefold() for w in words[first:]]):
            # A single word that happens to hold the letters explains nothing.
            return before[words[first].start() :].strip(" -,;:") if len(words) - first > 1 else None
    return None


def _spells(letters: list[str], words: list[str]) -> bool:
    """Whether ``letters`` are first letters of ``words`` in order, up to letters inside the word begun last."""
    position, inside = 0, ""
    for word in words:
        if position < len(letters) and word[0] == letters[position]:
            position, inside = position + 1, word[1:]
        elif word in _SKIPPED:
            continue
        else:
            return False
        # A following letter may lie inside this word ("convNet", "hyperparameter"), where no later word begins with it.
        rest = words[words.index(word) + 1 :]
        while position < len(letters) and letters[position] in inside and not any(w[0] == letters[position] for w in rest):
            inside = inside[inside.index(letters[position]) + 1 :]
            position += 1
    return position == len(letters)

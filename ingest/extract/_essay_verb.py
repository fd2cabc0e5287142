"""Where a sentence of an essay has its verb: no parser is loaded, a verb list and the small words of English go far enough."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from ingest.extract._essay_sides import lists

WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9/’'-]*")
_PARTICIPLE_BEFORE = frozenset("by on to with in for as from into at through via using under upon".split())
_DETERMINERS = frozenset(
    "the a an this that these those its their our of in for with by and or to more most such no each every".split()
)


class VerbForms(NamedTuple):
    """The verbs that are known, in lower case."""

    sure: frozenset[str]
    """Forms that are verbs."""
    either: frozenset[str]
    """Forms that may be nouns."""
    helping: frozenset[str]
    past: frozenset[str]
    """Past forms and participles."""


@cache
def verb_forms() -> VerbForms:
    table = lists()["verbs"]
    sure = set(table["irregular"].split())
    either: set[str] = set()
    past: set[str] = set()
    for group, forms in ((table["plain"].split(), sure), (table["either"].split(), either)):
        for lemma in group:
            ends_e, ends_y = lemma.endswith("e"), lemma.endswith("y") and lemma[-2:-1] not in "aeiou"
            forms.add(lemma)
            forms.add(
                lemma[:-1] + "ies" if ends_y else lemma + ("es" if lemma.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")
            )
            past.add(lemma[:-1] + "ied" if ends_y else lemma + ("d" if ends_e else "ed"))
            past.add(lemma + lemma[-1] + "ed")
    return VerbForms(frozenset(sure), frozenset(either - sure), frozenset(table["helping"].split()), frozenset(past - sure))


@lru_cache(maxsize=20_000)
def finite_verb(text: str, *, certain: bool = False) -> tuple[int, int] | None:
    """Where the first finite verb of ``text`` stands, as offsets of its word; None where there is none.

    ``certain`` leaves out words that are nouns as often as verbs.
    """
    sure, either, helping, past = verb_forms()
    tokens = list(WORD.finditer(text))
    words = [token.group().lower().replace("’", "'") for token in tokens]
    relative = 0
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if place and word in ("that", "which", "who", "whose") and before not in sure and before not in helping:
            relative = 1
            continue
        if relative:
            # The first verb after "that" or "which" belongs to the noun before it.
            is_verb = word in helping or word in sure or word in past or word in either
            if relative == 1 and is_verb:
                relative = 2
                continue
            if relative == 1 or (is_verb and words[place - 1] in helping) or word.endswith("ly"):
                continue
            relative = 0
        if word in helping:
            return tokens[place].span()
        if place == 0 or before in _DETERMINERS or before in ("who", "that", "which", "how", "where"):
            continue
        if len(word) > 6 and re.search(r"[^aeiou]i[sz]es?$|if(?:y|ies)$", word) and not word.endswith("noise"):
            return tokens[place].span()
        if word in sure and not (word.endswith("s") and after in helping):
            return tokens[place].span()
        if word in past and after not in _PARTICIPLE_BEFORE and not (place == 1 and before.endswith("ly")):
            return tokens[place].span()
        if (
            not certain
            and word in either
            and after not in helping
            and after not in _PARTICIPLE_BEFORE
            and after not in ("of", "and", "or", "between", "")
        ):
            plural_before = before.endswith("s") and not before.endswith(("ss", "us", "is"))
            if plural_before != word.endswith("s") and after not in sure:
                return tokens[place].span()
    return None

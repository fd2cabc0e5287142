"""Cutting a sentence by its words: the clause that says it, who does it, and the noun phrase beside a cue.

All functions return offsets into the text that they were given.
"""

from __future__ import annotations

import re

from ingest.extract._essay_outline import Extent
from ingest.extract._essay_verb import WORD, finite_verb, verb_forms

_OPENING = re.compile(
    r"(?:similarly|likewise|correspondingly|analogously|equally|conversely|meanwhile|here|thus|instead|often|however|for example"
    r"|for instance|in contrast|by contrast|on the other hand|in turn|as a result|in the same way|in much the same way|by analogy"
    r"|in parallel|in other words|of course|today|finally|first|second|third|then|in short|in practice)\s*,\s*"
    r"|(?:(?:also |please )?(?:note|remember|recall)|keep in mind|bear in mind|it is (?:worth noting|clear)|it seems) that\s+",
    re.I,
)
_ADJUNCT = re.compile(
    r"(?:in|within|during|by|through|when|whenever|while|after|before|under|with|without|at|for|on"
    r"|over|across|from|inspired|mimicking"
    r"|emulating|learning|borrowing|drawing|unlike|like|similar|just|much|despite|because|since|if|once|as|given|using|among)\b"
    r"[^,;:.]*(?:\([^)]*\)[^,;:.]*)?,\s*",
    re.I,
)
_TAIL = re.compile(
    r"\s*(?:,\s+(?:(?:thereby|thus|often|effectively|possibly|eventually|continuously"
    r"|without)\s+)?\w+ing\b(?![^,.;]*\band\s+\w+ing\s+\w+\s+(?:are|is)\b)"
    r"|,\s+(?:which|who|whose|whom|where|while|whereas|although|though|but|so|yet|because|since|even"
    r"|especially|particularly|as well"
    r"|much (?:as|like)|just (?:as|like)|akin|similar|like|unlike|not|rather|thus|until|when|if|making|a process|a form|a kind)\b"
    r"|\s+[—–]\s*|—|;|:\s|\s*\((?:e\.g|i\.e|for example|such as|see)[^)]*\)|\.\s*$|[.!?]$)",
    re.I,
)
_NOUN_PHRASE_END = re.compile(
    r"[,;:!?—()]|\.(?:\s|$)|\s[–-]\s|\b(?:which|who|whose|that|where|when|while|whereas|because|since"
    r"|although|but|so|then|if|until"
    r"|how|via|using|through|within (?:this|the|a) (?:context|framework)|in the context|thereby|thus"
    r"|and then|as well|rather|than|into|towards?|could|can|may|might|would|will|should|must|is|are"
    r"|was|were|has"
    r"|have|had|do|does|did|cannot|to\s+[a-z]+)\b",
    re.I,
)
_ACRONYM = re.compile(r"\s*\([A-Z][A-Za-z0-9-]{1,9}\)")
LEADING = re.compile(
    r"(?:and|but|so|the|a|an|this|that|these|those|its|their|our|your|his|her|some|many|most|certain"
    r"|various|several|such|even|only|also|both"
    r"|each|every|any|all|more|particular|specific|what|how|why|the way)\s+",
    re.I,
)
"""A word before a noun that adds nothing to its name."""
PLACES = (
    r"(?:of|in|for|by|with|during|through|under|against|between|among|from|to|over|across|within|on|at|based|governed|that|as)"
)
"""Words that join what follows to the noun before."""


def clause(text: str, start: int, end: int) -> Extent:
    """The main clause of the sentence at ``start``..``end``: without opening adjunct ("In biology, …") and trailing comment."""
    while True:
        rest = text[start:end]
        if opening := _OPENING.match(rest):
            start += opening.end()
        elif (adjunct := _ADJUNCT.match(rest)) and end - start - adjunct.end() > 12:
            start += adjunct.end()
        else:
            break
    position = 0
    rest = text[start:end]
    while tail := _TAIL.search(rest, position):
        if tail.start() > 12 and (finite_verb(rest[: tail.start()]) or tail.end() >= len(rest)):
            end = start + tail.start()
            break
        position = tail.end()
    for joined in re.finditer(r",\s+(?:and|or)\s+(?!\w+ing\b)", text[start:end]):
        # A second clause with a verb of its own says something else.
        if finite_verb(text[start : start + joined.start()]) and finite_verb(text[start + joined.end() : end]):
            end = start + joined.start()
            break
    return trimmed(text, start, end)


def subject(text: str, extent: Extent) -> Extent | None:
    """Who or what does it in the clause ``extent``; None where no verb is found or a pronoun stands for it."""
    words = text[extent.start : extent.end]
    found = finite_verb(words)
    first = re.match(r"[A-Za-z]+s\b", words)
    if found is None or found[0] < 3 or (first and first.group().lower() in verb_forms().sure):
        return None
    part = trimmed(text, _skip_leading(text, extent.start, extent.start + found[0]), extent.start + found[0])
    if part.end - part.start < 2 or re.fullmatch(
        r"(?:it|they|this|that|these|those|we|he|she|there|one|you)\b.*", text[part.start : part.end], re.I
    ):
        return None
    return part


def noun_phrase(text: str, start: int, end: int, *, cut_at_verb: bool = True) -> Extent | None:
    """The noun phrase that begins at ``start``: up to a comma, a clause word or a verb; an acronym in brackets belongs to it."""
    start = _skip_leading(text, start, end)
    position = start
    while stop := _NOUN_PHRASE_END.search(text, position, end):
        if acronym := _ACRONYM.match(text, stop.start() - (text[stop.start() - 1] == " ") if stop.start() else 0, end):
            position = acronym.end()
            if position < end and text[position] not in " ":
                end = position
                break
            continue
        if stop.start() == start:
            return None
        end = stop.start()
        break
    if cut_at_verb and (found := finite_verb(text[start:end], certain=True)) and found[0] > 2:
        end = start + found[0]
    extent = trimmed(text, start, end)
    while extent.end > extent.start and (
        dangling := re.search(
            rf"\s+(?:{PLACES}|and|or|also|often|both|then|a|an|the|is|not|only)$", text[extent.start : extent.end], re.I
        )
    ):
        extent = trimmed(text, extent.start, extent.start + dangling.start())
    return extent if extent.end - extent.start >= 2 else None


def noun_phrase_before(text: str, start: int, end: int) -> Extent | None:
    """The noun phrase that ends at ``end``: back to the verb, comma or opening word before it, not beyond ``start``."""
    words = text[start:end].rstrip(" ,")
    begin = 0
    helped = False
    for cut in re.finditer(
        r"[;:—]|,\s|\.\s|\b(?:that|which|where|when|while|how|of the|is|are|was|were|into|called|through)\s", words
    ):
        if cut.end() < len(words) - 2 and not cut.group().startswith("of"):
            begin = cut.end()
    sure, _, helping, past = verb_forms()
    for token in WORD.finditer(words, begin):
        word = token.group().lower()
        at_start = not words[begin : token.start()].strip()
        gerund = word.endswith("ing") and at_start and token.start() == 0
        acts = word in sure or word in past
        if (word in helping or gerund or (acts and (helped or not at_start))) and token.end() < len(words) - 2:
            begin = token.end()
        helped = word in helping
    extent = trimmed(text, start + begin, start + len(words))
    if opening := re.match(r"(?:of|to)\s+", text[extent.start : extent.end]):
        extent = Extent(extent.start + opening.end(), extent.end)
    extent = trimmed(text, _skip_leading(text, extent.start, extent.end), extent.end)
    return extent if extent.end - extent.start >= 2 else None


def _skip_leading(text: str, start: int, end: int) -> int:
    while start < end and text[start] in " \n\t":
        start += 1
    while (leading := LEADING.match(text, start, end)) and leading.end() < end - 1:
        start = leading.end()
    return start


def trimmed(text: str, start: int, end: int) -> Extent:
    """The extent without blanks and stops at its ends."""
    while start < end and text[start] in " \n\t,;:.":
        start += 1
    while end > start and text[end - 1] in " \n\t,;:.!?":
        end -= 1
    return Extent(start, end)


def shortened(text: str, extent: Extent, *, longest: int = 14) -> Extent:
    """The clause without what it adds by "by …", "to …" or "without …", where it has more than ``longest`` words."""
    words = text[extent.start : extent.end]
    if len(words.split()) <= longest:
        return extent
    cuts = [
        cut.start()
        for cut in re.finditer(r"\s+(?:by \w+ing|without|when|where|because|before|until|in order to|so that|to [a-z]+)\b", words)
        if len(words[: cut.start()].split()) >= 5
    ]
    return trimmed(text, extent.start, extent.start + cuts[0]) if cuts else extent


def without_examples(text: str, extent: Extent) -> Extent:
    """The extent up to " like …" or ", such as …", where enough stands before it."""
    found = re.search(r",?\s+(?:like|such as|including|e\.g\.)\s", text[extent.start : extent.end])
    if found and found.start() > 12:
        return Extent(extent.start, extent.start + found.start())
    return extent

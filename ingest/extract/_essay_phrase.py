"""Cutting a sentence by its words: the clause that says it, who does it, the noun phrase beside a cue, and a name for it.

No parser is loaded: a verb list and the small words of English go far enough for the plain sentences of essays.
All functions return offsets into the text that they were given.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from ingest.extract._essay_outline import Extent
from ingest.extract._essay_sides import lists, singular

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9/’'-]*")
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
_LEADING = re.compile(
    r"(?:and|but|so|the|a|an|this|that|these|those|its|their|our|your|his|her|some|many|most|certain"
    r"|various|several|such|even|only|also|both"
    r"|each|every|any|all|more|particular|specific|what|how|why|the way)\s+",
    re.I,
)
_QUOTES = "“”\"'‘’*_`"
_PARTICIPLE_BEFORE = frozenset("by on to with in for as from into at through via using under upon".split())
_DETERMINERS = frozenset(
    "the a an this that these those its their our of in for with by and or to more most such no each every".split()
)
_PLACES = (
    r"(?:of|in|for|by|with|during|through|under|against|between|among|from|to|over|across|within|on|at|based|governed|that|as)"
)


@cache
def _verb_forms() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """(forms that are verbs, forms that may be nouns, helping verbs, past forms)."""
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
    return frozenset(sure), frozenset(either - sure), frozenset(table["helping"].split()), frozenset(past - sure)


@lru_cache(maxsize=20_000)
def verb(text: str, *, certain: bool = False) -> tuple[int, int] | None:
    """Where the first finite verb of ``text`` stands, as offsets of its word; None where there is none.

    ``certain`` leaves out words that are nouns as often as verbs.
    """
    sure, either, helping, past = _verb_forms()
    tokens = list(_TOKEN.finditer(text))
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
        if tail.start() > 12 and (verb(rest[: tail.start()]) or tail.end() >= len(rest)):
            end = start + tail.start()
            break
        position = tail.end()
    for joined in re.finditer(r",\s+(?:and|or)\s+(?!\w+ing\b)", text[start:end]):
        # A second clause with a verb of its own says something else.
        if verb(text[start : start + joined.start()]) and verb(text[start + joined.end() : end]):
            end = start + joined.start()
            break
    return trimmed(text, start, end)


def subject(text: str, extent: Extent) -> Extent | None:
    """Who or what does it in the clause ``extent``; None where no verb is found or a pronoun stands for it."""
    words = text[extent.start : extent.end]
    found = verb(words)
    first = re.match(r"[A-Za-z]+s\b", words)
    if found is None or found[0] < 3 or (first and first.group().lower() in _verb_forms()[0]):
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
    if cut_at_verb and (found := verb(text[start:end], certain=True)) and found[0] > 2:
        end = start + found[0]
    extent = trimmed(text, start, end)
    while extent.end > extent.start and (
        dangling := re.search(
            rf"\s+(?:{_PLACES}|and|or|also|often|both|then|a|an|the|is|not|only)$", text[extent.start : extent.end], re.I
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
    sure, _, helping, past = _verb_forms()
    for token in _TOKEN.finditer(words, begin):
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
    while (leading := _LEADING.match(text, start, end)) and leading.end() < end - 1:
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


def name(phrase: str, *, longest: int = 8) -> str:
    """A short lower-case singular name for ``phrase``: ``"“Misfolded” Proteins"`` gives ``"misfolded protein"``."""
    words = re.sub(r"\s*\([^)]*\)?", "", phrase)
    words = "".join(character for character in words if character not in '“”"*_`').replace("’s", "'s")
    words = re.split(r"\s+[—–]\s+|—", words)[0]
    words = re.sub(r"\s+", " ", words).strip(" ,;:.!?'‘’").lower()
    while leading := _LEADING.match(words):
        words = words[leading.end() :]
    parts = words.split(" ")[:longest]
    while len(parts) > 1 and re.fullmatch(
        rf"{_PLACES}|into|then|and|or|the|a|an|its|their|to|is|are|which|both|not|,", parts[-1].strip(",")
    ):
        parts.pop()
    if len(parts) > 3 and parts[-1].endswith("ing") and parts[-2] in ("by", "in", "for", "through", "without"):
        parts = parts[:-2]
    if len(parts) > 2 and (field := re.search(r" in (?:machine learning|ml|ai|biology|nature)$", " ".join(parts))):
        parts = " ".join(parts)[: field.start()].split(" ")
    for place, part in enumerate(parts):
        last = place == len(parts) - 1 or re.fullmatch(rf"{_PLACES}|and|or", parts[place + 1])
        if last and (place == len(parts) - 1 or not part.endswith("ing")):
            parts[place] = singular(part.rstrip(",")) + ("," if part.endswith(",") and place < len(parts) - 1 else "")
    return " ".join(parts).strip(" ,")


@cache
def _noun_of() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in lists()["nouns"]["pairs"].split())


def process_name(text: str, extent: Extent) -> str:
    """A name for what happens: "chaperones are upregulated in stress" is a "chaperone upregulation in stress"."""
    words = text[extent.start : extent.end]
    found = verb(words)
    if found is None or found[0] < 3:
        return name(words)
    who = name(re.sub(r"^(?:[Tt]hey|[Ii]t|[Tt]hese|[Tt]his)\b", "", words[: found[0]]), longest=6)
    helping = _verb_forms()[2]
    position, passive, word = found[0], False, ""
    for token in _TOKEN.finditer(words, found[0]):
        word = token.group().lower()
        if word in helping:
            passive = word in ("is", "are", "was", "were", "be", "been", "being")
        elif not (word.endswith("ly") or word in ("sometimes", "often", "not", "also", "both")):
            position = token.end()
            break
    lemma = _lemma(word)
    rest = words[position:].strip()
    if lemma is None:
        return name(words) if not who else f"{who} {name(words[found[1] :], longest=5)}".strip() if passive else name(words)
    deed = _noun(lemma)
    if lemma in (
        "help",
        "serve",
        "act",
        "play",
        "aim",
        "enable",
        "allow",
        "cause",
        "let",
        "lead",
        "need",
        "require",
        "have",
        "be",
    ):
        return f"{who} {_gerund(lemma)} {name(rest, longest=5)}".strip()
    link = "" if passive or re.match(rf"{_PLACES}\b|into\b|while\b", rest) or not rest else "of "
    tail = name(re.sub(r"^(?:into|while)\b", "", rest), longest=5)
    return re.sub(r"\s+", " ", f"{who} {deed} {link}{tail}").strip()


def _lemma(word: str) -> str | None:
    plain = set(lists()["verbs"]["plain"].split()) | set(lists()["verbs"]["either"].split())
    candidates = [word, word[:-1], word[:-2], word[:-3], word[:-2] + "e", word[:-3] + "e", word[:-3] + "y", word[:-1] + "e"]
    endings = ("", "s", "es", "ies", "d", "ed", "ing")
    for candidate in candidates:
        if candidate in plain and any(word.endswith(ending) for ending in endings):
            return candidate
    return None


def _noun(lemma: str) -> str:
    if known := _noun_of().get(lemma):
        return known
    if lemma.endswith("ate"):
        return lemma[:-1] + "ion"
    if lemma.endswith("ify"):
        return lemma[:-1] + "ication"
    return _gerund(lemma)


def _gerund(lemma: str) -> str:
    if re.fullmatch(r"[^aeiou]+[aeiou][bdgmnprt]", lemma):
        return lemma + lemma[-1] + "ing"
    return (lemma[:-1] if lemma.endswith("e") and not lemma.endswith(("ee", "be")) else lemma) + "ing"

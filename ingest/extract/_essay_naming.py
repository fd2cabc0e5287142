"""Short names for the concepts that an essay speaks of: of a phrase its singular, of a clause what happens in it."""

from __future__ import annotations

import re
from functools import cache

from ingest.extract._essay_outline import Extent
from ingest.extract._essay_phrase import LEADING, PLACES
from ingest.extract._essay_sides import lists, singular
from ingest.extract._essay_verb import WORD, finite_verb, verb_forms


def short_name(phrase: str, *, longest: int = 8) -> str:
    """A short lower-case singular name for ``phrase``: ``"“Misfolded” Proteins"`` gives ``"misfolded protein"``."""
    words = re.sub(r"\s*\([^)]*\)?", "", phrase)
    words = "".join(character for character in words if character not in '“”"*_`').replace("’s", "'s")
    words = re.split(r"\s+[—–]\s+|—", words)[0]
    words = re.sub(r"\s+", " ", words).strip(" ,;:.!?'‘’").lower()
    while leading := LEADING.match(words):
        words = words[leading.end() :]
    parts = words.split(" ")[:longest]
    while len(parts) > 1 and re.fullmatch(
        rf"{PLACES}|into|then|and|or|the|a|an|its|their|to|is|are|which|both|not|,", parts[-1].strip(",")
    ):
        parts.pop()
    if len(parts) > 3 and parts[-1].endswith("ing") and parts[-2] in ("by", "in", "for", "through", "without"):
        parts = parts[:-2]
    if len(parts) > 2 and (field := re.search(r" in (?:machine learning|ml|ai|biology|nature)$", " ".join(parts))):
        parts = " ".join(parts)[: field.start()].split(" ")
    for place, part in enumerate(parts):
        last = place == len(parts) - 1 or re.fullmatch(rf"{PLACES}|and|or", parts[place + 1])
        if last and (place == len(parts) - 1 or not part.endswith("ing")):
            parts[place] = singular(part.rstrip(",")) + ("," if part.endswith(",") and place < len(parts) - 1 else "")
    return " ".join(parts).strip(" ,")


@cache
def _noun_of() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in lists()["nouns"]["pairs"].split())


def process_name(text: str, extent: Extent) -> str:
    """A name for what happens: "chaperones are upregulated in stress" is a "chaperone upregulation in stress"."""
    words = text[extent.start : extent.end]
    found = finite_verb(words)
    if found is None or found[0] < 3:
        return short_name(words)
    who = short_name(re.sub(r"^(?:[Tt]hey|[Ii]t|[Tt]hese|[Tt]his)\b", "", words[: found[0]]), longest=6)
    helping = verb_forms().helping
    position, passive, word = found[0], False, ""
    for token in WORD.finditer(words, found[0]):
        word = token.group().lower()
        if word in helping:
            passive = word in ("is", "are", "was", "were", "be", "been", "being")
        elif not (word.endswith("ly") or word in ("sometimes", "often", "not", "also", "both")):
            position = token.end()
            break
    lemma = _lemma(word)
    rest = words[position:].strip()
    if lemma is None:
        if not who or not passive:
            return short_name(words)
        return f"{who} {short_name(words[found[1] :], longest=5)}".strip()
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
        return f"{who} {_gerund(lemma)} {short_name(rest, longest=5)}".strip()
    link = "" if passive or re.match(rf"{PLACES}\b|into\b|while\b", rest) or not rest else "of "
    tail = short_name(re.sub(r"^(?:into|while)\b", "", rest), longest=5)
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

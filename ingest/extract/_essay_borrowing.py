"""Rules of prose for what was or could be borrowed: "inspired by X", "that mimic X", "studying X could lead to Y"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import MODAL, quote
from ingest.extract._essay_outline import Extent
from ingest.extract._essay_sentence import Hit, Sentence, end_before_cue, names_technique
from ingest.extract._essay_sides import is_generic, weigh
from ingest.extract._essay_verb import finite_verb
from kg.model import Relation

_INSPIRED = re.compile(
    r"\b(?:(?:directly |loosely |partly |originally )?(?:inspired|motivated) by|model+ed (?:on|after)|patterned (?:on|after)"
    r"|(?:draw(?:s|ing|n)?|tak(?:e|es|ing)) (?:(?:its|their|direct|some)\s+)?(?:inspiration|cues?|lessons?|ideas?) from"
    r"|borrow(?:s|ed|ing)? (?:\w+ ){0,3}?from|learning from(?= how\b| the\b| biolog| natur| [a-z]+s\b))\s+",
    re.I,
)
_MIMIC = re.compile(
    r"\b(?:mimic(?:s|king|ked)?|emulat(?:e|es|ing|ed)|imitat(?:e|es|ing|ed)|replicat(?:e|es|ing|ed)|recreat(?:e|es|ing|ed))\s+",
    re.I,
)
_IDEA = re.compile(
    r"(?:understanding|studying|exploring|examining|observing|learning"
    r"|investigating)\s+(?P<source>.+?)\s+(?:could|can|may|might|would)\s+"
    r"(?:also\s+|one day\s+|eventually\s+)?(?:lead to|inspire|inform|guide|suggest"
    r"|help (?:\w+ )?(?:build|design|develop)|yield|point to|give rise to|improve|produce)\s+",
    re.I,
)
_BUILD = re.compile(
    r"(?:implementing|developing|adopting|incorporating|building|introducing|integrating|designing"
    r"|adding|giving|creating)\s+(?P<what>.+?)\s+(?:could|would|may|might|can)\b",
    re.I,
)
_SUGGESTS = re.compile(r"\b(?:suggests?|hints? at|points? to|invites?)\s+(?=(?:a|an|new|better)\b)", re.I)


def inspired(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "models inspired by X", "Inspired by X, models could …", "techniques that mimic X" """
    for pattern in (_INSPIRED, _MIMIC):
        for cue in pattern.finditer(text, sentence.start, sentence.extent.end):
            source = _source(text, cue.end(), sentence.extent.end)
            if source is None or weigh(quote(text, source)).lean <= 0:
                continue
            words = quote(text, sentence.extent)
            opens = re.fullmatch(r"(?:by|when|in|through|while)?\s*", text[sentence.start : cue.start()], re.I)
            target = _opened_target(text, sentence, source) if opens else _target(text, sentence, cue.start())
            if target is None:
                continue
            built = bool(re.match(r"\w+ing\b", text[sentence.start : sentence.extent.end])) and pattern is _MIMIC
            relation: Relation = "proposes" if MODAL.search(words) or built else "inspires"
            # A head stands before the sentence that says what it is.
            known = weigh(quote(text, target)).machine
            around = target
            if not known:
                around = (
                    Extent(source.end, sentence.extent.end) if target == sentence.head else Extent(sentence.start, cue.start())
                )
            subordinate = re.match(r"(?:as|if|when|since|although|while)\s", text[sentence.start : sentence.extent.end], re.I)
            # In a list of ideas the entry's head is the name of the idea.
            head = quote(text, sentence.head) if sentence.head and relation == "proposes" else ""
            named = head and not is_generic(head) and (weigh(head).machine or sentence.where.future)
            names = ("", head) if named else ("", "")
            score = 0.6 if subordinate else 0.85
            yield Hit(source, target, score, cue.group().strip(), relation=relation, around=(source, around), names=names)


def _source(text: str, start: int, end: int) -> Extent | None:
    """What is borrowed from: a noun phrase, or "how cells do it" up to the comma."""
    if text[start:end].lower().startswith(("how ", "the way ")):
        comma = text.find(",", start, end)
        return phrase.trimmed(text, start, comma if comma > 0 else end)
    return phrase.noun_phrase(text, start, end)


def _opened_target(text: str, sentence: Sentence, source: Extent) -> Extent | None:
    if (
        sentence.head
        and (names_technique(text, sentence.head) or weigh(quote(text, sentence.head)).biology == 0)
        and sentence.extent.start < sentence.start
    ):
        return sentence.head
    comma = text.find(",", source.end, sentence.extent.end)
    if comma < 0:
        return None
    rest = phrase.clause(text, comma + 1, sentence.extent.end)
    if made := re.search(
        r"\b(?:develop(?:ed)?|buil[dt]|design(?:ed)?|create[d]?|propose[d]?|introduce[d]?|invent(?:ed)?|devise[d]?)\s+",
        quote(text, rest),
    ):
        return phrase.noun_phrase(text, rest.start + made.end(), rest.end)
    return phrase.subject(text, rest)


def _target(text: str, sentence: Sentence, cue: int) -> Extent | None:
    before = end_before_cue(text, sentence.start, cue)
    found = phrase.noun_phrase_before(text, sentence.start, before)
    if relative := re.search(
        r"^(?P<noun>[^,;]+?)\s+(?:whose|that|which|where)\b.*\b(?:could|might|may|can|would)$",
        text[sentence.start : cue].rstrip(),
    ):
        if before - sentence.start > relative.end("noun"):
            found = phrase.noun_phrase(text, sentence.start, sentence.start + relative.end("noun"))
    if found and (opening := re.match(r"(?:as|if|when|since|although|while)\s+", quote(text, found), re.I)):
        found = Extent(found.start + opening.end(), found.end)
    if found and weigh(quote(text, found)).machine and not _better_head(text, sentence, found):
        return found
    if sentence.head and names_technique(text, sentence.head):
        return sentence.head
    plain = found and weigh(quote(text, found)).lean <= 0 and finite_verb(f"it {quote(text, found)}") is None
    return found if plain else None


def _better_head(text: str, sentence: Sentence, found: Extent) -> bool:
    """Whether the entry's head names the technique where the sentence only says "ML techniques"."""
    head = sentence.head
    return (
        head is not None and is_generic(quote(text, found)) and not is_generic(quote(text, head)) and names_technique(text, head)
    )


def suggests(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "X suggest a protocol by which …" """
    for cue in _SUGGESTS.finditer(text, sentence.start, sentence.extent.end):
        one = phrase.noun_phrase(text, sentence.start, cue.start())
        two = phrase.trimmed(text, cue.end(), sentence.extent.end)
        if one and weigh(quote(text, one)).lean > 0:
            yield Hit(one, phrase.noun_phrase(text, *two) or two, 0.75, "suggests", relation="proposes", around=(one, two))


def idea(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "Studying how X … could lead to Y", "Implementing Y could …" under a head that names biology."""
    if cue := _IDEA.match(text, sentence.start, sentence.extent.end):
        source = phrase.trimmed(text, *cue.span("source"))
        if (target := phrase.noun_phrase(text, cue.end(), sentence.extent.end)) and weigh(quote(text, source)).biology:
            yield Hit(source, target, 0.8, "studying X could lead to Y", relation="proposes")
    if (
        sentence.head
        and weigh(quote(text, sentence.head)).lean > 0
        and (cue := _BUILD.match(text, sentence.start, sentence.extent.end))
    ):
        yield Hit(sentence.head, phrase.trimmed(text, *cue.span("what")), 0.75, "what could be built", relation="proposes")

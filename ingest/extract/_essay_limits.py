"""Rules of prose for where the analogy ends: "In contrast, …", "X is more complex than Y", "X …, while Y …", "Unlike X, Y"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import quote
from ingest.extract._essay_outline import Extent
from ingest.extract._essay_sentence import Hit, Sentence, last_part
from ingest.extract._essay_sides import opposed, weigh
from ingest.extract._essay_verb import finite_verb

_UNLIKE = re.compile(r"(?:in contrast|by contrast|conversely|on the other hand|whereas|however|but|yet)\b,?\s*", re.I)
_MORE_THAN = re.compile(
    r"\b(?:is|are|remains?|works?|learns?|runs?)\s+(?:\w+\s+){0,3}?(?:more|less|fewer"
    r"|\w+er)\s+(?:[\w-]+\s+){0,3}?than\s+(?:that of\s+|those of\s+)?(?:a\s+|an\s+|the\s+)?",
    re.I,
)
_WHILE = re.compile(r",\s+(?P<word>while|whereas|but|yet)\s+", re.I)
_DIFFERS = re.compile(
    r"\b(?:differs? (?:\w+ )?from|(?:has|have) no (?:\w+ )?(?:equivalent|counterpart|analogue"
    r"|analog) in|(?:is|are) (?:\w+ )?(?:unlike|different from))\s+",
    re.I,
)


def contrast(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "In contrast, …", "X is vastly more complex than Y", "X …, while Y …", "Unlike X, Y …" """
    end = sentence.extent.end
    if cue := re.match(
        r"(?:unlike|in contrast (?:to|with)|as opposed to|compared (?:to|with))\s+", text[sentence.start : end], re.I
    ):
        comma = text.find(",", sentence.start, end)
        one = phrase.noun_phrase(text, sentence.start + cue.end(), comma if comma > 0 else end)
        rest = phrase.clause(text, comma + 1, end) if comma > 0 else None
        two = rest and (phrase.subject(text, rest) or rest)
        if one and two:
            yield Hit(one, two, 0.8, "unlike", relation="contrasts")
    elif (
        (cue := _UNLIKE.match(text[sentence.start : end]))
        and sentence.before
        and (sentence.where.limits or "contrast" in cue.group().lower())
    ):
        yield from _against_before(text, sentence, sentence.start + cue.end())
    for cue in re.finditer(r",\s+(?:quite )?unlike\s+", text[sentence.start : end]):
        two = phrase.noun_phrase(text, sentence.start + cue.end(), end)
        left = phrase.clause(text, sentence.start, sentence.start + cue.start())
        if two and (one := phrase.subject(text, left) or left):
            yield Hit(one, two, 0.75, "unlike", relation="contrasts")
    for cue in _MORE_THAN.finditer(text, sentence.start, end):
        left = last_part(text, sentence.start, cue.start())
        two = phrase.noun_phrase(text, cue.end(), end)
        one = phrase.noun_phrase_before(text, left.start, cue.start())
        if two and (one is None or not weigh(quote(text, one)).biology + weigh(quote(text, one)).machine):
            one = phrase.subject(text, phrase.clause(text, left.start, end))
        if one and two and not re.match(r"(?:in contrast|by contrast)", text[sentence.start : end], re.I):
            yield Hit(one, two, 0.8, "more … than", relation="contrasts")
    if sentence.before and re.match(r"[^,;]{2,60},\s+(?:(?:by|in) contrast|on the other hand),\s", text[sentence.start : end]):
        yield from _against_before(text, sentence, sentence.start)
    for cue in _DIFFERS.finditer(text, sentence.start, end):
        one, two = phrase.noun_phrase_before(text, sentence.start, cue.start()), phrase.noun_phrase(text, cue.end(), end)
        if one and two:
            yield Hit(one, two, 0.8, cue.group().strip(), relation="contrasts")
    yield from _while(text, sentence)


def _against_before(text: str, sentence: Sentence, start: int) -> Iterator[Hit]:
    """This sentence against the nearest one before it that speaks of the other side in its own words."""
    end = sentence.extent.end
    here = phrase.clause(text, start, end)
    for earlier, begin in reversed(sentence.before):
        there = phrase.clause(text, begin, earlier.end)
        if re.match(r"(?:this|these|those|that|it|they|such)\b", quote(text, there), re.I):
            continue
        relative = _MORE_THAN.search(text, start, end)
        if relative and (measured := phrase.noun_phrase(text, relative.end(), end)) and (who := phrase.subject(text, here)):
            if opposed(quote(text, measured), quote(text, who)) is not None:
                yield Hit(measured, who, 0.8, "in contrast, less … than", relation="contrasts")
                return
        told = [part for part in (phrase.subject(text, there), phrase.subject(text, here)) if part]
        for pair in ([*told], [earlier, sentence.extent]):
            if len(pair) == 2 and opposed(quote(text, pair[0]), quote(text, pair[1])) is not None:
                around = (pair[0], pair[1])
                passages = (earlier, sentence.extent)
                yield Hit(there, here, 0.8, "in contrast", relation="contrasts", around=around, passages=passages)
                return


def _while(text: str, sentence: Sentence) -> Iterator[Hit]:
    end = sentence.extent.end
    if opening := re.match(r"(?:while|whereas|although)\s+", text[sentence.start : end], re.I):
        comma = text.find(", ", sentence.start, end)
        if comma > 0:
            one = phrase.trimmed(text, sentence.start + opening.end(), comma)
            two = phrase.clause(text, comma + 1, end)
            if finite_verb(quote(text, one)) and finite_verb(quote(text, two)):
                yield Hit(one, two, 0.7, "while X, Y", relation="contrasts")
        return
    for cue in _WHILE.finditer(text, sentence.start, end):
        one, two = phrase.clause(text, sentence.start, cue.start()), phrase.clause(text, cue.end(), end)
        if not _can_be_set_against(text, one, two):
            continue
        against = sentence.where.limits or cue["word"].lower() != "while"
        yield Hit(one, two, 0.75 if against else 0.6, f"X, {cue['word']} Y", relation="contrasts" if against else None)
        return


def _can_be_set_against(text: str, one: Extent, two: Extent) -> bool:
    """Whether both clauses say something of their own, each of one side, by its words or at least by its subject."""
    if any(len(quote(text, part).split()) < 3 for part in (one, two)):
        return False
    subjects = [phrase.subject(text, part) for part in (one, two)]
    if any(part and not any(weigh(quote(text, part))) for part in subjects):
        return False
    told = [quote(text, part) for part in subjects if part]
    return all(_speaks_of_one_side(quote(text, part)) for part in (one, two)) or (len(told) == 2 and opposed(*told) is not None)


def _speaks_of_one_side(words: str) -> bool:
    weight = weigh(words)
    return max(weight) > 0 and max(weight) >= 2 * min(weight)


def halves(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "X …; Y … in the same manner", and under the limits of the analogy any "X …; Y …" """
    parts = re.split(r";\s+", text[sentence.start : sentence.extent.end])
    if len(parts) != 2:
        return
    middle = sentence.start + len(parts[0])
    alike = re.search(
        r"\b(?:in (?:much )?the same (?:way|manner|fashion)|likewise|similarly|does? the same|also|so too)\b", parts[1], re.I
    )
    if not alike and not sentence.where.limits:
        return
    one, two = phrase.clause(text, sentence.start, middle), phrase.clause(text, middle + 1, sentence.extent.end)
    if same := re.search(r"\s+in (?:much )?the same (?:way|manner|fashion)\b.*$", quote(text, two)):
        two = Extent(two.start, two.start + same.start())
    if _can_be_set_against(text, one, two):
        yield Hit(one, two, 0.75, "two halves of a sentence", relation="contrasts" if sentence.where.limits else None)

"""Rules of prose for likeness: "…, akin to how …", "X mirrors Y", "Just as X, Y" and the links of two chains told alike."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import MODAL, quote
from ingest.extract._essay_outline import Extent
from ingest.extract._essay_sentence import Hit, Sentence, end_before_cue, last_clause, last_part, names_technique, without_pronoun
from ingest.extract._essay_sides import is_generic, opposed, weigh
from ingest.extract._essay_verb import finite_verb
from kg.model import Relation

_SIMILE = re.compile(
    r",?\s*\b(?:(?:is|are|was|were|being|be|seems?)\s+)?(?:(?:much|very|rather|quite|closely"
    r"|strikingly|directly|conceptually|functionally|loosely)\s+)?"
    r"(?:akin to|similar(?:ly)? to|analogous to|comparable to|reminiscent of|equivalent to"
    r"|in (?:much )?the (?:same|very) way (?:that|as|in which)?"
    r"|(?:(?:is|are|was|were)(?: \w+)?|much|just|not unlike|behav(?:e|es|ing)(?: more)?|acts?|acting"
    r"|works?|working|functions?|operates?) (?:like|the way)|(?:much|just) as"
    r"|in ways similar to|in a (?:way|manner) (?:similar to|that resembles))\s+(?P<how>how\s+|the way\s+|what\s+)?",
    re.I,
)
_CLAUSAL = re.compile(r"(?:how|like|as|way|what|which)\s*$", re.I)
_NOUN_ONLY = re.compile(r"(?:\b(?:is|are|was|were)\b|behav|act|work|function|operat|in ways|manner)", re.I)
_MATCHES = re.compile(
    r"\s(?:closely\s+|directly\s+|also\s+|loosely\s+|in turn\s+)?(?:(?:is|are|was"
    r"|were) (?:\w+ )?(?:echoed|mirrored|matched|paralleled) (?:by|in)|resembl(?:es?|ing)|mirror(?:s"
    r"|ing)?|parallels?(?! between)|paralleling|echo(?:es|ing)?|correspond(?:s|ing)? to"
    r"|maps? (?:on)?to|plays? the (?:same )?(?:role|part) (?:of|as)|takes? the (?:role|part|place) of"
    r"|(?:is|are) the (?:\w+ ){0,2}(?:equivalent|counterpart|analogue|analog|version) (?:of|to)"
    r"|(?:has|have|finds?) (?:its|their|an?) (?:\w+ ){0,2}(?:equivalent|counterpart|analogue|analog"
    r"|echo|parallel) in)\s+",
    re.I,
)
_FRONTED = re.compile(
    r"(?:just as|much as|just like|much like|similar to how|similar to|like|as with"
    r"|in the same way that|as(?=[^.]*, so\b))\s+(?=\w)",
    re.I,
)


def simile(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "…, akin to how …" """
    for cue in _SIMILE.finditer(text, sentence.start, sentence.extent.end):
        if cue.start() - sentence.start < 6:
            continue
        right_all = phrase.trimmed(text, cue.end(), sentence.extent.end)
        left_all = last_part(text, sentence.start, cue.start())
        main = phrase.clause(text, *right_all)
        clausal = _CLAUSAL.search(cue.group()) and (cue["how"] or not _NOUN_ONLY.search(cue.group()))
        if clausal and finite_verb(quote(text, main)):
            one, two = _aligned_clauses(text, phrase.clause(text, *last_clause(text, left_all)), main)
        else:
            near = phrase.noun_phrase_before(text, left_all.start, end_before_cue(text, left_all.start, cue.start()))
            # "tuning and techniques equivalent to chaperones": only the nearest name is compared.
            if (
                near
                and re.match(r"\s*[a-z]+ to\s", cue.group())
                and (joined := re.search(r".*\s(?:and|or)\s+", quote(text, near)))
            ):
                near = Extent(near.start + joined.end(), near.end)
            far = phrase.noun_phrase(text, *right_all)
            if near is None or far is None:
                continue
            one, two = near, far
        names = (
            ("", quote(text, sentence.head))
            if sentence.head and names_technique(text, sentence.head) and is_generic(quote(text, one))
            else ("", "")
        )
        relation: Relation | None = (
            "proposes"
            if re.search(r"\bcould (?:develop|build|design|create)\b|\bif (?:we|engineers)\b", quote(text, sentence.extent), re.I)
            else None
        )
        yield Hit(one, two, 0.85, cue.group().strip(" ,"), relation=relation, around=(left_all, main), names=(names[1], names[0]))


def _aligned_clauses(text: str, one: Extent, two: Extent) -> tuple[Extent, Extent]:
    """The left clause from the verb that both clauses share, so that "could adjust its inputs" meets "adjusts its genes"."""
    ours = [match for match in re.finditer(r"[\w’'-]+", quote(text, one))]
    theirs = {re.sub(r"(?:ing|ed|es|s)$", "", match.group().lower()) for match in re.finditer(r"[\w’'-]+", quote(text, two))}
    for match in ours[1:]:
        stem = re.sub(r"(?:ing|ed|es|s)$", "", match.group().lower())
        if len(stem) > 3 and stem in theirs and (match.group().endswith("ing") or finite_verb(f"it {match.group().lower()}")):
            one = Extent(one.start + match.start(), one.end)
            break
    return phrase.without_examples(text, one), two


def matches(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "X mirrors Y", "X plays the role of Y" """
    for cue in _MATCHES.finditer(text, sentence.start, sentence.extent.end):
        left = phrase.clause(text, *last_part(text, sentence.start, cue.start()))
        one = phrase.noun_phrase_before(text, left.start, cue.start())
        two = phrase.noun_phrase(text, cue.end(), sentence.extent.end)
        if one and two:
            yield Hit(one, two, 0.8, cue.group().strip(), around=(left, phrase.trimmed(text, cue.end(), sentence.extent.end)))


def fronted(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "Just as X, Y" with its parts: how each leads to the next on both sides."""
    opening = phrase.trimmed(text, sentence.start, sentence.extent.end)
    cue = _FRONTED.match(text, *opening)
    if cue is None:
        return
    for comma in re.finditer(r",\s+(?:so\s+(?:too\s+)?)?", text[cue.end() : opening.end]):
        one_all = phrase.trimmed(text, cue.end(), cue.end() + comma.start())
        two_all = phrase.trimmed(text, cue.end() + comma.end(), opening.end)
        if opposed(quote(text, one_all), quote(text, two_all)) is None:
            continue
        one, two = (without_pronoun(text, part) for part in (one_all, two_all))
        plain = finite_verb(quote(text, one)) is None
        if plain:
            two = phrase.subject(text, phrase.clause(text, *two)) or phrase.clause(text, *two)
            one = phrase.noun_phrase(text, *one) or one
        machine = two_all if weigh(quote(text, two_all)).lean < 0 else one_all
        relation: Relation | None = "proposes" if any(MODAL.search(quote(text, part)) for part in (machine, two_all)) else None
        yield Hit(one, two, 0.8, cue.group().strip(), relation=relation, around=(one_all, two_all))
        if not plain:
            yield from _chain(text, one_all, two_all)
        return


def _chain(text: str, one: Extent, two: Extent) -> Iterator[Hit]:
    """The links of two chains built alike: "how A leads to B and then to C" beside "how X leads to Y and then to Z"."""
    sides = []
    for part in (one, two):
        begin = re.search(r"\bhow\s+", quote(text, part))
        start = part.start + (begin.end() if begin else 0)
        sides.append(
            [Extent(match.start(), match.end()) for match in re.finditer(r"[\w’'-]+", text[: part.end]) if match.start() >= start]
        )
    words = [[quote(text, token).lower() for token in tokens] for tokens in sides]
    blocks = difflib.SequenceMatcher(a=words[0], b=words[1], autojunk=False).get_matching_blocks()
    linked = [block for block in blocks if block.size and any(_links(word) for word in words[0][block.a : block.a + block.size])]
    if len(linked) < 2:
        return
    bounds = [(0, 0), *[(block.a + block.size, block.b + block.size) for block in linked]]
    ends = [*[(block.a, block.b) for block in linked], (len(words[0]), len(words[1]))]
    for (a, b), (a_end, b_end) in zip(bounds, ends, strict=True):
        if 0 < a_end - a <= 7 and 0 < b_end - b <= 8:
            first, second = Extent(sides[0][a].start, sides[0][a_end - 1].end), Extent(sides[1][b].start, sides[1][b_end - 1].end)
            yield Hit(first, second, 0.7, "same link of two chains", relation="analogous", around=(one, two), listed=True)


def _links(word: str) -> bool:
    return word in ("to", "then", "into", "from", "by") or finite_verb(f"they {word}") is not None

"""Rules of prose that set two names side by side: "analogies between X and Y", "both X and Y", "(X or Y)", "seen as a “Y”"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_claim import MODAL, quote
from ingest.extract._essay_outline import Extent
from ingest.extract._essay_sentence import Hit, Sentence, end_before_cue
from ingest.extract._essay_sides import opposed, weigh
from ingest.extract._essay_verb import finite_verb

_BETWEEN = re.compile(
    r"\b(?:analog(?:y|ies)|parallel(?:s|ism)?|similarit(?:y|ies)|correspondences?|resemblances?"
    r"|kinship|isomorphism|homolog(?:y|ies))\b"
    r"[^.;]{0,50}?\bbetween\s+",
    re.I,
)
_NARROWED = re.compile(
    r",\s+(?:(?:more\s+)?(?:specifically|particularly|in particular|especially)(?:\s+(?:focusing"
    r"|focused)\s+on)?|namely|such as|like)\s+",
    re.I,
)
_BOTH = re.compile(r"\bboth\s+(?=\w)", re.I)
_BRACKETS = re.compile(r"\((?:whether\s+)?(?:in\s+|e\.g\.,?\s+)?(?P<pair>[^()]{5,110}?)\)")
_WHETHER = re.compile(r"\bwhether\s+(?:it (?:is|be)\s+)?(?:through|in|by|for|via)?\s*(?P<pair>[^,;:.()—]{5,110})", re.I)
_SPLIT = re.compile(r"\s+(?:or|and|versus|vs\.?|as opposed to|on the one hand)\s+|\s*/\s*")
_SEEN_AS = re.compile(
    r"\b(?:be\s+)?(?:considered|seen as|viewed as|regarded as|thought of as|understood as"
    r"|described as|likened to|interpreted as)\s+"
    r"(?:(?:a|an|the)\s+)?(?:(?:form|kind|sort|type) of\s+)?",
    re.I,
)
_KIND_OF = re.compile(r"\b(?:a|an|its own)\s+(?:(?:kind|form|sort|type) of\s+)?[“\"](?P<quoted>[^”\"]{3,50})[”\"]", re.I)
_HOW_HOW = re.compile(r"\bhow\s+(?P<one>[^;.]+?),?\s+and\s+how\s+(?P<two>[^;.]+?)(?=,\s|[;.]|$)", re.I)
_ALSO = re.compile(
    r"(?:similarly|likewise|correspondingly|analogously|by analogy|in (?:much )?the same (?:way|vein"
    r"|manner|spirit)|equally|in parallel)\b,?\s*",
    re.I,
)


def _pairs_after(text: str, start: int, end: int, *, longest: int = 9) -> Iterator[tuple[Extent, Extent]]:
    """(X, Y) of "X and Y …" at ``start``, at every "and" where X is one side and Y the other."""
    for link in re.finditer(r",?\s+and\s+|—and\s+", text[start:end]):
        one = phrase.trimmed(text, start, start + link.start())
        if dash := re.search(r"\s?—", quote(text, one)):
            one = Extent(one.start, one.start + dash.start())
        two = phrase.noun_phrase(text, start + link.end(), end)
        if finite_verb(quote(text, one), certain=True):
            continue
        if two and 0 < len(quote(text, one).split()) <= longest and opposed(quote(text, one), quote(text, two)) is not None:
            yield one, two
            return


def between(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "analogies between X and Y" """
    for cue in _BETWEEN.finditer(text, sentence.start, sentence.extent.end):
        for one, two in _pairs_after(text, cue.end(), sentence.extent.end):
            if narrowed := _NARROWED.match(text, two.end, sentence.extent.end):
                precise = phrase.noun_phrase(text, narrowed.end(), sentence.extent.end)
                if precise:
                    kept = two.start if re.search(r"such as|like", narrowed.group()) else precise.start
                    two = Extent(kept, precise.end)
                    yield Hit(one, two, 0.85, "analogy between", names=("", quote(text, precise)))
                    continue
            yield Hit(one, two, 0.85, "analogy between")


def both(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "Both X and Y do the same" """
    for cue in _BOTH.finditer(text, sentence.start, sentence.extent.end):
        for one, two in _pairs_after(text, cue.end(), sentence.extent.end, longest=7):
            yield Hit(one, two, 0.75, "both … and …")


def in_brackets(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "control parameters (epigenetic modifications or hyperparameters)" """
    for pattern, why, score in ((_BRACKETS, "two cases in brackets", 0.8), (_WHETHER, "whether … or …", 0.7)):
        for cue in pattern.finditer(text, sentence.start, sentence.extent.end):
            start, end = cue.span("pair")
            if form := re.match(r"(?:in\s+)?the (?:form|shape|guise) of\s+", text[start:end]):
                start += form.end()
            for link in sorted(_SPLIT.finditer(text, start, end), key=lambda link: "or" not in link.group()):
                one = phrase.trimmed(text, start, link.start())
                two = phrase.noun_phrase(text, link.end(), end, cut_at_verb=pattern is _WHETHER)
                if two is None or max(len(quote(text, part).split()) for part in (one, two)) > 7:
                    continue
                if opposed(quote(text, one), quote(text, two)) is not None:
                    for first, second in _member_by_member(text, one, two):
                        yield Hit(
                            first, second, score, why, names=_with_kind(text, cue.start(), first, second), around=(one, two)
                        )
                    break


def _member_by_member(text: str, one: Extent, two: Extent) -> list[tuple[Extent, Extent]]:
    """ "DNA and environment or embeddings and tokens" is two pairs."""
    links = [re.search(r"\s+and\s+", quote(text, part)) for part in (one, two)]
    if links[0] is None or links[1] is None:
        return [(one, two)]
    halves = [
        (Extent(part.start, part.start + link.start()), Extent(part.start + link.end(), part.end))
        for part, link in zip((one, two), links, strict=True)
        if link
    ]
    return list(zip(*halves, strict=True))


def _with_kind(text: str, bracket: int, one: Extent, two: Extent) -> tuple[str, str]:
    """Names that keep the kind of thing before the bracket: "landscapes (protein folding and loss surfaces)"."""
    kind = re.search(
        r"(?P<kind>landscape|space|process|network|cycle|signal|pathway|rule|circuit|memory|dynamic|response)s?\s*$",
        text[max(0, bracket - 30) : bracket],
        re.I,
    )
    return (f"{quote(text, one)} {kind['kind']}", f"{quote(text, two)} {kind['kind']}") if kind else ("", "")


def how_how(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "how X …, and how Y …" """
    for cue in _HOW_HOW.finditer(text, sentence.start, sentence.extent.end):
        yield Hit(phrase.trimmed(text, *cue.span("one")), phrase.trimmed(text, *cue.span("two")), 0.75, "how … and how …")


def likewise(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "In biology, …. Similarly, in machine learning, …" """
    cue = _ALSO.match(text, sentence.start, sentence.extent.end)
    if cue is None or not sentence.before:
        return
    earlier, start = sentence.before[-1]
    ends = [phrase.clause(text, start, earlier.end), phrase.clause(text, sentence.start, sentence.extent.end)]
    yield Hit(
        ends[0], ends[1], 0.8, cue.group().strip(" ,"), around=(earlier, sentence.extent), passages=(earlier, sentence.extent)
    )


def seen_as(text: str, sentence: Sentence) -> Iterator[Hit]:
    """ "overfitting, which can be considered a “misfolded” state", "a kind of “memory” within the network" """
    for cue in _SEEN_AS.finditer(text, sentence.start, sentence.extent.end):
        two = phrase.noun_phrase(text, cue.end() - (1 if text[cue.end() - 1] in '“"' else 0), sentence.extent.end)
        left = Extent(sentence.start, end_before_cue(text, sentence.start, cue.start()))
        one = phrase.noun_phrase_before(text, *left)
        if one and two:
            if from_ := re.search(r"\b(?:from|prevents?|of|against|avoids?)\s+(?=[\w-]+$)", quote(text, one)):
                one = Extent(one.start + from_.end(), one.end)
            yield Hit(one, two, 0.85, cue.group().strip(), around=(left, two))
    for cue in _KIND_OF.finditer(text, sentence.start, sentence.extent.end):
        inside = re.match(
            r"\s+(?:within|in|for|inside)\s+(?:the\s+|an?\s+)?(?P<home>[\w -]+?)(?:,\s+(?:where|in which"
            r"|so that)\s+(?P<what>[^.;]+)|[,.;])",
            text[cue.end() : sentence.extent.end],
        )
        if inside is None or not weigh(cue["quoted"]).biology:
            continue
        group = "what" if inside["what"] else "home"
        one, two = Extent(*cue.span("quoted")), Extent(cue.end() + inside.start(group), cue.end() + inside.end(group))
        yield Hit(
            one,
            two,
            0.8,
            "a quoted borrowing",
            relation="proposes" if MODAL.search(quote(text, sentence.extent)) else None,
            around=(one, Extent(cue.end(), sentence.extent.end)),
        )

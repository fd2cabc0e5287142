"""What the essay reader's rules hand over: a claimed mapping with its offsets, and the judgements that all rules share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ingest.extract import _essay_phrase as phrase
from ingest.extract._essay_naming import process_name, short_name
from ingest.extract._essay_outline import Block, Extent
from ingest.extract._essay_sides import is_generic, named_techniques, weigh
from ingest.extract._essay_verb import finite_verb
from ingest.text import sentences
from kg.model import Relation

MODAL = re.compile(r"\b(?:could|might|may|would|should|can be (?:designed|built|made|trained|used)|if we (?:develop|build))\b")
_LIMITS = re.compile(
    r"\b(?:limits?|limitations?|limited|divergences?|diverges?|differences?|differs?|caveats?|disanalog\w*|dissimilar\w*|cautions?"
    r"|mismatch\w*|contrasts?|break\w* down|falls? short|ends? here"
    r"|where (?:it|the \w+|this)(?: \w+)? (?:fails?|stops?|ends?|breaks?))\b",
    re.I,
)
_FUTURE = re.compile(
    r"\b(?:potential|future|directions?|opportunit\w+|outlook|possibilit\w+|proposals?|ideas?"
    r"|what \w+ can (?:teach|learn)|learning from|lessons?|next steps?|could|research agenda)\b",
    re.I,
)
_LIMITS_SAID = re.compile(
    r"\b(?:comparison|analogy|analogies|parallels?|metaphor|resemblance)\b.{0,40}\b(?:limits?|limited"
    r"|imperfect|break\w*|fails?|ends?|stops?|only so far)\b"
    r"|\b(?:limits?|limitations?) (?:of|to) (?:the|this) (?:comparison|analogy|parallel)",
    re.I,
)
_EXAMPLES = re.compile(r"\b(?:like|such as|including|for instance|namely|called)\s+(?P<example>[^,.;:()]{3,60})", re.I)
_LONGEST_SENTENCE = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A mapping as one rule sees it."""

    mechanism: Extent
    technique: Extent
    passages: tuple[Extent, ...]
    relation: Relation
    mechanism_name: str
    technique_name: str
    score: float
    why: str
    hedged: bool = False
    listed: bool = False
    """Stated as an entry of a list of correspondences: never folded into a like one."""
    sweeping: bool = False
    """By a sentence of the kind that essays write of whole fields too: of no use where it names a side only as such."""


@dataclass(frozen=True, slots=True)
class Place:
    """A block and what its headings say of the block."""

    block: Block
    limits: bool
    future: bool


def place(text: str, block: Block) -> Place:
    # The first line of the whole is its title, which says what the essay is about and not where it stands.
    above = " / ".join(part.of(text) for part in block.path if part.extent.start > 8 and not _chatter(part.of(text)))
    opening = sentence_extents(text, block.body)[:1] if block.kind == "paragraph" else []
    said = any(_LIMITS_SAID.search(quote(text, sentence)) for sentence in opening)
    return Place(block, said or bool(_LIMITS.search(above)), bool(_FUTURE.search(above)))


def _chatter(heading: str) -> bool:
    return heading.lower().endswith(" said") or len(heading.split()) > 16


def sentence_extents(text: str, extent: Extent) -> list[Extent]:
    """The sentences of ``extent``, as offsets into ``text``."""
    # What runs on for pages without a stop is no sentence: its beginning is enough, and keeps the reader's time in bounds.
    cuts = sentences(text[extent.start : extent.end])
    return [Extent(extent.start + start, extent.start + min(end, start + _LONGEST_SENTENCE)) for start, end in cuts]


def quote(text: str, extent: Extent) -> str:
    return text[extent.start : extent.end]


def technique_name(text: str, extent: Extent, *, fallback: str = "") -> str:
    """A name for the technique that a clause speaks of: the one that it names, an example that it gives, or its subject."""
    words = quote(text, extent)
    found = finite_verb(words)
    several = found and (listed := _EXAMPLES.search(words[: found[0]])) and re.search(r"\b(?:and|or)\b", listed["example"])
    if len(named := named_techniques(words)) == 1 and len(words.split()) > 3 and not several:
        return short_name(words[slice(*named[0])])
    if (
        found
        and (example := _EXAMPLES.search(words[: found[0]]))
        and " and " not in example["example"]
        and " or " not in example["example"]
    ):
        return short_name(example["example"])
    if fallback:
        return short_name(fallback)
    if found is None:
        return short_name(words)
    subject = phrase.subject(text, extent)
    known = subject and (weigh(quote(text, subject)).machine or not weigh(quote(text, subject)).biology)
    if subject and known and len(quote(text, subject).split()) <= 6 and not is_generic(quote(text, subject)):
        return short_name(quote(text, subject))
    return process_name(text, extent)


def mechanism_name(text: str, extent: Extent) -> str:
    """A name for the mechanism: of a clause what happens, of a phrase the phrase."""
    return process_name(text, extent) if finite_verb(quote(text, extent)) else short_name(quote(text, extent))


def similar(first: str, second: str) -> float:
    """Share of words that two names have in common, 0 to 1, blind to plurals."""
    one, two = (_bag(part) for part in (first, second))
    return 2 * len(one & two) / (len(one) + len(two)) if one and two else 0.0


def _bag(words: str) -> frozenset[str]:
    return frozenset(
        word.rstrip("s")
        for word in re.findall(r"[a-z0-9]+", words.lower())
        if word not in ("the", "a", "an", "of", "in", "to", "and")
    )


_KNOWN_ACRONYMS = {"ml": "machine learning", "ai": "artificial intelligence"}


def acronyms(text: str) -> dict[str, str]:
    """What the text's own acronyms stand for, by "artificial neural networks (ANNs)": {"ann": "artificial neural network"}."""
    found = dict(_KNOWN_ACRONYMS)
    for match in re.finditer(r"\b((?:[\w-]{1,40} ){2,5})\(([A-Z]{2,6})s?\)", text):
        words = re.split(r"[ -]", match[1].strip())[-len(match[2]) :]
        if "".join(word[:1] for word in words).upper() == match[2]:
            found[match[2].lower()] = short_name(" ".join(words))
    return found


def spelled_out(name: str, short: Mapping[str, str]) -> str:
    """``name`` with its acronyms written out."""
    return " ".join(short.get(word, short.get(word.removesuffix("s"), word)) for word in name.split(" "))


def settle(text: str, claims: Iterable[Claim]) -> list[Claim]:
    """The claims worth keeping: one of those that say the same, and no vague one where the essay is specific."""
    kept: list[Claim] = []
    short = acronyms(text)
    claims = [
        replace(
            claim,
            mechanism_name=spelled_out(claim.mechanism_name, short),
            technique_name=spelled_out(claim.technique_name, short),
        )
        for claim in claims
        if claim.mechanism_name and claim.technique_name
    ]
    for claim in sorted(claims, key=lambda claim: (-claim.score, claim.passages[0].start)):
        if not any(_same(text, claim, other) for other in kept):
            kept.append(claim)
    specific = [claim for claim in kept if not _vague(text, claim)]
    # Between one named thing and a whole field there is little to learn, once the essay has been specific.
    said = len(specific) > 2
    settled = [
        claim
        for claim in kept
        if claim in specific
        or ((claim.relation == "proposes" or not said) and not any(_covers(text, other, claim) for other in specific))
    ]
    return sorted(settled, key=lambda claim: (claim.passages[0].start, claim.mechanism.start, claim.technique.start))


def _sides(text: str, claim: Claim) -> Iterator[tuple[tuple[str, str], ...]]:
    yield ((quote(text, claim.mechanism), claim.mechanism_name),)
    yield ((quote(text, claim.technique), claim.technique_name),)


def _same(text: str, claim: Claim, other: Claim) -> bool:
    if (claim.listed and other.listed) or claim.relation == "contrasts" != other.relation:
        return False
    limit = 0.95 if claim.listed or other.listed else 0.75
    near = [
        max(similar(one, two) for one in mine[0] for two in theirs[0])
        for mine, theirs in zip(_sides(text, claim), _sides(text, other), strict=True)
    ]
    if min(near) >= limit:
        return True
    if claim.listed or other.listed:
        return False
    return (
        claim.passages == other.passages
        and _overlap(claim.mechanism, other.mechanism)
        and _overlap(claim.technique, other.technique)
    )


def _overlap(one: Extent, two: Extent) -> bool:
    return one.start < two.end and two.start < one.end


def _vague(text: str, claim: Claim) -> bool:
    return (
        claim.sweeping
        and claim.relation != "contrasts"
        and (is_generic(quote(text, claim.mechanism)) or is_generic(quote(text, claim.technique)))
    )


def _covers(text: str, specific: Claim, vague: Claim) -> bool:
    """Whether ``specific`` says what ``vague`` says of the side that it does name."""
    if is_generic(quote(text, vague.technique)):
        return (
            similar(quote(text, specific.mechanism), quote(text, vague.mechanism)) >= 0.75
            or similar(specific.mechanism_name, vague.mechanism_name) >= 0.75
        )
    return similar(quote(text, specific.technique), quote(text, vague.technique)) >= 0.75

"""Reads an essay or saved chat for mappings between biology and machine learning that it states by its layout or in prose.

Parallel headings with lists that answer each other, pairs within a list, tables, ``A ↔ B`` lines, and sentences with a cue
such as "akin to how". The rules know forms and two vocabularies, no sentence of any essay.
"""

from __future__ import annotations

from math import prod

from ingest.extract._essay_claim import Claim, settle
from ingest.extract._essay_cues import prose
from ingest.extract._essay_outline import Extent, outline
from ingest.extract._essay_sides import weigh
from ingest.extract._essay_structure import structural
from kg.model import Found, Label, Paper, Reading, Span

VERSION = "1"

_LEAST_OF_EACH_SIDE = 4


def read(paper: Paper, *, explain: bool = True, least_score: float = 0.0) -> Reading:
    """What ``paper``'s body says maps to what.

    Args:
        paper: an essay; its ``abstract`` is the body with its lines as they stand.
        explain: note in each mapping's ``why`` which pattern it was found by.
        least_score: mappings below this score (0 to 1) are left out; 0 keeps all.

    Returns:
        Mappings in the order of the text, and the label that they give the whole: ``bio_inspired`` where at least one is sure
        enough, else ``other``.
    """
    text = paper.abstract or ""
    words = weigh(text)
    if min(words.biology, words.machine) < _LEAST_OF_EACH_SIDE:
        return Reading(label="other", label_score=0.9)
    blocks = outline(text)
    claims = [claim for claim in settle(text, [*structural(text, blocks), *prose(text, blocks)]) if claim.score >= least_score]
    label, score = _label(claims)
    return Reading(label=label, label_score=score, found=tuple(_found(text, claim, explain) for claim in claims))


def _label(claims: list[Claim]) -> tuple[Label, float]:
    sure = [claim.score for claim in claims if claim.score >= 0.5]
    if not sure:
        return "other", 0.6 if claims else 0.8
    return "bio_inspired", round(min(0.99, 1 - prod(1 - score for score in sure)), 3)


def _found(text: str, claim: Claim, explain: bool) -> Found:
    return Found(
        mechanism=text[claim.mechanism.start : claim.mechanism.end],
        mechanism_span=_span(claim.mechanism),
        technique=text[claim.technique.start : claim.technique.end],
        technique_span=_span(claim.technique),
        relation=claim.relation,
        passages=tuple(_span(passage) for passage in claim.passages),
        mechanism_concept=claim.mechanism_name,
        technique_concept=claim.technique_name,
        score=round(claim.score, 3),
        hedged=claim.hedged,
        why=(claim.why,) if explain else (),
    )


def _span(extent: Extent) -> Span:
    return Span("abstract", extent.start, extent.end)

"""The baseline: a mapping where a cue such as "inspired by X" meets "we propose Y" in one sentence or its neighbour.

It is what anybody would write in an hour. ``exapt eval`` shows it beside the real reader, which has to earn its keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.ground import readable
from ingest.text import sentences
from kg.model import Found, Paper, Reading, Relation, Span

VERSION = "1"

_PHRASE = r"(?:(?!\b(?:we|which|that|this|is|are|to|and then)\b)[^,.;:()]){3,80}"
_SOURCE = re.compile(
    rf"\b(?:inspired by|inspiration from|motivated by|mimic(?:s|king)?|akin to|analogous to|reminiscent of|similar to how)\s+"
    rf"(?:the\s+|an?\s+)?(?P<phrase>{_PHRASE})",
    re.IGNORECASE,
)
_MADE = re.compile(
    rf"\bwe (?:propose|present|introduce|develop|design|describe)\s+(?:the\s+|an?\s+)?(?:novel\s+|new\s+)?(?P<phrase>{_PHRASE})",
    re.IGNORECASE,
)
_LIFE = re.compile(
    r"\b(?:bio\w*|brain\w*|neuro\w*|neural (?:circuit|mechanism|activity)\w*|cortex|cortical|hippocamp\w*|synap\w*|cell\w*"
    r"|gen(?:e|es|etic)\w*|evol\w+|animal\w*|insect\w*|ants?|bees?|human\w*|immun\w*|nature|natural selection|swarm\w*"
    r"|visual system|retina\w*|sleep\w*|dream\w*)\b",
    re.IGNORECASE,
)
_LIKE = re.compile(r"\b(?:akin to|analogous to|reminiscent of|similar to how)\b", re.IGNORECASE)
SCORE = 0.5


def read(paper: Paper, *, explain: bool = False) -> Reading:
    """``bio_inspired`` where a cue names something alive, with a mapping where the sentence or the next says what was made."""
    found = tuple(_mappings(paper.abstract or "", explain=explain))
    cued = bool(found) or any(_LIFE.search(cue["phrase"]) for cue in _SOURCE.finditer(f"{paper.title}. {paper.abstract or ''}"))
    return Reading(label="bio_inspired" if cued else "other", label_score=SCORE, found=found)


def _mappings(abstract: str, *, explain: bool) -> Iterator[Found]:
    bounds = sentences(abstract)
    for start, end in bounds:
        for cue in _SOURCE.finditer(abstract, start, end):
            if not _LIFE.search(cue["phrase"]):
                continue
            after = [b for b in bounds if start <= b[0]][:2]
            made = next((m for s, e in after if (m := _MADE.search(abstract, s, e))), None)
            if made is None:
                continue
            relation: Relation = "analogous" if _LIKE.match(cue[0]) else "inspires"
            mechanism, technique = _span(abstract, cue), _span(abstract, made)
            yield Found(
                mechanism=abstract[mechanism.start : mechanism.end],
                mechanism_span=mechanism,
                technique=abstract[technique.start : technique.end],
                technique_span=technique,
                relation=relation,
                passages=tuple(Span("abstract", s, e) for s, e in after if s == start or s <= technique.start < e),
                mechanism_concept=readable(abstract[mechanism.start : mechanism.end]),
                technique_concept=readable(abstract[technique.start : technique.end]),
                score=SCORE,
                why=(f"cue {cue[0]!r}, made {made[0]!r}",) if explain else (),
            )


def _span(text: str, found: re.Match[str]) -> Span:
    start, end = found.span("phrase")
    return Span("abstract", start, start + len(text[start:end].rstrip()))

"""How far the evidence supports a mapping, with the arithmetic shown.

Start from doubt 1 and trust 1, and multiply by one factor for each thing known:

- a paper that states the mapping takes away doubt: doubt × (1 - 0.8 s), where s is the score of its best passage. A hedged
  passage ("may", "could") counts 0.7 of its score. Each further passage of the same paper, of score t, closes a twentieth of
  what is left: s becomes 1 - (1 - s)(1 - 0.05 t). Papers are independent of each other; sentences of one paper are not.
- a curator's word on a paper stands in place of all that readers say of that paper. Accepted, it counts as a passage of score
  1; rejected, the paper no longer counts: doubt × 1, shown so that the sum says why. To reject a reading is not to speak
  against the mapping, so what other papers state is left as it is.
- a race that the mapping's prototype won takes away doubt: doubt × 0.85 for each task.
- a paper that speaks against it, or states a contrast between the same mechanism and technique, takes away trust:
  trust × (1 - 0.4 s), with s made in the same way. It counts half: to limit an analogy is not to deny it.
- a race that the prototype lost takes away trust, × 0.85 for each task; one that showed no difference, × 0.97. A verdict that
  says nothing of the mapping is left out: not run to the end, a mechanism that never fired, no difference where none was
  expected, a prototype that is a known method by another name.
- what exapt itself notes of a race counts as a passage, but as no paper, and only where no verdict is given: it restates one.

Belief is (1 - doubt) × trust. Each factor is rounded to four decimals before it is used, so the terms that are printed
multiply out to the value that is printed. One sure paper gives 0.80, two 0.96; nothing reaches 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kg.model import Evidence, Result

PAPER = 0.8
AGAINST = 0.4
HEDGED = 0.7
REPEATED = 0.05
CURATOR = "curator"
"""Who decided, in evidence by a person."""
RACE = "race"
"""Who speaks, in evidence that restates what a race showed, and the source of the notes that such evidence quotes."""
THRESHOLD = 0.4
"""Below it a mapping is doubtful: one paper's passage of score 0.5 leads up to it."""
RACE_WON = 0.85
RACE_LOST = 0.85
RACE_EVEN = 0.97
DIGITS = 4


class Term(NamedTuple):
    """One line of the sum: ``factor`` multiplies the doubt or the trust, because of ``source`` (a paper's key, a race's task)."""

    multiplies: Literal["doubt", "trust"]
    factor: float
    source: str
    why: str

    def __str__(self) -> str:
        return f"{self.multiplies} × {self.factor:.{DIGITS}f}  {self.source}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """A number between 0 and 1, the papers behind it, and how it came about."""

    value: float
    papers: int
    """Papers that state the mapping or speak against it; notes of races are none."""
    for_: int
    """Papers that state it."""
    against: int
    """Papers that speak against it or limit it."""
    terms: tuple[Term, ...]
    in_words: str


class Statement(NamedTuple):
    """What belief takes from an evidence: one reader's word on one passage."""

    paper: str
    passage: object
    score: float
    hedged: bool
    against: bool
    curator: bool = False
    race: bool = False
    """Whether the paper is what exapt itself notes of a race."""


class Verdict(NamedTuple):
    """What belief takes from the verdict on a race: 1 better, 0 no difference shown, -1 worse; NaN where it says nothing."""

    source: str
    value: float


def belief(evidence: Sequence[Evidence], results: Sequence[Result] = ()) -> Belief:
    """Belief in a mapping from all its evidence and from the verdicts among ``results`` (those whose arm is ``"verdict"``).

    Evidence ``by`` ``"race"`` restates a verdict, so it is left out where the verdicts themselves are given.
    """
    verdicts = [Verdict(f"{result.race} on {result.task}", result.value) for result in results if result.arm == "verdict"]
    statements = [
        Statement(one.paper, one.passages, one.score, one.hedged, one.stance == "against", one.by == CURATOR, one.by == RACE)
        for one in evidence
        if not (verdicts and one.by == RACE)
    ]
    return believe(heard(statements), verdicts)


def heard(statements: Iterable[Statement]) -> list[Statement]:
    """The statements of one mapping that count: of a paper that a curator decided on, the curator's alone.

    A rejection comes out as a statement of score 0.
    """
    said = list(statements)
    if not any(one.curator for one in said):
        return said
    # Where a merge joins an accepted reading and a rejected one of the same paper, the paper does state the mapping.
    accepted = {one.paper for one in said if one.curator and not one.against}
    rejected = {one.paper: one._replace(score=0.0, against=False) for one in said if one.curator and one.paper not in accepted}
    decided = accepted | rejected.keys()
    kept = [one for one in said if one.paper not in decided or (one.curator and one.paper in accepted and not one.against)]
    return [*kept, *rejected.values()]


def believe(statements: Iterable[Statement], verdicts: Iterable[Verdict] = ()) -> Belief:
    """The same from what matters alone, as :func:`heard` gives it, for many mappings at once."""
    papers: dict[tuple[bool, str], dict[object, float]] = {}
    accepted, rejected, notes = set[tuple[bool, str]](), set[str](), set[str]()
    for paper, passage, score, hedged, against, curator, race in statements:
        if race:
            notes.add(paper)
        if curator and not score:
            rejected.add(paper)
            continue
        if curator:
            accepted.add((against, paper))
        # Two readers of one passage are one statement: the surer one is heard.
        scores = papers.setdefault((against, paper), {})
        scores[passage] = max(scores.get(passage, 0.0), score * (HEDGED if hedged else 1.0))
    terms = [
        _paper_term(paper, scores.values(), against, (against, paper) in accepted)
        for (against, paper), scores in sorted(papers.items())
    ]
    terms += [Term("doubt", 1.0, paper, "a curator rejects what was read in it") for paper in sorted(rejected)]
    terms += [term for verdict in sorted(verdicts) if (term := _race_term(verdict)) is not None]
    value = evaluate(terms)
    for_, against_ = (sum(key[0] is side and key[1] not in notes for key in papers) for side in (False, True))
    told = tuple(sum(key[0] is side and key[1] in notes for key in papers) for side in (False, True))
    races = sum(term.source.startswith("race ") for term in terms)
    words = _in_words(value, for_, against_, races, len(rejected), told)
    number = len({paper for _, paper in papers} - notes)
    return Belief(value=value, papers=number, for_=for_, against=against_, terms=tuple(terms), in_words=words)


def evaluate(terms: Iterable[Term]) -> float:
    """(1 - product of the doubts) × product of the trusts."""
    product = {"doubt": 1.0, "trust": 1.0}
    for term in terms:
        product[term.multiplies] *= term.factor
    return round((1 - product["doubt"]) * product["trust"], DIGITS)


def _paper_term(paper: str, scores: Iterable[float], against: bool, curator: bool) -> Term:
    best, *others = sorted(scores, reverse=True)
    left = 1 - best
    for score in others:
        left *= 1 - REPEATED * score
    strength = 1 - left
    passages = "1 passage" if not others else f"{len(others) + 1} passages"
    word = ", as a curator accepts" if curator else ""
    why = f"{'speaks against it' if against else 'states it'} in {passages}, strength {strength:.2f}{word}"
    factor = round(1 - (AGAINST if against else PAPER) * strength, DIGITS)
    return Term("trust" if against else "doubt", factor, paper, why)


def _race_term(verdict: Verdict) -> Term | None:
    source = f"race {verdict.source}"
    if math.isnan(verdict.value):
        return None
    if verdict.value > 0:
        return Term("doubt", RACE_WON, source, "its prototype did better")
    if verdict.value < 0:
        return Term("trust", RACE_LOST, source, "its prototype did worse")
    return Term("trust", RACE_EVEN, source, "no difference shown")


def _in_words(value: float, for_: int, against: int, races: int, rejected: int, told: Sequence[int]) -> str:
    def count(number: int, one: str, many: str) -> str:
        return f"{number} {one if number == 1 else many}"

    grades = ((0.9, "well supported"), (0.7, "supported"), (THRESHOLD, "weakly supported"), (0.0, "doubtful"))
    grade = next(word for least, word in grades if value >= least) if value else "no support"
    parts = [count(for_, "paper states it", "papers state it")] if for_ or not told[0] else []
    if told[0]:
        parts.append(count(told[0], "race bears it out", "races bear it out"))
    if against:
        parts.append(count(against, "speaks against it", "speak against it"))
    if told[1]:
        parts.append(count(told[1], "race speaks against it", "races speak against it"))
    if rejected:
        parts.append(f"{count(rejected, 'reading', 'readings')} rejected by a curator")
    if races:
        parts.append(count(races, "race was run", "races were run"))
    return f"{grade}: {', '.join(parts)}"

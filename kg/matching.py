"""Which papers of the store a record is: those that share an outside id with it, then at most one of the same title.

A paper has one arXiv id, and mostly one DOI. So an id counts unless one that says more speaks against it: a DOI joins no two
arXiv papers (the parts of one work may name the DOI of the whole), and a title joins no two DOIs. Titles such as "Editorial" are
shared by many, so two articles whose abstracts are known need more in common than their title: the text, or most of what it says,
an author, or the year. Where nothing else can be compared, the title is enough.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from kg.model import Paper

TITLE = "title:"
DISTINCT = ("arxiv", "doi")
"""Schemes in which one paper has one id, so that two ids mean two papers, whatever else they share; the first says more."""
ALIKE = 0.3
"""Of the longer words of two abstracts, the part that both have where they are of one paper. Of 257 pairs of abstracts that a
preprint and its proceedings have, 251 reach it; of 200,000 pairs of abstracts of two papers, all but 20 stay under 0.16."""
SHARING = "p.id, p.key, p.ids, p.kind, p.authors, p.published, p.abstract"
"""Columns of a paper ``p`` that :class:`Sharing` is made of, after the name that is shared."""
Ids = set[tuple[str, str]]

_INITIALS = re.compile(r"[A-Z]{1,2}")
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv"))
_LONGER_WORD = re.compile(r"[^\W\d_]{4,}")
_UNLIKE, _SAME_TEXT, _AGREEING, _UNSURE, _UNTOLD = range(5)
"""How two papers of one title compare: as two papers, or as one, the best first."""


class Sharing(NamedTuple):
    """A paper of the store that shares ``name`` with a record."""

    name: str
    number: int
    key: str
    ids: str
    """As JSON."""
    kind: str
    authors: str
    """As JSON."""
    published: str | None
    text: str | None


class Match(NamedTuple):
    """What a record is in the store."""

    numbers: tuple[int, ...] = ()
    """Papers that it is: the one that stays, then those that turn out to be the same."""
    taken: frozenset[str] = frozenset()
    """Names in the record which belong to another paper."""


class _Facts(NamedTuple):
    kind: str
    text: str | None
    families: frozenset[str]
    year: int | None


def match(paper: Paper, sharing: Iterable[Sharing]) -> Match:
    """What ``paper``, as :func:`kg.papers.checked` gives it, is among the papers of the store that share a name with it."""
    by_id, by_title = list[Sharing](), dict[int, Sharing]()
    for one in sharing:
        if _is_title(one.name):
            by_title[one.number] = one
        else:
            by_id.append(one)
    ids, same, others = set(paper.ids), dict[int, Sharing](), list[Sharing]()
    for one in sorted(by_id, key=lambda one: (_rank(one.name), one.key)):
        if one.number in same:
            continue
        if _apart(ids, _pairs(one.ids), DISTINCT[: _rank(one.name)]):
            others.append(one)
        else:
            same[one.number] = one
            ids |= _pairs(one.ids)
    facts = _facts(paper)
    if same:
        facts = _together(_facts_of(next(iter(same.values()))), facts)
    fitting = []
    for one in by_title.values():
        if one.number in same or _apart(ids, _pairs(one.ids), DISTINCT):
            continue
        if (likeness := _likeness(facts, _facts_of(one))) != _UNLIKE:
            fitting.append((likeness, one.key, one.number))
    numbers = (*same, *(number for _, _, number in sorted(fitting)[:1]))
    theirs = {one.name for one in by_id if one.number in numbers}
    return Match(numbers, frozenset(one.name for one in others if one.number not in numbers) - theirs)


def _is_title(name: str) -> bool:
    # With the start of a text's hash, it is the key of one paper.
    return name.startswith(TITLE) and "~" not in name


def _rank(name: str) -> int:
    """Place among the schemes of the one of ``name``: all before it say more."""
    scheme = name.partition(":")[0]
    return DISTINCT.index(scheme) if scheme in DISTINCT else len(DISTINCT)


def _pairs(ids: str) -> Ids:
    return {(scheme, value) for scheme, value in json.loads(ids)}


def _apart(ids: Ids, others: Ids, schemes: Iterable[str]) -> bool:
    """Whether both have ids of one of these schemes, and none in common."""
    for wanted in schemes:
        mine, theirs = ({pair for pair in pairs if pair[0] == wanted} for pairs in (ids, others))
        if mine and theirs and mine.isdisjoint(theirs):
            return True
    return False


def _facts(paper: Paper) -> _Facts:
    return _Facts(paper.kind, paper.abstract, _families(paper.authors), paper.year)


def _facts_of(one: Sharing) -> _Facts:
    year = int(one.published[:4]) if one.published and one.published[:4].isdigit() else None
    return _Facts(one.kind, one.text, _families(json.loads(one.authors)), year)


def _together(known: _Facts, told: _Facts) -> _Facts:
    """What is known, and what is told of the rest."""
    year = told.year if known.year is None else known.year
    return _Facts(known.kind, known.text or told.text, known.families or told.families, year)


def _likeness(one: _Facts, other: _Facts) -> int:
    if one.kind != other.kind:
        return _UNLIKE
    if one.text and one.text == other.text:
        return _SAME_TEXT
    both = bool(one.text and other.text)
    if one.kind == "essay":
        # Essays are told apart by their text alone: "Notes" is a title that many share.
        return _UNLIKE if both else _UNSURE
    agree = []
    if one.families and other.families:
        agree.append(not one.families.isdisjoint(other.families))
    if one.year and other.year:
        agree.append(abs(one.year - other.year) <= 1)  # a preprint and its proceedings
    if not agree:
        return _UNSURE
    if any(agree) or (one.text and other.text and _alike(one.text, other.text)):
        return _AGREEING
    return _UNLIKE if both else _UNTOLD


def _alike(text: str, other: str) -> bool:
    mine, theirs = (set(_LONGER_WORD.findall(one.casefold())) for one in (text, other))
    return len(mine & theirs) >= ALIKE * max(1, len(mine | theirs))


def _families(authors: Iterable[str]) -> frozenset[str]:
    """Family names, blind to case and accents: the last word of a name that is neither initials nor a suffix such as "Jr."."""
    return frozenset(name for author in authors if (name := _family(author)))


def _family(author: str) -> str:
    last, comma, _ = author.partition(",")
    words = re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", last if comma else author)
    while len(words) > 1 and (words[-1].casefold() in _SUFFIXES or _INITIALS.fullmatch(words[-1])):
        words.pop()
    letters = unicodedata.normalize("NFKD", words[-1]) if words else ""
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()

"""What a paper's first page says about it: title, authors, ids, year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple

from ingest.sources import _fields
from ingest.sources._pdf_layout import Line
from ingest.sources._pdf_pages import Printed
from ingest.sources._pdf_words import joined
from ingest.text import clean

# After the bare word, only a sentence: "Abstract Syntax Notation" is no abstract.
ABSTRACT = re.compile(
    r"\W*a\s?b\s?s\s?t\s?r\s?a\s?c\s?t(?:\s*[.:—–-]+\s*(?P<rest>.*)|\s*|"
    r"\s+(?P<more>(?-i:We|This|The|In|Is|It|An?|Here|Our|Many|Most|Recent\w*|Despite|Although|While|Inspired|How|Can)\s.{20,}))$",
    re.I,
)
INTRODUCTION = re.compile(
    r"(?P<number>(?:\d{1,2}|[IVX]{1,4})\s*[.:)]?\s+|§\s*\d\s*)?introduction\b\W*(?:(?:and|to|:)\b.{0,50})?$", re.I
)
_JUNK = re.compile(
    r"untitled.*|microsoft .*|.*\.(?:docx?|tex|dvi|pdf|indd|rtf|odt|ps|qxd)\W*|"
    r"(?:slide|page|document|template|manuscript|paper)\W*\d*|"
    r"no title|title|.*(?:sample|template) .*paper.*|paper title.*|\d+[\d\s._-]*",
    re.I,
)
_STAMP = re.compile(
    r"arXiv\s*:\s*(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})\s*(?:v\s?(?P<version>\d+))?\s*"
    r"(?P<field>\[[\w.-]+\])?\s*(?P<date>\d{1,2}\s?[A-Z][a-z]{2}\s?\d{4})?",
    re.I,
)
_DOI = re.compile(r"(?:doi\s*(?:\.org/|:)?\s*|doi\.org/)(?P<id>10\.\d{4,9}/[^\s\"<>|]+)", re.I)
_DATA_DOI = ("10.5281/", "10.6084/", "10.17632/", "10.5061/")
_YEAR = re.compile(
    r"(?:©|\(c\)|copyright|published|accepted|received|revised|available online|conference|proceedings|symposium|workshop|"
    r"journal|\bvol|transactions|preprint|draft|iclr|icml|neurips|nips|aaai|ijcai|cvpr|iccv|eccv|acl|emnlp|naacl|aistats|uai|gecco|alife)"
    r".{0,70}?\b(?P<year>(?:19[5-9]|20[0-4])\d)\b",
    re.I,
)
_NAME = re.compile(r"(?:[A-Z][\w'’.-]*\s+){1,4}(?:(?:van|von|de|den|der|la|le|di|da|dos|el|al|bin)\s+){0,2}[A-Z][\w'’-]+")
_NO_PERSON = re.compile(
    r"universi|institut|department|school|laborator|college|research|center|centre|academy|google|deepmind|microsoft|facebook|"
    r"\bmeta\b|inc\b|ltd|abstract|conference|journal|draft|preprint|learning|network|neural|@|https?:|press|science|computer",
    re.I,
)


class Front(NamedTuple):
    """What page one says of the paper."""

    title: str | None
    authors: tuple[str, ...]
    arxiv: str | None
    doi: str | None
    published: str | None
    matter: tuple[Line, ...]
    """Lines before the abstract or the introduction."""
    after_title: int
    """Place in the lines of page one of the first line after the title."""


def front(paper: Printed) -> Front:
    sheet = next(sheet for sheet in paper.sheets if sheet.lines)
    end = next((at for at, line in enumerate(sheet.lines) if _begins_text(line.text)), None)
    matter = sheet.lines[:end]
    title, after = _title(paper.facts.get("Title", ""), sheet.lines, matter or sheet.lines)
    told = [sheet.side, *sheet.edges, *(line.text for line in sheet.lines if line.marginal)]
    arxiv, published = _stamp(told, matter if end is not None else ())
    told += [line.text for line in (matter if end is not None else sheet.lines[:60])]
    return Front(
        title=title,
        authors=_authors(paper.facts.get("Author", ""), matter, after),
        arxiv=arxiv or _facts_arxiv(paper.facts),
        doi=_doi(told),
        published=published or next((found["year"] for text in told if (found := _YEAR.search(text))), None),
        matter=matter,
        after_title=after,
    )


def _begins_text(text: str) -> bool:
    return bool(ABSTRACT.match(clean(text)) or INTRODUCTION.match(clean(text)))


def _compact(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _title(fact: str, lines: Sequence[Line], matter: Sequence[Line]) -> tuple[str | None, int]:
    """The title, and how many lines of the page come before the first one after it.

    The PDF's own title counts only when page one prints it too; many are names of files or of templates.
    """
    fact = clean(fact)
    wanted = _compact(fact)
    if len(fact.split()) > 1 and len(wanted) > 7 and not _JUNK.fullmatch(fact):
        text = ""
        for at, line in enumerate(lines):
            text += _compact(line.text)
            if wanted in text:
                return fact, at + 1
    groups: list[list[int]] = []
    for at, line in enumerate(matter):
        if groups and abs(line.size - matter[groups[-1][-1]].size) <= 0.04 * line.size and _follows(matter[groups[-1][-1]], line):
            groups[-1].append(at)
        else:
            groups.append([at])
    usual = median(line.size for line in lines)
    best = max(groups, key=lambda group: (_reads_as_title(matter, group), round(matter[group[0]].size, 1), -group[0]), default=[])
    if not best or not _reads_as_title(matter, best) or (matter[best[0]].size <= 1.05 * usual and len(lines) > 3):
        return None, 0
    title = joined([matter[at].text for at in best]).rstrip("*†‡∗§¶⋆ ")
    return title, best[-1] + 1


def _follows(line: Line, following: Line) -> bool:
    return 0 < line.bottom - following.bottom < 2.2 * line.size


def _reads_as_title(matter: Sequence[Line], group: Sequence[int]) -> bool:
    text = clean(" ".join(matter[at].text for at in group))
    words = re.findall(r"[^\W\d_]{2,}", text)
    return (len(words) > 1 or sum(map(len, words)) > 9) and len(text) < 400 and not _JUNK.fullmatch(text)


def _authors(fact: str, matter: Sequence[Line], after: int) -> tuple[str, ...]:
    """Names in the PDF's own facts where page one prints them too, else those that the lines right below the title consist of."""
    printed = _compact("".join(line.text for line in matter))
    named = tuple(name for name in _names(fact) if _compact(name) in printed)
    if named:
        return named
    found: list[str] = []
    for line in matter[after : after + 6]:
        # Marks of affiliations stand beside the names.
        names = _names(re.sub(r"[\d*†‡∗§¶⋆,]+(?=[\s,]|$)|(?<=[a-z])\d+", ",", line.text))
        if not names:
            break
        found += names
    return tuple(dict.fromkeys(found))


def _names(text: str) -> tuple[str, ...]:
    """Persons that ``text`` lists; none where any of its parts is no name."""
    parts = [clean(part) for part in re.split(r"[;,&·•|]|\band\b|\s{3,}", text) if part.strip()]
    if not parts or not all(_NAME.fullmatch(part) and not _NO_PERSON.search(part) for part in parts):
        return ()
    return tuple(parts)


def _stamp(edges: Sequence[str], matter: Sequence[Line]) -> tuple[str | None, str | None]:
    """ArXiv id and date of arXiv's stamp in the margin, or printed above the abstract.

    One within the text may be of another paper.
    """
    for text in (*edges, *(line.text for line in matter)):
        if found := _STAMP.search(text):
            return _fields.arxiv(found["id"]), _first_day(found) or _year_of(found["id"])
    return None, None


def _first_day(stamp: re.Match[str]) -> str | None:
    """The day of the stamp when it is that of the first version."""
    if stamp["date"] is None or stamp["version"] not in (None, "1"):
        return None
    try:
        return datetime.strptime(stamp["date"].replace(" ", ""), "%d%b%Y").date().isoformat()
    except ValueError:
        return None


def _year_of(arxiv: str) -> str:
    """Year of the first version, from an id like 2205.08645 or cs/0309040."""
    two = arxiv.rpartition("/")[2][:2]
    return ("19" if two > "90" else "20") + two


def _facts_arxiv(facts: dict[str, str]) -> str | None:
    texts = (facts.get(name, "") for name in ("Subject", "Keywords", "Title"))
    return next((_fields.arxiv(found["id"]) for text in texts if (found := _STAMP.search(text))), None)


def _doi(told: Sequence[str]) -> str | None:
    for text in told:
        for found in _DOI.finditer(text):
            doi = _fields.doi(found["id"].rstrip(")].,;"))
            if doi and not doi.startswith(_DATA_DOI):
                return doi
    return None

"""By which ids a paper is known, and which of them says it best."""

from __future__ import annotations

import re
from typing import NamedTuple

from ingest.sources import _fields
from kg.model import title_key

_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(?P<id>.+)", re.I)
_NAMED_ARXIV = re.compile(
    r"(?:arxiv\s*(?:preprint)?\s*:\s*|arxiv\.org/(?:abs|pdf)/|\babs/)(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?!\d)",
    re.I,
)
# Around the id, what styles and reference managers put there: "arXiv preprint" before it, "[cs.LG]" and a full stop after it.
_ALONE = re.compile(
    r"(?:_?eprint:\s*)?(?:arxiv\s+(?:pre|e-?)?prints?[\s,:]*)?(?P<id>(?:arxiv:\s*)?\S{7,60}?)"
    r"\s*(?:[\[(][a-z., -]+[\])])?[\s.,;]*",
    re.I,
)


class Identity(NamedTuple):
    """Key and outside ids of a paper."""

    key: str
    ids: tuple[tuple[str, str], ...]
    address: str | None
    """Where the paper lies on the web by its ids alone."""


def identity(title: str, *, arxiv: str | None = None, doi: str | None = None) -> Identity:
    """Known by its arXiv id, else its DOI, else its title; the DOI that arXiv gives each paper says no more than its arXiv id."""
    if doi and (named := _ARXIV_DOI.fullmatch(doi)) and (its_id := _fields.arxiv(named["id"])):
        arxiv, doi = arxiv or its_id, None
    ids = tuple((scheme, value) for scheme, value in (("arxiv", arxiv), ("doi", doi)) if value)
    key = f"{ids[0][0]}:{ids[0][1]}" if ids else title_key(title)
    address = f"https://arxiv.org/abs/{arxiv}" if arxiv else f"https://doi.org/{doi}" if doi else None
    return Identity(key, ids, address)


def named_arxiv(text: str) -> str | None:
    """The arXiv id that ``text`` names as one, as in "arXiv preprint arXiv:2205.08645" or an address."""
    found = _NAMED_ARXIV.search(text)
    return _fields.arxiv(found["id"]) if found else None


def only_arxiv(text: str) -> str | None:
    """The arXiv id that is all that a note says, as in "arXiv:2205.08645 [cs.LG]"; what more it says may be of another paper."""
    found = _ALONE.fullmatch(text.strip())
    return _fields.arxiv(found["id"]) if found else None

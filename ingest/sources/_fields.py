"""Single fields of a record as papers carry them: cleaned text, ISO dates, outside ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from ingest.sources._records import Fields, Unusable
from ingest.text import clean

_ARXIV = re.compile(
    r"(?:https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*)?(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?",
    re.I,
)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(?P<id>10\.\d{4,9}/\S+)", re.I)
_YEAR = re.compile(r"(?:1[6-9]|20|21)\d\d")


def text(record: Fields, *names: str) -> str | None:
    """The first of the fields ``names`` that says something, on one line; ``None`` where none does."""
    for name in names:
        value = record.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise Unusable(f"its {name} is not a text")
        if cleaned := clean(value):
            return cleaned
    return None


def title(record: Fields, *names: str) -> str:
    found = text(record, *(names or ("title",)))
    if found is None:
        raise Unusable("it has no title")
    return found


def people(value: Any) -> tuple[str, ...]:
    """Authors as names: a list of names or of objects with a name, or one text with semicolons between them."""
    if isinstance(value, str):
        value = value.split(";") if ";" in value else re.split(r"\s+and\s+", value)
    if not isinstance(value, Iterable):
        return ()
    found = (entry.get("name") if isinstance(entry, dict) else entry for entry in value)
    return tuple(name for entry in found if isinstance(entry, str) and (name := clean(entry)))


def iso_date(value: Any) -> str | None:
    """``value`` as an ISO date, or a year alone; ``None`` where it is neither."""
    written = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if len(written) <= 4:  # a year at most; most records have no more, and failing to read a date is slow
        return written if _YEAR.fullmatch(written) else None
    try:
        return date.fromisoformat(written[:10]).isoformat()
    except ValueError:
        year = re.fullmatch(rf"({_YEAR.pattern})(?:\.0|-\d\d)?", written)
        return year[1] if year else None


def arxiv(value: Any) -> str | None:
    """An arXiv id without version and subject class, from an id or an address; ``None`` for anything else.

    ``"https://arxiv.org/abs/q-bio.NC/0401001v2"`` gives ``"q-bio/0401001"``.
    """
    found = _ARXIV.fullmatch(value.strip()) if isinstance(value, str) else None
    return re.sub(r"\.[a-z]{2}/", "/", found["id"].lower()) if found else None


def doi(value: Any) -> str | None:
    """A DOI in lower case, from a DOI or its address; ``None`` for anything else."""
    found = _DOI.fullmatch(value.strip()) if isinstance(value, str) else None
    return clean(found["id"]).lower().rstrip(".,;") if found else None


def web_address(value: Any) -> str | None:
    """``value`` where it is an address of the web, which a page may link to; never a script or a file."""
    address = clean(value) if isinstance(value, str) else ""
    return address if re.fullmatch(r"https?://[^\s<>\"']+", address) else None

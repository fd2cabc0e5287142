"""Hugging Face daily papers: by day, week or month from their API, from its saved answers, or from a saved page.

The API answers with a JSON list of entries, each with a ``paper`` inside. A paper has two dates: when it was published, and when
the listing carried it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

from ingest.answers import Get
from ingest.http import Transient
from ingest.sources import _fields, hf_page
from ingest.sources._content import Source, opened, text_of
from ingest.sources._identity import identity
from ingest.sources._markup import page
from ingest.sources._records import Fields, Record, Unusable, looks_like_json, records
from kg.errors import BadRecord, Refused, Unreadable
from kg.model import Paper
from kg.raw import Raw

DESCRIPTION = "Hugging Face daily papers: from their API, its saved answers (JSON list, gzip or plain), or a saved page"
NAME = "hf_daily"
BASE_URL = "https://huggingface.co"
ACCEPTED = ("application/json",)
PAGE_SIZE = 100
MOST_PAGES = 200
"""Of one day, week or month: far more than there ever were, and an end where a server repeats itself."""
_PERIOD = {"date": r"\d{4}-\d\d-\d\d", "week": r"\d{4}-W\d\d", "month": r"\d{4}-\d\d"}
_LIKE = {"date": "2024-05-20", "week": "2024-W21", "month": "2024-05"}


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of a saved answer or page; an entry that is no paper is yielded as bad, by its place in the list.

    Raises:
        Unreadable: as :func:`ingest.sources.open_path`, and for JSON of another shape.
    """
    with opened(source) as content:
        if not looks_like_json(content.head()):
            data = content.read()
            yield from hf_page.papers(page(text_of(data, content.where)), data=data, where=content.where)
            return
        listing = False
        for record in records(content):
            if isinstance(record, Record):
                # The first entry tells the file's kind, so that another kind of JSON is one complaint, not a thousand.
                if not listing and not is_listing(record.value):
                    raise Unreadable(content.where, "it is JSON, but not of Hugging Face daily papers (no entry with a paper)")
                listing = True
                yield record.parse(paper)
            else:
                yield record


def parse(raw: Raw) -> Iterator[Paper | BadRecord]:
    """Papers of one kept answer, without the network; the day that was asked for counts where an entry names none."""
    stream = io.BytesIO(raw.body)
    stream.name = raw.url
    if not json.loads(raw.body):
        return
    day = next(iter(parse_qs(urlsplit(raw.url).query).get("date", [])), None)
    for record in read(stream):
        if isinstance(record, Paper):
            record = replace(record, listed=record.listed or _fields.iso_date(day), raw_sha256=raw.sha256)
        yield record


def papers(
    periods: list[tuple[str, str]],
    get: Get,
    *,
    base_url: str = BASE_URL,
    page_size: int = PAGE_SIZE,
    progress: Callable[[int, None], None] | None = None,
) -> Iterator[Paper | BadRecord]:
    """Papers that the listing carried in ``periods``, page by page until a page is short.

    Args:
        periods: that :func:`check` has looked at: ``("date", "2024-05-20")``, ``("week", "2024-W21")``, ``("month", "2024-05")``.
        get: answers requests; :meth:`ingest.answers.Answers.get`.
        base_url: of the API.
        page_size: entries asked for at a time.
        progress: told papers so far.

    Raises:
        NoAnswer: the API does not answer, or with something else than a list.
    """
    done = 0
    for name, value in periods:
        last = ""
        for number in range(MOST_PAGES):
            asked = urlencode({name: value, "limit": page_size, "p": number})
            raw = get(f"{base_url.rstrip('/')}/api/daily_papers?{asked}", ACCEPTED, _checked)
            if raw.sha256 == last:
                break  # A server that knows no pages answers each time with all.
            last = raw.sha256
            yield from parse(raw)
            found = len(json.loads(raw.body))
            done += found
            if progress:
                progress(done, None)
            if found < page_size:
                break


def check(periods: Iterable[tuple[str, str]]) -> None:
    """Raise ``Refused`` where a period is none."""
    for name, value in periods:
        if not _is_period(name, value):
            raise Refused(f"{value!r:.40} is no {name}; it looks like {_LIKE[name]}")


def _is_period(name: str, value: str) -> bool:
    if not re.fullmatch(_PERIOD[name], value):
        return False
    try:
        date.fromisoformat(f"{value}-1" if name == "week" else f"{value}-01"[:10])
    except ValueError:
        return False
    return True


def _checked(body: bytes) -> None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Transient(f"the answer is not whole or no JSON ({type(error).__name__})") from error
    if isinstance(value, dict) and value.get("error"):
        raise ValueError(f"it says: {' '.join(str(value['error']).split())[:300]}")
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError("the answer is JSON, but no list of papers")
    if value and not is_listing(value[0]):
        raise ValueError("the answer is a list, but not of papers")


def is_listing(record: Fields) -> bool:
    """Whether ``record`` is an entry of the listing, or a paper as the API returns it alone."""
    return isinstance(record.get("paper"), dict) or {"id", "title", "summary"} <= record.keys()


def paper(record: Fields) -> Paper:
    """One paper from its entry; what the inner paper lacks is taken from the entry around it."""
    inner = record.get("paper", record)
    if not isinstance(inner, dict):
        raise Unusable("its paper is not an object")
    both = {**{name: value for name, value in record.items() if name != "paper"}, **inner}
    title = _fields.text(inner, "title") or _fields.title(record)
    known = identity(title, arxiv=_fields.arxiv(inner.get("id")))
    # Authors who hide their profile are authors all the same.
    authors = _fields.people(both.get("authors"))
    return Paper(
        key=known.key,
        title=title,
        abstract=_fields.text(inner, "summary") or _fields.text(record, "summary"),
        authors=authors,
        n_authors=len(authors) or None,
        published=_fields.iso_date(both.get("publishedAt")),
        listed=_fields.iso_date(both.get("submittedOnDailyAt")),
        url=known.address,
        source=NAME,
        ids=known.ids,
    )

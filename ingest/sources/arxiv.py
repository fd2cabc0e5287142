"""arXiv by its query interface: papers of a search, of categories, of days, or of named ids and versions.

The arxiv package asks and parses; what it asks goes through a session of ours, which keeps the manners (one request in three
seconds, patience where arXiv is busy), looks at each answer before it is parsed, and keeps it. The newest come first, so that
papers that appear while a run is stopped shift the later pages and leave no gap.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ingest.answers import Get
from ingest.http import NoAnswer, Transient
from ingest.sources import _fields
from ingest.sources._content import Content, Skipped, Source, opened
from ingest.sources._feed import Broken, looked_at
from ingest.sources._identity import identity
from ingest.text import clean
from kg.errors import BadRecord, Refused, Unreadable
from kg.model import Paper
from kg.raw import Raw

if TYPE_CHECKING:
    import arxiv

DESCRIPTION = "arXiv by its query interface; a saved answer of it (Atom)"
NAME = "arxiv"
BASE_URL = "https://export.arxiv.org/api/query"
ACCEPTED = ("application/atom+xml", "application/xml", "text/xml")
MOST = 30_000
"""arXiv lists no more than that of one search."""
IDS_A_REQUEST = 100

_FIELD = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|doi|submittedDate|lastUpdatedDate):")
_WORDS = re.compile(r'"[^"]*"|\S+')
_OPERATORS = frozenset({"AND", "OR", "ANDNOT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to ask arXiv for."""

    query: str = ""
    """Words, all of which a paper must hold, or arXiv's own syntax such as ``ti:retina AND cat:cs.NE``."""
    first: str | None = None
    """Earliest day of submission, ISO."""
    last: str | None = None
    """Latest day of submission, ISO."""
    categories: tuple[str, ...] = ()
    """Such as ``"cs.NE"``; a paper of any of them is wanted."""
    ids: tuple[str, ...] = ()
    """Such as ``"2205.08645"`` or, for one version of it, ``"2205.08645v2"``."""
    limit: int | None = None
    page_size: int = 100
    base_url: str = BASE_URL

    def request(self) -> dict[str, Any]:
        """All that tells one run of requests from another; the limit does not, since the pages are the same."""
        return {name: value for name, value in asdict(self).items() if name != "limit"}

    def words(self) -> str:
        """The search in arXiv's syntax."""
        parts = [_in_syntax(self.query)] if self.query.strip() else []
        if self.categories:
            parts.append(_joined([f"cat:{category}" for category in self.categories], " OR "))
        if self.first or self.last:
            first, last = (self.first or "1991-01-01").replace("-", ""), (self.last or "2199-12-31").replace("-", "")
            parts.append(f"submittedDate:[{first}0000 TO {last}2359]")
        return " AND ".join(parts)


def _in_syntax(query: str) -> str:
    words: list[str] = _WORDS.findall(query)
    if _FIELD.search(query) or _OPERATORS & {*words}:
        return f"({query})" if " " in query.strip() else query.strip()
    return _joined([f"all:{word}" for word in words], " AND ")


def _joined(parts: list[str], by: str) -> str:
    return parts[0] if len(parts) == 1 else f"({by.join(parts)})"


def read(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of a saved answer.

    Raises:
        Unreadable: as :func:`saved`.
    """
    with opened(source) as content:
        yield from saved(content)


def saved(content: Content) -> Iterator[Paper | BadRecord]:
    """Papers of an answer that lies in a file.

    Raises:
        Unreadable: it is no whole Atom feed, an unsafe one, an error, or of no paper of arXiv; or the library is missing.
    """
    # Blanks before its declaration, as copying may add, are no part of XML.
    body = content.read().removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        feed = looked_at(body)
    except ValueError as error:
        raise Unreadable(content.where, str(error)) from error
    if feed.error:
        raise Unreadable(content.where, f"arXiv says: {feed.error}")
    # Its warnings would go to standard error; entries that it leaves out are counted below.
    logging.getLogger("arxiv").addHandler(logging.NullHandler())
    try:
        found = list(parse(Raw(source=NAME, url=content.where, fetched_at="", status=200, body=body)))
    except ImportError as error:
        raise Unreadable(
            content.where, "answers of arXiv are read by a library that is not here: pip install 'exapt[net]'"
        ) from error
    if not any(isinstance(record, Paper) for record in found):
        raise Unreadable(content.where, "no entry of this Atom feed is a paper of arXiv")
    yield from found
    if (lacking := feed.entries - len(found)) > 0:
        yield Skipped(content.where, 0, f"{lacking} of its {feed.entries} entries lack an id or a date")


def parse(raw: Raw) -> Iterator[Paper | BadRecord]:
    """Papers of one kept answer, by the arxiv package and without the network."""
    session = _Session(lambda url: raw, pages=1)
    try:
        for result in _client(session, Search()).results(_search("", [])):
            yield _paper(result, raw)
    except _LastPage:
        return


def papers(search: Search, get: Get, *, progress: Callable[[int, int], None] | None = None) -> Iterator[Paper | BadRecord]:
    """Papers of ``search``, as arXiv lists them; each paper once, though pages may overlap.

    Args:
        search: what to ask for.
        get: answers requests; :meth:`ingest.answers.Answers.get`.
        progress: told papers so far and papers in all, after each page.

    Raises:
        NoAnswer: arXiv does not answer, or with something else than papers.
    """
    words, ids, seen = search.words(), [*map(_plain_id, search.ids)], set[str]()
    for number in range(0, len(ids) or 1, IDS_A_REQUEST):
        yield from _listed(search, words, ids[number : number + IDS_A_REQUEST], get, seen, progress)
        if search.limit and len(seen) >= search.limit:
            return
    found = {key for name in seen for key in (name, _bare(name))}
    if not words:
        yield from (Skipped(f"arXiv id {wanted}", 0, "arXiv has no such paper") for wanted in sorted({*ids} - found))


def _listed(
    search: Search, words: str, ids: list[str], get: Get, seen: set[str], progress: Callable[[int, int], None] | None
) -> Iterator[Paper | BadRecord]:
    import arxiv

    announced = 0

    def page(url: str) -> Raw:
        nonlocal announced
        start = int(url.rpartition("start=")[2].partition("&")[0] or 0)
        if start >= MOST:
            raise _LastPage
        raw = _asked(url, start, announced, get)
        total = looked_at(raw.body).total
        announced = max(announced, total)
        if progress:
            progress(len(seen), min(total, search.limit or total))
        return raw

    session = _Session(page)
    results = _client(session, search).results(_search(words, ids))
    while search.limit is None or len(seen) < search.limit:
        try:
            result = next(results, None)
        except arxiv.UnexpectedEmptyPageError:
            return  # Papers went from the list while it was read; a page that should hold some was asked for again.
        except _LastPage:
            yield Skipped("the rest", 0, f"arXiv lists no more than {MOST:,} papers of one search; ask by --from and --to")
            return
        if result is None:
            return
        paper, name = _paper(result, session.raw), _short_id(result)
        # One version is one paper; where ids name several versions of it, the store makes them one.
        if name not in seen:
            seen.add(name)
            yield paper


def in_order(found: list[Paper | BadRecord]) -> list[Paper | BadRecord]:
    """``found`` by id, whatever order arXiv listed it in that day; of versions of a paper the latest comes first."""

    def place(record: Paper | BadRecord) -> tuple[int, str, int]:
        if isinstance(record, BadRecord):
            return 1, str(record), 0
        version = re.search(r"v(\d+)$", record.url or "")
        return 0, record.key, -int(version[1]) if version else 0

    return sorted(found, key=place)


def check(search: Search) -> None:
    """Raise ``Refused`` where ``search`` asks for nothing, or for what arXiv cannot have."""
    if not (search.query.strip() or search.categories or search.ids or search.first):
        raise Refused("say what to search for: words, --category, --id or --from")
    for wanted in search.ids:
        if _fields.arxiv(wanted) is None:
            raise Refused(f"{wanted!r:.60} is no arXiv id; it looks like 2205.08645 or 2205.08645v2")
    for category in search.categories:
        if not re.fullmatch(r"[a-z-]+(\.[A-Za-z-]+|\.\*)?", category):
            raise Refused(f"{category!r:.60} is no arXiv category; it looks like cs.NE or q-bio.NC")
    if search.first and search.last and search.first > search.last:
        raise Refused(f"the days end ({search.last}) before they begin ({search.first})")


def _asked(url: str, start: int, announced: int, get: Get) -> Raw:
    try:
        return get(url, ACCEPTED, lambda body: _checked(body, start, announced))
    except NoAnswer as error:
        # arXiv says what it did not like in a feed, with status 400.
        if error.status is not None and error.body and (said := _said(error.body)):
            raise NoAnswer(url, f"arXiv says: {said}", status=error.status) from error
        raise


def _checked(body: bytes, start: int, announced: int) -> None:
    """Look at the page from ``start`` on; the pages before it listed ``announced`` papers in all, or 0 where it is the first."""
    try:
        feed = looked_at(body)
    except Broken as error:
        raise Transient(str(error)) from error
    if feed.error:
        raise ValueError(f"arXiv says: {feed.error}")
    # A list may shrink while it is read, but not to nothing: a page that says so does not know.
    total = feed.total or announced
    if feed.entries and not total:
        raise Transient("it holds papers, and does not say how many there are in all")
    if not feed.entries and total > start:
        raise Transient(f"it lists {total:,} papers, but the page from {start:,} on is empty")


def _said(body: bytes) -> str:
    try:
        return looked_at(body).error
    except ValueError:
        return ""


class _LastPage(Exception):
    """There is no page after this."""


class _Answer:
    """A kept answer as the arxiv package wants to see it."""

    def __init__(self, raw: Raw) -> None:
        self.status_code, self.content = raw.status, raw.body


class _Session:
    """Stands where the arxiv package has its connection."""

    def __init__(self, page: Callable[[str], Raw], *, pages: int | None = None) -> None:
        self._page, self._left = page, pages
        self.raw: Raw | None = None
        """The answer that the results of the moment come from."""

    def get(self, url: str, **_: object) -> _Answer:
        if self._left == 0:
            raise _LastPage
        if self._left is not None:
            self._left -= 1
        self.raw = self._page(url)
        return _Answer(self.raw)


def _client(session: _Session, search: Search) -> arxiv.Client:
    import arxiv

    # Waiting and trying again are the session's business.
    client = arxiv.Client(page_size=search.page_size, delay_seconds=0, num_retries=0)
    client.query_url_format = search.base_url + "?{}"
    client._session = session
    return client


def _search(words: str, ids: list[str]) -> arxiv.Search:
    import arxiv

    newest = arxiv.SortCriterion.SubmittedDate
    return arxiv.Search(query=words, id_list=ids, max_results=None, sort_by=newest, sort_order=arxiv.SortOrder.Descending)


def _paper(result: arxiv.Result, raw: Raw | None) -> Paper | BadRecord:
    where = raw.url if raw else ""
    name = _short_id(result)
    arxiv_id = _fields.arxiv(name)
    title = clean(result.title)
    if arxiv_id is None or not title:
        return Skipped(where, 0, f"its entry {name!r:.60} has no arXiv id or no title")
    known = identity(title, arxiv=arxiv_id, doi=_fields.doi(result.doi))
    authors = tuple(filter(None, (clean(author.name) for author in result.authors)))
    return Paper(
        key=known.key,
        title=title,
        abstract=clean(result.summary) or None,
        authors=authors,
        n_authors=len(authors) or None,
        published=result.published.date().isoformat(),
        venue=clean(result.journal_ref or "") or None,
        url=f"https://arxiv.org/abs/{name}",
        source=NAME,
        ids=known.ids,
        raw_sha256=raw.sha256 if raw else None,
    )


def _short_id(result: arxiv.Result) -> str:
    return str(result.get_short_id()).strip().lower()


def _plain_id(wanted: str) -> str:
    """An id as arXiv lists it: ``"q-bio/0401001v1"`` for ``"https://arxiv.org/abs/q-bio.NC/0401001v1"``."""
    bare = re.sub(r"^(?:https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*)|\.pdf$", "", wanted.strip().lower())
    return re.sub(r"^([a-z-]+)\.[a-z]{2}/", r"\1/", bare)


def _bare(name: str) -> str:
    return re.sub(r"v\d+$", "", name)

"""What is new on arXiv since last time, one line a mapping; made for a cron job."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import click

from kg.errors import ExaptError, NotFound
from kg.model import Evidence, Paper
from kg.raw import Watched
from queries.commands.ingest import ARXIV_URL, name_failures
from queries.network import Gathered, base_url_option, day_option, gathered, manners, network_options, today
from queries.plain import one_line
from queries.session import progress_line, session, store_option, warn, wipe

if TYPE_CHECKING:
    from ingest.http import Fetcher
    from ingest.sources.arxiv import Search
    from kg.store import Store

FIRST_DAYS = 7
"""How far back the first watch of a query looks."""
OVERLAP_DAYS = 4
"""Papers show up some days after they were submitted: over a weekend, or held for a moderator."""
MOST = 2000
"""Papers a query and call, the newest first, and as many of those that an earlier call left; the next goes on behind them."""


@click.command(
    epilog="""\b
Example:
  exapt watch "biologically inspired" "neuroscience AND cat:cs.LG"
  0 6 * * *  exapt --store ~/exapt.db watch "biologically inspired" | mail -E -s "new mappings" me
"""
)
@click.argument("queries", metavar="QUERY...", nargs=-1, required=True)
@click.option("--category", "categories", metavar="NAME", multiple=True, help="Such as cs.NE; of several, any.")
@day_option("--since", "since", text=f"Look back to that day, not to the last watch (the first one: {FIRST_DAYS} days).")
@click.option("--page-size", type=click.IntRange(1, 2000), default=100, show_default=True, help="Papers a request.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="json: one object a line.")
@base_url_option(ARXIV_URL, "EXAPT_ARXIV_URL")
@network_options
@store_option
def command(
    queries: tuple[str, ...], categories: tuple[str, ...], since: str | None, page_size: int, form: str, base_url: str
) -> None:
    """Ask arXiv what is new for each QUERY since it was last watched; take the papers in, print what they state.

    A line is: mechanism -> technique, belief, paper, title, with tabs between. Nothing new, nothing printed. A query is words or
    arXiv's own syntax, as for `exapt ingest arxiv`. Where arXiv does not answer, the next call asks for the missed days too;
    where there is more than one call takes, the next one goes on behind it.
    """
    from ingest.sources import arxiv

    searches = [
        arxiv.Search(query=query, categories=categories, page_size=page_size, limit=MOST, base_url=base_url) for query in queries
    ]
    for search in searches:
        arxiv.check(search)
    fetcher = manners().fetcher(base_url, tell=session().detail)
    failed = False
    with session().open(write=True) as store:
        for search in searches:
            try:
                _watch(store, search, fetcher, since=since, form=form)
            except ExaptError as error:
                failed = True
                warn(f"exapt: {error}")
    if failed:
        click.get_current_context().exit(1)


class _Days(NamedTuple):
    """Days to ask for, ISO; without a last one, up to now."""

    first: str
    last: str | None = None


def _watch(store: Store, search: Search, fetcher: Fetcher, *, since: str | None, form: str) -> None:
    """One query: ask, take in, print, and only then move its date on."""
    from ingest.answers import Answers
    from ingest.pipeline import ingest
    from ingest.sources import arxiv

    name = _name(search)
    now = today().isoformat()
    state = store.watched(name)
    last = state.until
    left = _left(store, search)
    due = _days_before(last, OVERLAP_DAYS) if last else _days_before(now, FIRST_DAYS)
    progress = progress_line("asking arXiv")
    runs: list[Answers] = []
    found = Gathered([])
    behind: list[_Days] = []
    for days in [_Days(since)] if since else [_Days(due), *left]:
        dated = replace(search, first=days.first, last=days.last)
        runs.append(Answers(store, fetcher, source=arxiv.NAME, request=["watch", now, dated.request()]))
        part = gathered(arxiv.papers(dated, runs[-1].get, progress=lambda done, total: progress(done, total, "papers")))
        found = Gathered(found.records + part.records, part.trouble)
        if part.trouble:
            break
        if len(part.records) >= MOST:
            behind.append(_behind(search, days, part.papers()))
    before = _before(store, found.papers(), state.before)
    store.set_watched(name, Watched(until=last, before=json.dumps([sorted(part) for part in before])))
    try:
        summary = ingest(store, arxiv.in_order(found.records), progress=progress_line("papers"))
    finally:
        # Also when stopped: what was taken in is said now, since it will be no news to the next call.
        _print_new(store, found.papers(), before.evidence, form)
        store.set_watched(name, Watched(until=last))
    name_failures(summary.failed)
    session().detail(f"{search.query}: {summary.new:,} papers new, {summary.known + summary.completed:,} known")
    if found.trouble:
        raise found.trouble
    joins = since is None or last is None or since <= due or last >= now
    if not joins:
        warn(f"exapt: {search.query!r}: the days from {last} to {since} were not asked for; the next watch asks from {last} on")
    with store.transaction():
        if joins:
            kept = [days for days in left if since and since > days.first]
            store.set_watched(name, Watched(until=now))
            _leave(store, search, [*behind, *kept])
        for run in runs:
            run.end()


def _name(search: Search, *more: str) -> str:
    return json.dumps([search.query, sorted(search.categories), *more], ensure_ascii=False)


def _left(store: Store, search: Search) -> list[_Days]:
    """Days before the date of ``search`` that were not asked for to the end."""
    kept = store.watched(_name(search, "left")).before
    return [_Days(*json.loads(kept))] if kept else []


def _leave(store: Store, search: Search, left: list[_Days]) -> None:
    """Remember the days from the first to the last of ``left`` for the next watch."""
    left = [days for days in left if days.last and days.first <= days.last]
    span = [min(days.first for days in left), max(str(days.last) for days in left)] if left else None
    before = json.dumps(span) if span else None
    if before != store.watched(_name(search, "left")).before:
        store.set_watched(_name(search, "left"), Watched(before=before))


def _behind(search: Search, days: _Days, papers: list[Paper]) -> _Days:
    """What is left of ``days``, of which the newest ``papers`` alone were asked for; says so."""
    oldest = min(filter(None, (paper.published for paper in papers)), default=days.first)
    said, end = f"since {days.first}", oldest
    if oldest == days.last:  # that day alone has more, and asking again would bring the same
        said, end = f"of {oldest}", _days_before(oldest, 1)
    left = f"; those up to {end} are left" if days.first <= end else ""
    warn(f"exapt: {search.query!r}: only the newest {MOST:,} papers {said} were asked for{left}")
    return _Days(days.first, end)


class _Before(NamedTuple):
    """What was known when a watch began."""

    papers: set[str]
    """Keys of the papers that it found, as arXiv gives them."""
    evidence: set[tuple[str, str]]
    """Mappings that these papers were known to state."""


def _before(store: Store, papers: Iterable[Paper], killed: str | None) -> _Before:
    """What is known now of ``papers``; of those that a killed watch had begun to take in, what was known when that one began."""
    keys, evidence = json.loads(killed) if killed else ([], [])
    begun = _Before({*keys}, {(mapping, paper) for mapping, paper in evidence})
    others = [paper for paper in papers if paper.key not in begun.papers]
    now = {_id(item) for paper in others for item in _evidence(store, paper)}
    return _Before(begun.papers | {paper.key for paper in others}, begun.evidence | now)


def _print_new(store: Store, papers: Iterable[Paper], before: set[tuple[str, str]], form: str) -> None:
    """A line for each mapping that a paper was not known to state, the papers in order of key and the surest mapping first."""
    wipe()
    said: set[tuple[str, str]] = set()
    for key in sorted({known.key for paper in papers if (known := _known(store, paper))}):
        paper = store.paper(key)
        news = {
            item.mapping: store.belief_of(item.mapping).value for item in store.evidence(paper=key) if _id(item) not in before
        }
        for mapping, belief in sorted(news.items(), key=lambda pair: (-pair[1], pair[0])):
            if (mapping, key) not in said:
                said.add((mapping, key))
                click.echo(_line(store, mapping, belief, paper, form))


def _line(store: Store, mapping_key: str, belief: float, paper: Paper, form: str) -> str:
    mapping = store.mapping(mapping_key)
    mechanism, technique = store.concept(mapping.mechanism).name, store.concept(mapping.technique).name
    if form == "json":
        row = {
            "mapping": mapping.key, "mechanism": mechanism, "relation": mapping.relation, "technique": technique,
            "belief": round(belief, 3), "paper": paper.key, "title": paper.title, "published": paper.published, "url": paper.url,
        }  # fmt: skip
        return json.dumps(row, ensure_ascii=False)
    arrow = "-x" if mapping.relation == "contrasts" else "->"
    parts = (f"{mechanism} {arrow} {technique}", f"{belief:.2f}", paper.key, paper.title)
    return "\t".join(one_line(part) for part in parts)


def _evidence(store: Store, paper: Paper) -> list[Evidence]:
    known = _known(store, paper)
    return store.evidence(paper=known.key) if known else []


def _known(store: Store, paper: Paper) -> Paper | None:
    try:
        return store.paper(paper.key)
    except NotFound:
        return None


def _id(evidence: Evidence) -> tuple[str, str]:
    return evidence.mapping, evidence.paper


def _days_before(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()

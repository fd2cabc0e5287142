"""Bring literature into the graph: arXiv, daily papers, essays, pages, corpora, the atlas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

from kg.errors import BadRecord, Unreadable
from kg.model import Paper
from queries.engine_options import ingest_options, reading
from queries.network import (
    base_url_option,
    day_option,
    gathered,
    manners,
    network_options,
    said_of_the_past,
    stopped,
)
from queries.plugin_group import KnownGroup
from queries.session import progress_line, session, store_option, warn
from queries.whole_graph import take_in, together

if TYPE_CHECKING:
    from ingest.answers import Get
    from ingest.arriving import Record
    from ingest.pipeline import Summary
    from ingest.sources import Export

SHOWN = 10
"""So many failures are named; the rest are counted."""
Found = Iterable["Record | Export"]
ARXIV_URL = "https://export.arxiv.org/api/query"
HF_URL = "https://huggingface.co"


@click.group(
    cls=KnownGroup,
    noun="source",
    epilog="""\b
Example:
  exapt ingest atlas
  exapt ingest files essays/ saved_page.html
  exapt ingest arxiv "synaptic plasticity" --category cs.NE --from 2024-01-01
""",
)
def command() -> None:
    """Bring literature into the graph. The same input twice changes nothing.

    All papers are taken in first, which is fast; then those that may state something are read, the most promising first, which
    takes longer. It may be stopped at any time: what was done is kept, and `exapt read` or the same command again goes on.
    """


def summary_options(run: Callable[..., None]) -> Callable[..., None]:
    """``--store``, and ``--format json`` for the summary as data."""
    form = click.option(
        "--format", "form", type=click.Choice(("text", "json")), default="text", help="json: summary on standard output."
    )
    return store_option(form(run))


@command.command("files")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@ingest_options
@summary_options
def files(paths: tuple[str, ...], form: str) -> None:
    """Essays (txt, md, html), PDF, BibTeX, RIS, JSON lines, saved arXiv answers and Hugging Face papers pages, told by content.

    An export of exapt (`exapt export jsonl`) is taken in whole, as `exapt ingest jsonl` does.

    A folder stands for the files in it, a pattern such as "papers/**/*.pdf" for what it matches, "-" for standard input.

    \b
    Example:
      exapt ingest files essay.md saved_page.html
    """
    from ingest.sources import open_paths

    _ingest(open_paths(paths), form)


@command.command("arxiv")
@click.argument("query", metavar="[QUERY]...", nargs=-1)
@day_option("--from", "first", text="Submitted on that day or later.")
@day_option("--to", "last", text="Submitted on that day or earlier.")
@click.option("--category", "categories", metavar="NAME", multiple=True, help="Such as cs.NE; of several, any.")
@click.option("--id", "ids", metavar="ID", multiple=True, help="Such as 2205.08645, or 2205.08645v2 for one version.")
@click.option("--max", "limit", type=click.IntRange(1), help="The newest so many.")
@click.option("--page-size", type=click.IntRange(1, 2000), default=100, show_default=True, help="Papers a request.")
@base_url_option(ARXIV_URL, "EXAPT_ARXIV_URL")
@network_options
@ingest_options
@summary_options
def arxiv(
    query: tuple[str, ...],
    first: str | None,
    last: str | None,
    categories: tuple[str, ...],
    ids: tuple[str, ...],
    limit: int | None,
    page_size: int,
    base_url: str,
    form: str,
) -> None:
    """Papers of an arXiv search: words that a paper must hold, or arXiv's own syntax (ti:retina AND cat:cs.NE).

    One request in three seconds. A run that is stopped goes on at its next page when the same command is given within a day.

    \b
    Example:
      exapt ingest arxiv "heat shock" regularization --from 2023-01-01 --category cs.LG --category cs.NE
      exapt ingest arxiv --id 2205.08645v2 --id 1901.02757
    """
    from ingest.sources import arxiv as source

    search = source.Search(
        query=" ".join(query), first=first, last=last, categories=categories, ids=_parts(ids), limit=limit,
        page_size=min(page_size, limit or page_size), base_url=base_url,
    )  # fmt: skip
    source.check(search)
    progress = progress_line("asking arXiv")
    _fetch(
        source.NAME, search.request(), base_url, form,
        lambda get: source.papers(search, get, progress=lambda done, total: progress(done, total, "papers")),
    )  # fmt: skip


@command.command("arxiv-snapshot")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--category", "categories", metavar="NAME", multiple=True, help="Such as cs.NE, or q-bio for all of it; any of several."
)
@day_option("--from", "first", text="First submitted on that day or later.")
@day_option("--to", "last", text="First submitted on that day or earlier.")
@ingest_options
@summary_options
def arxiv_snapshot(paths: tuple[str, ...], categories: tuple[str, ...], first: str | None, last: str | None, form: str) -> None:
    """The bulk metadata of arXiv, one JSON object a line, gzip or plain.

    \b
    Example:
      exapt ingest arxiv-snapshot arxiv-metadata-oai-snapshot.json --category cs.NE --category q-bio --from 2015-01-01
    """
    from ingest.sources import arxiv_snapshot as source

    found = _each(lambda path: source.unread(path, categories=categories, first=first, last=last), paths)
    _ingest(found, form, where=", ".join(paths))


@command.command("hf")
@click.option("--date", "dates", metavar="YYYY-MM-DD", multiple=True, help="The listing of that day.")
@click.option("--week", "weeks", metavar="YYYY-Wnn", multiple=True, help="The listings of that week, such as 2024-W21.")
@click.option("--month", "months", metavar="YYYY-MM", multiple=True, help="The listings of that month.")
@click.option("--from", "first", metavar="FILE", multiple=True, help="A file to read; more may follow.")
@click.option("--page-size", type=click.IntRange(1, 100), default=100, show_default=True, help="Papers a request.")
@click.argument("paths", metavar="[FILE...]", nargs=-1)
@base_url_option(HF_URL, "EXAPT_HF_URL")
@network_options
@ingest_options
@summary_options
def hf(
    dates: tuple[str, ...],
    weeks: tuple[str, ...],
    months: tuple[str, ...],
    first: tuple[str, ...],
    page_size: int,
    paths: tuple[str, ...],
    base_url: str,
    form: str,
) -> None:
    """Hugging Face daily papers: from their API by day, week or month; or from its saved answers and saved pages.

    \b
    Example:
      exapt ingest hf --date 2024-05-20
      exapt ingest hf --from 2024-05.json.gz 2024-06.json.gz saved_page.html
    """
    from ingest.sources import hf_daily as source

    periods = [*(("date", day) for day in dates), *(("week", week) for week in weeks), *(("month", month) for month in months)]
    if bool(periods) == bool(first + paths):
        raise click.UsageError("name a --date, --week or --month, or else at least one file, as in --from FILE")
    if not periods:
        _ingest(_each(source.read, first + paths), form)
        return
    source.check(periods)
    progress = progress_line("asking Hugging Face")
    _fetch(
        source.NAME, {"periods": periods, "page_size": page_size, "base_url": base_url}, base_url, form,
        lambda get: source.papers(periods, get, base_url=base_url, page_size=page_size, progress=progress),
    )  # fmt: skip


@command.command("jsonl")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@ingest_options
@summary_options
def lines(paths: tuple[str, ...], form: str) -> None:
    """JSON lines of papers: {"id", "title", "abstract", "year", "venue", "authors", "doi", "arxiv_id"}; or an export of exapt.

    What `exapt export jsonl` wrote is told by its first line and taken in whole, all or nothing: a new store exports the same
    bytes again; to one that holds something it adds what is not there yet. Where curators contradict each other it is refused.

    \b
    Example:
      exapt ingest jsonl abstracts.jsonl.gz
      exapt ingest jsonl graph.jsonl --store copy.db
    """
    from ingest.sources import jsonl

    _ingest(_each(jsonl.unread, paths), form)


@command.command("atlas")
@summary_options
def atlas(form: str) -> None:
    """The curated mappings that ship with exapt: facts and places in papers, no text of others.

    \b
    Example:
      exapt ingest atlas
    """
    from ingest.pipeline import ingest_atlas

    with session().open(write=True) as store:
        summary = ingest_atlas(store, progress=progress_line("atlas"))
    report(summary, form)


def _each(read: Callable[[str], Iterator[Record | Export]], paths: tuple[str, ...]) -> Iterator[Record | Export]:
    """Papers of all ``paths``; one that cannot be read is passed over as a whole."""
    from ingest.sources import Skipped

    for path in paths:
        try:
            yield from read(path)
        except BadRecord as error:
            yield error
        except Unreadable as error:
            yield Skipped(error.where, 0, error.why)


def _ingest(found: Found, form: str, *, where: str = "the input") -> None:
    from ingest.pipeline import Summary, ingest
    from ingest.sources import Export, Line, Skipped

    bad: list[BadRecord] = []
    graphs: list[Summary] = []
    passed = 0
    rest = iter(found)
    for first in rest:
        if isinstance(first, Export):
            graphs.append(take_in(first))
            continue
        made = first.paper() if isinstance(first, Line) else first
        if isinstance(made, Paper):
            break
        if made is None:
            passed += 1
        else:
            bad.append(made)
    else:  # nothing to take in: say so before a store is made for nothing
        if graphs:
            report(together(graphs), form, failed=bad)
            return
        if not passed:
            name_failures(bad or [Skipped(where, 0, "it holds no paper")])
            click.get_current_context().exit(1)
        report(Summary(failed=tuple(bad)), form)
        session().say(f"no paper of {where} fits")
        return
    with session().open(write=True) as store:
        summary = ingest(store, chain(bad, [first], rest), progress=progress_line("papers"), **reading())
    report(together([*graphs, summary]), form)


def _fetch(source: str, request: object, base_url: str, form: str, papers: Callable[[Get], Iterator[Paper | BadRecord]]) -> None:
    """Ingest what a run of requests brings; where it ends early, what it brought until then, and then say why."""
    from ingest.answers import Answers
    from ingest.pipeline import ingest
    from ingest.sources.arxiv import in_order

    with session().open(write=True) as store:
        answers = Answers(store, manners().fetcher(base_url), source=source, request=request)
        said_of_the_past(answers)
        found = gathered(papers(answers.get))
        if found.records or not found.trouble:
            summary = ingest(store, in_order(found.records), progress=progress_line("papers"), **reading())
            report(summary, form)
        if found.trouble:
            raise stopped(found.trouble, answers.fetched + answers.used)
        answers.end()


def _parts(values: Iterable[str]) -> tuple[str, ...]:
    """Values of an option that may be given several times, or once with commas."""
    return tuple(dict.fromkeys(part.strip() for value in values for part in value.split(",") if part.strip()))


def name_failures(failed: Iterable[BadRecord]) -> None:
    """The first of ``failed`` by name, the rest by number."""
    failed = list(failed)
    for error in failed[:SHOWN]:
        warn(f"exapt: {error}")
    if len(failed) > SHOWN:
        warn(f"exapt: and {len(failed) - SHOWN} more that could not be read")


def report(summary: Summary, form: str, *, failed: Iterable[BadRecord] = ()) -> None:
    """Say what was done; ``failed`` are records that failed before it."""
    bad = [*failed, *summary.failed]
    name_failures(bad)
    if form == "json":
        click.echo(
            json.dumps(
                {
                    "new": summary.new,
                    "known": summary.known,
                    "completed": summary.completed,
                    "failed": [str(error) for error in bad],
                    "read": summary.read,
                    "waiting": summary.waiting,
                    "mappings": summary.mappings,
                    "evidence": summary.evidence,
                    "seconds": round(summary.seconds, 2),
                },
                ensure_ascii=False,
            )
        )
    session().say(
        f"papers: {summary.new:,} new, {summary.completed:,} completed, {summary.known:,} known, {len(bad):,} failed; "
        f"mappings: {summary.mappings:,}; evidence: {summary.evidence:,}; {summary.seconds:.1f} s"
    )
    if summary.waiting:
        say_waiting(summary.waiting)


def say_waiting(papers: int) -> None:
    session().say(f"{papers:,} {'paper waits' if papers == 1 else 'papers wait'} to be read: exapt read")

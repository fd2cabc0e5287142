"""Bring literature into the graph: essays, pages, listings, corpora, the atlas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

from kg.errors import BadRecord, Unreadable
from kg.model import Paper
from queries.plugin_group import KnownGroup
from queries.session import progress_line, session, store_option, warn

if TYPE_CHECKING:
    from ingest.pipeline import Summary

SHOWN = 10
"""So many failures are named; the rest are counted."""
Found = Iterable[Paper | BadRecord]


@click.group(
    cls=KnownGroup,
    noun="source",
    epilog="""\b
Example:
  exapt ingest atlas
  exapt ingest files essays/ saved_page.html
""",
)
def command() -> None:
    """Bring literature into the graph. The same input twice changes nothing."""


def _summary_options(run: Callable[..., None]) -> Callable[..., None]:
    """``--store``, and ``--format json`` for the summary as data."""
    form = click.option(
        "--format", "form", type=click.Choice(("text", "json")), default="text", help="json: summary on standard output."
    )
    return store_option(form(run))


@command.command("files")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@_summary_options
def files(paths: tuple[str, ...], form: str) -> None:
    """Essays (txt, md, html), a saved Hugging Face papers page, JSON lines; a folder stands for the files in it.

    \b
    Example:
      exapt ingest files essay.md saved_page.html
    """
    from ingest.sources import open_paths

    _ingest(open_paths(paths), form)


@command.command("hf")
@click.option("--from", "first", metavar="FILE", multiple=True, help="A file to read; more may follow.")
@click.argument("paths", metavar="[FILE...]", nargs=-1)
@_summary_options
def hf(first: tuple[str, ...], paths: tuple[str, ...], form: str) -> None:
    """Hugging Face daily papers as their API returns them, gzip or plain.

    \b
    Example:
      exapt ingest hf --from 2024-05.json.gz 2024-06.json.gz
    """
    from ingest.sources import hf_daily

    if not first + paths:
        raise click.UsageError("name at least one file, as in --from FILE")
    _ingest(_each(hf_daily.read, first + paths), form)


@command.command("jsonl")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@_summary_options
def lines(paths: tuple[str, ...], form: str) -> None:
    """JSON lines of papers: {"id", "title", "abstract", "year", "venue", "authors", "doi", "arxiv_id"}.

    \b
    Example:
      exapt ingest jsonl abstracts.jsonl.gz
    """
    from ingest.sources import jsonl

    _ingest(_each(jsonl.read, paths), form)


@command.command("atlas")
@_summary_options
def atlas(form: str) -> None:
    """The curated mappings that ship with exapt: facts and places in papers, no text of others.

    \b
    Example:
      exapt ingest atlas
    """
    from ingest.pipeline import ingest_atlas

    with session().open(write=True) as store:
        summary = ingest_atlas(store, progress=progress_line("atlas"))
    _report(summary, form)


def _each(read: Callable[[str], Iterator[Paper | BadRecord]], paths: tuple[str, ...]) -> Found:
    """Papers of all ``paths``; one that cannot be read is passed over as a whole."""
    from ingest.sources import Skipped

    for path in paths:
        try:
            yield from read(path)
        except BadRecord as error:
            yield error
        except Unreadable as error:
            yield Skipped(error.where, 0, error.why)


def _ingest(found: Found, form: str) -> None:
    from ingest.pipeline import ingest

    bad, rest = [], iter(found)
    for first in rest:
        if isinstance(first, Paper):
            break
        bad.append(first)
    else:  # nothing readable: say so before a store is made for nothing
        _name_failures(bad)
        click.get_current_context().exit(1)
    with session().open(write=True) as store:
        summary = ingest(store, chain(bad, [first], rest), progress=progress_line("papers"))
    _report(summary, form)


def _name_failures(failed: Iterable[BadRecord]) -> None:
    failed = list(failed)
    for error in failed[:SHOWN]:
        warn(f"exapt: {error}")
    if len(failed) > SHOWN:
        warn(f"exapt: and {len(failed) - SHOWN} more that could not be read")


def _report(summary: Summary, form: str) -> None:
    _name_failures(summary.failed)
    if form == "json":
        click.echo(
            json.dumps(
                {
                    "new": summary.new,
                    "known": summary.known,
                    "completed": summary.completed,
                    "failed": [str(error) for error in summary.failed],
                    "mappings": summary.mappings,
                    "evidence": summary.evidence,
                    "seconds": round(summary.seconds, 2),
                },
                ensure_ascii=False,
            )
        )
    session().say(
        f"papers: {summary.new:,} new, {summary.completed:,} completed, {summary.known:,} known, {len(summary.failed):,} failed; "
        f"mappings: {summary.mappings:,}; evidence: {summary.evidence:,}; {summary.seconds:.1f} s"
    )

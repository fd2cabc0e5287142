"""Read the papers that were taken in and wait to be read."""

from __future__ import annotations

import json

import click

from queries.commands.ingest import name_failures, say_waiting, summary_options
from queries.engine_options import MINUTES, reading, reading_options
from queries.session import progress_line, session


@click.command(
    epilog="""\b
Example:
  exapt ingest jsonl abstracts.jsonl.gz --read-later
  exapt read --minutes 30
  exapt read
"""
)
@click.option("--at-most", type=click.IntRange(1), metavar="N", help="The N most promising papers.")
@click.option("--minutes", type=MINUTES, metavar="M", help="For so many minutes.")
@reading_options
@summary_options
def command(at_most: int | None, minutes: float | None, form: str) -> None:
    """Read the papers that wait to be read, the most promising first.

    A paper waits where a quick look at its words, as it was taken in, found that it may state a mapping. Reading may be stopped
    at any time: what was read is kept, and the same command goes on.
    """
    from ingest.pipeline import read_waiting
    from kg.store import Store

    with Store.open(session().store, create=False) as store:
        summary = read_waiting(store, at_most=at_most, minutes=minutes, progress=progress_line("papers"), **reading())
    name_failures(summary.failed)
    if form == "json":
        told = {
            "read": summary.read,
            "waiting": summary.waiting,
            "failed": [str(error) for error in summary.failed],
            "mappings": summary.mappings,
            "evidence": summary.evidence,
            "seconds": round(summary.seconds, 2),
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    session().say(
        f"papers: {summary.read:,} read, {len(summary.failed):,} failed; mappings: {summary.mappings:,}; "
        f"evidence: {summary.evidence:,}; {summary.seconds:.1f} s"
    )
    if summary.waiting:
        say_waiting(summary.waiting)

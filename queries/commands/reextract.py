"""Read the papers of the graph again with today's readers, without the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from kg.errors import BadRecord, ExaptError, NotFound
from kg.model import Paper
from queries.commands.ingest import report, summary_options
from queries.engine_options import dry_run, reading, reading_options
from queries.session import progress_line, session

if TYPE_CHECKING:
    from kg.store import Store


@click.command(
    epilog="""\b
Example:
  exapt reextract
  exapt reextract --papers arxiv:2305.03689 arxiv:2305.11243
  exapt reextract --raw
"""
)
@click.option("--papers", "first", metavar="KEY", multiple=True, help="Only this paper; more may follow.")
@click.option("--again", is_flag=True, help="Also what the readers of today have read before.")
@click.option("--raw", is_flag=True, help="First make papers anew of the kept answers of the network.")
@click.argument("more", metavar="[KEY]...", nargs=-1)
@reading_options
@summary_options
def command(first: tuple[str, ...], again: bool, raw: bool, more: tuple[str, ...], form: str) -> None:
    """Read all papers that today's version of their reader has not read; what it finds takes the place of what it found before.

    KEY is a paper's key or an outside id, such as arxiv:2205.08645; papers that are named are read in any case. Of the others,
    those of the atlas whose abstract is not here are left out: a title alone says too little beside what was curated. What
    readers of other kinds, curators and races have said stays. Stopped, it goes on where it was; nothing is asked of the network.
    """
    from ingest.pipeline import ingest
    from kg.store import Store

    with Store.open(session().store, create=False) as store:
        keys = tuple(dict.fromkeys(store.paper(key).key for key in first + more))
        bad: list[BadRecord] = []
        if raw:
            made = ingest(store, _made_of_answers(store, keys), extract=False, progress=progress_line("kept answers"))
            bad.extend(made.failed)
            session().say(f"kept answers: {made.new:,} papers new, {made.completed:,} completed, {made.known:,} known")
        left_out: list[str] = []
        papers: Iterable[Paper] = [store.paper(key) for key in keys] if keys else _with_words(store, left_out)
        again, chosen = again or bool(keys), reading()
        if dry_run():  # not by the pipeline: papers that were read would wait for whichever reader comes next
            chosen["approve"](paper for paper in papers if again or not _read(store, paper, chosen["readers"](paper)))
            _say_left_out(left_out)
            return
        summary = ingest(store, papers, again=again, progress=progress_line("papers"), **chosen)
    report(summary, form, failed=bad)
    _say_left_out(left_out)


def _with_words(store: Store, left_out: list[str]) -> Iterator[Paper]:
    """All papers but those of which the atlas alone tells, and no more than their titles; their keys go to ``left_out``.

    What exapt itself notes of races is no paper that anybody wrote.
    """
    from ingest import atlas
    from kg.belief import RACE

    for paper in store.papers():
        if paper.source == RACE:
            continue
        if paper.abstract is None and paper.source == atlas.READER:
            left_out.append(paper.key)
        else:
            yield paper


def _say_left_out(keys: list[str]) -> None:
    if keys:
        was, its = (
            ("paper of the atlas was", "its abstract is")
            if len(keys) == 1
            else ("papers of the atlas were", "their abstracts are")
        )
        session().say(f"{len(keys):,} {was} not read, as {its} not here; what a source brings of them is read as it comes in")


def _made_of_answers(store: Store, keys: tuple[str, ...]) -> Iterator[Paper | BadRecord]:
    """Papers of all kept answers, by the source that each came from; of ``keys`` alone, where there are any."""
    from ingest.sources import Skipped
    from kg import plugins

    for answer in store.raws():
        try:
            for record in plugins.load("ingest.sources", answer.source, kind="source").parse(answer):
                if not keys or (isinstance(record, Paper) and _key(store, record) in keys):
                    yield record
        except ModuleNotFoundError:
            raise
        except ExaptError as error:
            yield Skipped(answer.url, 0, str(error))


def _read(store: Store, paper: Paper, reader: Any) -> bool:
    """Whether this version of ``reader`` has read ``paper`` as it is now."""
    from ingest.engines import name_of

    return (name_of(reader), str(reader.VERSION)) in store.known(paper.key).readers


def _key(store: Store, paper: Paper) -> str:
    try:
        return store.paper(paper.key).key
    except NotFound:
        return paper.key

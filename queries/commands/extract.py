"""Read documents for mappings, without a store: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from kg.errors import BadRecord, Unreadable
from queries.engine_options import EXTRACTORS
from queries.session import progress_line, session, warn
from queries.writing import whole

if TYPE_CHECKING:
    from queries.reading import Named

Row = dict[str, Any] | Unreadable


@click.command(
    epilog="""\b
Example:
  exapt extract abstracts.jsonl -o mappings.jsonl
  exapt extract essay.md --explain
  exapt extract abstracts.jsonl --extractor llm --dry-run
  cat abstracts.jsonl | exapt extract -
"""
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to standard output.")
@click.option("--explain", is_flag=True, help='Add "why": what the reader saw.')
@click.option(
    "--extractor",
    type=click.Choice(EXTRACTORS),
    default="auto",
    show_default=True,
    help="llm: the language model that EXAPT_LLM_URL, EXAPT_LLM_MODEL and EXAPT_LLM_KEY name.",
)
@click.option("--jobs", type=click.IntRange(1, 64), help="Requests to the language model at a time.  [default: 4]")
@click.option("--dry-run", is_flag=True, help="Say what the language model would cost, and ask it nothing.")
def command(files: tuple[str, ...], output: Path | None, explain: bool, extractor: str, jobs: int | None, dry_run: bool) -> None:
    """Read documents for mappings from biology to machine learning; writes one JSON object a line and document.

    FILE holds a JSON object a line with "title", "abstract" and, if there is one, "id"; or it is an essay, a saved Hugging Face
    papers page or arXiv answer; "-" is standard input. Spans are [field, start, end] into the title or abstract, with runs of
    blanks made one. A bad line is named on standard error and the rest goes on. What a language model says is looked up in the
    text, and dropped where it is not there; its answers are kept, so that a rerun costs nothing.
    """
    if extractor == "auto" and (dry_run or jobs):
        raise click.UsageError("--dry-run and --jobs go with --extractor llm")
    if dry_run:
        click.echo(_estimate(_documents(files)))
        return
    rows = _asked(_documents(files), explain=explain, jobs=jobs) if extractor == "llm" else _read(_documents(files), explain)
    written = bad = 0
    with _opened(output) as out:
        for row in rows:
            if isinstance(row, Unreadable):
                bad += 1
                warn(f"exapt: {row}")
            else:
                written += 1
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    session().detail(f"{written} documents read, {bad} bad")
    if bad and not written:
        click.get_current_context().exit(1)


def _documents(files: tuple[str, ...]) -> Iterator[Named | Unreadable]:
    """The papers of all files; a file that cannot be read is yielded as such, unless there is nothing else."""
    from queries.reading import documents

    papers = 0
    for file in files:
        try:
            for document in documents(file):
                papers += not isinstance(document, BadRecord)
                yield document
        except Unreadable as error:
            if len(files) == 1 and not papers:
                raise
            yield error


def _read(documents: Iterable[Named | Unreadable], explain: bool) -> Iterator[Row]:
    from queries.reading import extracted

    for document in documents:
        yield document if isinstance(document, Unreadable) else extracted(document, explain=explain)


def _asked(documents: Iterable[Named | Unreadable], *, explain: bool, jobs: int | None) -> Iterator[Row]:
    """Each document as the language model reads it, in order; what it takes is told before and after."""
    from ingest.extract import llm
    from ingest.extract._llm_order import in_order
    from queries.reading import extracted

    model, prices = llm.LanguageModel.from_environment(), llm.prices()
    documents = list(documents)
    session().say(f"to read: {_estimate(documents)}")
    progress = progress_line("papers")

    def read(document: Named | Unreadable) -> Row:
        return document if isinstance(document, Unreadable) else extracted(document, explain=explain, reader=model)

    try:
        for done, row in enumerate(in_order(read, documents, jobs=jobs or llm.JOBS), 1):
            yield row
            progress(done, len(documents))
    finally:
        session().say(f"language model: {model.usage.told(prices)}")


def _estimate(documents: Iterable[Named | Unreadable]) -> str:
    from ingest.extract import llm

    prices = llm.prices()
    return llm.estimate(document.paper for document in documents if not isinstance(document, Unreadable)).told(prices)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that takes its name only when it is whole."""
    if output is None:
        yield sys.stdout
        return
    with whole(output) as half, half.open("w", encoding="utf-8") as out:
        yield out

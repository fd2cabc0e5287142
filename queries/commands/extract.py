"""Read documents for mappings, without a store: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from kg.errors import BadRecord, Unreadable
from queries.session import session, warn


@click.command(
    epilog="""\b
Example:
  exapt extract abstracts.jsonl -o mappings.jsonl
  exapt extract essay.md --explain
  cat abstracts.jsonl | exapt extract -
"""
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to standard output.")
@click.option("--explain", is_flag=True, help='Add "why": what the reader saw.')
def command(files: tuple[str, ...], output: Path | None, explain: bool) -> None:
    """Read documents for mappings from biology to machine learning; writes one JSON object a line and document.

    FILE holds a JSON object a line with "title", "abstract" and, if there is one, "id"; or it is an essay or a saved Hugging Face
    papers page; "-" is standard input. Spans are [field, start, end] into the title or abstract, with runs of blanks made one.
    A bad line is named on standard error and the rest goes on.
    """
    from queries.reading import documents, extracted

    written = 0
    bad: list[Unreadable] = []
    with _opened(output) as out:
        for file in files:
            try:
                for document in documents(file):
                    row = document if isinstance(document, BadRecord) else extracted(document, explain=explain)
                    if isinstance(row, BadRecord):
                        bad.append(row)
                        warn(f"exapt: {row}")
                    else:
                        written += 1
                        out.write(json.dumps(row, ensure_ascii=False) + "\n")
            except Unreadable as error:
                if len(files) == 1 and not written:
                    raise
                bad.append(error)
                warn(f"exapt: {error}")
    session().detail(f"{written} documents read, {len(bad)} bad")
    if bad and not written:
        click.get_current_context().exit(1)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that takes its name only when it is whole."""
    if output is None:
        yield sys.stdout
        return
    half = output.with_name(output.name + ".part")
    try:
        with half.open("w", encoding="utf-8") as out:
            yield out
        half.replace(output)
    except OSError as error:
        raise Unreadable(output, f"it cannot be written ({error.strerror})") from error
    finally:
        half.unlink(missing_ok=True)

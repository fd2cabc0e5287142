"""Write the whole graph to a file: GraphML, JSON lines."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kg import plugins
from kg.errors import NotFound, Unreadable
from queries.session import session, store_option


@click.command(
    epilog="""\b
Example:
  exapt export graphml -o graph.graphml
  exapt export jsonl -o - | head
"""
)
@click.argument("form", metavar="FORMAT")
@click.option("-o", "--output", metavar="FILE", required=True, help='Where to write; "-" is standard output.')
@store_option
def command(form: str, output: str) -> None:
    """Write the whole graph. The same graph gives the same bytes.

    FORMAT is graphml (Gephi, yEd, networkx) or jsonl (one record a line); an unknown one lists what exists.
    """
    if form not in plugins.names("kg.formats"):
        raise NotFound("export format", form, plugins.names("kg.formats"))
    writer = plugins.load("kg.formats", form)
    with session().open() as store:
        if output == "-":
            writer.write(store, sys.stdout.buffer)
            return
        path = Path(output)
        half = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with half.open("wb") as out:
                rows = writer.write(store, out)
            half.replace(path)
        except OSError as error:
            raise Unreadable(path, f"it cannot be written ({error.strerror})") from error
        finally:
            half.unlink(missing_ok=True)
    session().say(f"{rows:,} rows to {path}")

"""Write the whole graph to a file: GraphML, GEXF, linked data, JSON lines, files for Neo4j, a page."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from kg import plugins
from kg.errors import NotFound, Refused, Unwritable
from queries.session import session, store_option
from queries.writing import whole

if TYPE_CHECKING:
    from kg.store import Store


@click.command(
    epilog="""\b
Example:
  exapt export graphml -o graph.graphml
  exapt export jsonl -o - | head
  exapt export admin_csv -o graph_csv
"""
)
@click.argument("form", metavar="FORMAT")
@click.option("-o", "--output", metavar="FILE", required=True, help='Where to write; "-" is standard output.')
@store_option
def command(form: str, output: str) -> None:
    """Write the whole graph. The same graph gives the same bytes.

    FORMAT is graphml (yEd, Cytoscape, networkx), gexf (Gephi, with years), jsonld (linked data: schema.org, PROV-O, SKOS), jsonl
    (every record, one a line), cypher (a script for Neo4j), admin_csv (files for `neo4j-admin database import`: a new folder, or
    one file where FILE ends in .zip) or html (a page); an unknown one lists what exists.
    """
    if form not in plugins.names("kg.formats"):
        raise NotFound("export format", form, plugins.names("kg.formats"))
    writer = plugins.load("kg.formats", form)
    with session().open() as store, store.snapshot():
        if output == "-":
            writer.write(store, sys.stdout.buffer)
            return
        path = Path(output)
        if hasattr(writer, "write_folder") and path.suffix != writer.SUFFIX:
            rows = _folder(store, writer, path)
        else:
            with whole(path) as half, half.open("wb") as out:
                rows = writer.write(store, out)
    session().say(f"{rows:,} rows to {path}")


def _folder(store: Store, writer: ModuleType, path: Path) -> int:
    """Write the folder at ``path``, which is new or empty, whole or not at all."""
    if not path.name or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise Refused(f"{str(path)!r} is there already; name a new folder, or a file that ends in {writer.SUFFIX}")
    half = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        half.mkdir()
        rows: int = writer.write_folder(store, half)
        half.replace(path)
    except OSError as error:
        raise Unwritable(path, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return rows

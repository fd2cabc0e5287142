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
from kg.errors import NotFound, Refused, Unreadable
from queries.session import session, store_option

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
    with session().open() as store:
        if output == "-":
            writer.write(store, sys.stdout.buffer)
            return
        path = Path(output)
        half = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            if hasattr(writer, "write_folder") and path.suffix != writer.SUFFIX:
                rows = _folder(store, writer, path, half)
            else:
                with half.open("wb") as out:
                    rows = writer.write(store, out)
                half.replace(path)
        except OSError as error:
            raise Unreadable(path, f"it cannot be written ({error.strerror})") from error
        finally:
            if half.is_file():
                half.unlink()
    session().say(f"{rows:,} rows to {path}")


def _folder(store: Store, writer: ModuleType, path: Path, half: Path) -> int:
    """Write the folder at ``path``, which is new or empty, whole or not at all."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Refused(f"{path} is there already; name a new folder, or a file that ends in {writer.SUFFIX}")
    half.mkdir()
    try:
        rows: int = writer.write_folder(store, half)
        half.replace(path)
    except BaseException:
        shutil.rmtree(half)
        raise
    return rows

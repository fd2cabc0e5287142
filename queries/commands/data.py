"""Show the data sets that tasks of a race can use, and fetch those that are not here."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import click

from kg.errors import Refused
from queries.network import Manners
from queries.plugin_group import KnownGroup
from queries.session import progress_line, session
from queries.show import Answer, output_options

PAUSE = 1.0
"""Seconds between two requests, and before the second try."""


@click.group(
    cls=KnownGroup,
    epilog="""\b
Example:
  exapt data list
  exapt data fetch elec --to data
  EXAPT_DATA=data exapt bench run heat-shock-regularization --task elec
""",
)
def command() -> None:
    """Show the data sets that tasks of a race can use, and fetch those that are not here.

    Most tasks make their own data, and the digits come with scikit-learn. The others look for files in the folder that EXAPT_DATA
    names. Nothing is ever fetched unasked.
    """


@command.command("list")
@output_options
def show() -> Answer:
    """List the data sets: which task wants each, and where it was found or that it is missing.

    \b
    Example:
      exapt data list
      exapt data list --format json
    """
    from queries.data_sets.catalogue import DATA_SETS

    rows = []
    for one in DATA_SETS:
        files = one.here()
        rows.append(
            {
                "name": one.name, "task": one.task, "found": [str(path) for path in files] or "missing",
                "bytes": sum(path.stat().st_size for path in files) or None, "licence": one.licence, "title": one.title,
                "to_fetch": one.size, "source": one.source,
            }
        )  # fmt: skip
    missing = [str(row["name"]) for row in rows if row["found"] == "missing"]
    note = f"missing: {', '.join(missing)}; exapt data fetch NAME --to FOLDER fetches one" if missing else ""
    columns = ("name", "task", "found", "bytes", "to_fetch", "licence", "title", "source")
    return Answer(columns=columns, rows=rows, aside=("title", "source"), note=note)


def _web_address(context: click.Context, parameter: click.Parameter, value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise click.BadParameter(f"{value!r} is no web address; it begins with https://")
    return value


@command.command("fetch")
@click.argument("name")
@click.option("--to", "folder", metavar="FOLDER", help="Where to put it; else the folder that EXAPT_DATA names.")
@click.option(
    "--url", default="", callback=_web_address, help="Another folder on the web with the same files (of one file: or itself)."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--timeout", type=click.FloatRange(0, 86_400, min_open=True), default=1800.0, show_default=True, help="Seconds.")
@click.option("--tries", type=click.IntRange(1, 100), default=5, show_default=True, help="Before giving up on a file.")
def get(name: str, folder: str | None, url: str, force: bool, timeout: float, tries: int) -> None:
    """Fetch the data set NAME, as `exapt data list` calls it, and print the files that were written.

    What comes is checked before it is written: by its SHA-256 where one is published, else by its structure. A file that is cut
    off is asked for again. Files that are there stay as they are.

    \b
    Example:
      exapt data fetch fashion_mnist --to data
      exapt data fetch mnist --to data --url https://storage.googleapis.com/cvdf-datasets/mnist/
    """
    from adaptive.tasks import _data
    from queries.data_sets.catalogue import data_set
    from queries.data_sets.fetch import addresses, fetch, seen

    wanted = data_set(name)
    place = folder or os.environ.get("EXAPT_DATA", "")
    if not place:
        raise Refused("name a folder with --to, or one in EXAPT_DATA, where tasks look for it")
    first = addresses(wanted, url)[0]
    fetcher = Manners(PAUSE, timeout, tries).fetcher(first)
    fetcher.progress = progress_line(f"fetching {wanted.name}")
    session().detail(f"{wanted.title} ({wanted.licence}), {wanted.size:,} bytes, from {url or wanted.source}")
    written = fetch(wanted, Path(place), fetcher, url=url, force=force)
    for line in written.checked:
        session().say(line)
    for path in written.files:
        click.echo(path)
    if not seen(Path(place), _data.folders()):
        session().say(f"tasks find it where EXAPT_DATA names the folder: export EXAPT_DATA={Path(place).resolve()}")

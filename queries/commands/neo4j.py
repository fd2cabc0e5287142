"""Keep the graph in Neo4j too: to browse it, to share it, to ask it there."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from kg.errors import StoreError
from queries.plugin_group import KnownGroup
from queries.session import progress_line, session, store_option
from queries.show import Answer, output_options

if TYPE_CHECKING:
    from kg.mirror.server import Server

DEFAULT_URI = "bolt://localhost:7687"


def server_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``server``: a function that connects to the server that the options and the environment name."""

    @click.option(
        "--uri", envvar="NEO4J_URI", default=DEFAULT_URI, metavar="ADDRESS", show_default=True, help="The server; else NEO4J_URI."
    )
    @click.option("--username", envvar="NEO4J_USERNAME", default="neo4j", metavar="NAME", help="Else NEO4J_USERNAME, else neo4j.")
    @click.option("--database", envvar="NEO4J_DATABASE", metavar="NAME", help="Else NEO4J_DATABASE, else the server's default.")
    @functools.wraps(function)
    def with_server(*args: Any, uri: str, username: str, database: str | None, **kwargs: Any) -> Any:
        def connect() -> Server:
            from kg.mirror.server import Server

            # From the environment alone: others can read what is typed after a command.
            password = os.environ.get("NEO4J_PASSWORD", "")
            return Server(uri or DEFAULT_URI, username=username or "neo4j", password=password, database=database or None)

        return function(*args, server=connect, **kwargs)

    return with_server


@click.group(
    cls=KnownGroup,
    epilog="""\b
Example:
  exapt neo4j up
  exapt neo4j push
  exapt neo4j browse
""",
)
def command() -> None:
    """Keep the graph in Neo4j too, at NEO4J_URI, as NEO4J_USERNAME with NEO4J_PASSWORD.

    Only nodes and relationships that exapt wrote are ever read, changed or removed there; what else the database holds stays.
    """


@command.command("push")
@click.option("--all", "everything", is_flag=True, help="Send what is there already too, which mends what was changed there.")
@server_options
@store_option
def push(server: Callable[[], Server], everything: bool) -> None:
    """Send what is new or changed in the store, and remove what is gone from it.

    Stopped at any point, the same command sends the rest.

    \b
    Example:
      exapt neo4j push
      exapt neo4j push --uri neo4j+s://1234abcd.databases.neo4j.io
    """
    from kg.mirror.push import push as send

    with session().open() as store, server() as there, _goes_on("push"):
        pushed = send(store, there, everything=everything, progress=progress_line("push"))
    if not pushed.new and not pushed.changed and not pushed.gone:
        session().say(f"nothing to send: {pushed.same:,} nodes are there as the store has them")
        return
    session().say(
        f"{pushed.new:,} new nodes, {pushed.changed:,} changed, {pushed.gone:,} removed, {pushed.same:,} as they were;"
        f" {pushed.relationships:,} relationships sent"
    )


@contextmanager
def _goes_on(name: str) -> Iterator[None]:
    try:
        yield
    except StoreError:
        session().say(f"what was done so far is kept: `exapt neo4j {name}` goes on from there")
        raise


@command.command("pull")
@server_options
@store_option
def pull(server: Callable[[], Server]) -> None:
    """Make a new store of the graph that is there. Exporting it gives what exporting the pushed store gives.

    \b
    Example:
      exapt neo4j pull --store theirs.db
    """
    from kg.mirror.pull import check
    from kg.mirror.pull import pull as fetch

    with server() as there:
        check(there)  # before a store is made
        with session().open(write=True) as store:
            records = fetch(store, there, progress=progress_line("pull"))
    session().say(f"{records:,} records to {session().store}")


@command.command("status")
@server_options
@output_options
def status(server: Callable[[], Server]) -> Answer:
    """Show how what is there differs from the store, by label: what a push would send and remove.

    \b
    Example:
      exapt neo4j status
    """
    from kg.mirror.compare import compare

    with session().open() as store, server() as there:
        found, pushed = compare(store, there, progress=progress_line("status"))
    rows = [{"label": label, **counts._asdict()} for label, counts in found.items()]
    return Answer(columns=("label", "here", "there", "new", "changed", "gone"), rows=rows, note=pushed)


@command.command("wipe")
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
def wipe(server: Callable[[], Server], yes: bool) -> None:
    """Remove the graph from Neo4j, and only it. The store stays as it is.

    \b
    Example:
      exapt neo4j wipe --yes
    """
    from kg.mirror.wipe import wipe as remove

    with server() as there:
        if not yes:
            click.confirm(f"Remove exapt's graph from {there.uri}?", abort=True, err=True)
        with _goes_on("wipe"):
            gone = remove(there, progress=progress_line("wipe"))
    session().say(f"{gone:,} nodes removed from {there.uri}")


@command.command("up")
@click.option("--timeout", type=click.FloatRange(1), default=180, show_default=True, help="Seconds to wait for it to answer.")
def up(timeout: float) -> None:
    """Start a Neo4j of your own with Docker, and print how to reach it; without Docker, say what else there is.

    \b
    Example:
      eval "$(exapt neo4j up)"
    """
    from queries.neo4j_container import start

    click.echo(start(timeout=timeout, say=session().say))


@command.command("browse")
@click.argument("query", required=False)
@click.option("--style", is_flag=True, help="Print the path of the style for Neo4j Browser: drop that file on its page.")
@output_options
def browse(query: str | None, style: bool) -> Answer:
    """List the saved queries for Neo4j Browser, or print QUERY (its number, or the start of its name) to paste there.

    \b
    Example:
      exapt neo4j browse
      exapt neo4j browse 1
      exapt neo4j browse --style
    """
    from kg.browse import STYLE, find, queries

    if style:
        click.echo(STYLE)
    elif query is not None:
        click.echo(find(query).text, nl=False)
    if style or query is not None:
        return Answer(columns=())
    rows = [{"query": one.name, "title": one.title, "file": str(one.path)} for one in queries()]
    return Answer(columns=("query", "title", "file"), rows=rows, aside=("file",))

"""Ask the graph a question: analogies, gaps, layers and more."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from kg import plugins
from queries.plugin_group import PluginGroup
from queries.session import progress_line, session
from queries.show import Answer, output_options

if TYPE_CHECKING:
    from kg.view import View

ON = click.Option(
    ["--on"],
    type=click.Choice(("sqlite", "neo4j")),
    default="sqlite",
    show_default=True,
    help="Ask the store, or Neo4j at NEO4J_URI as NEO4J_USERNAME with NEO4J_PASSWORD.",
)


def question(package: str, name: str) -> click.Command:
    """The file ``name`` of ``queries/ask`` as a command: its ``QUESTION`` is the help, its ``PARAMS`` the options."""
    asked = plugins.load(package, name, kind="question")

    @output_options
    def run(*, on: str, **given: object) -> Answer:
        with _without_collection(), _neo4j() if on == "neo4j" else session().view() as view:
            answer = asked.ask(view, **given)
        assert isinstance(answer, Answer)
        return answer

    shown = click.command(name, help=asked.QUESTION)(run)
    shown.params[:0] = [*asked.PARAMS, ON]
    return shown


@contextmanager
def _without_collection() -> Iterator[None]:
    """An answer is made of records that hold no circles: looking for some each few hundred records takes a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def _neo4j() -> Iterator[View]:
    """The graph of the server that the environment names."""
    import os
    from pathlib import Path

    from kg.mirror.server import DEFAULT_URI, Server
    from kg.mirror.view import MirrorView

    uri = os.environ.get("NEO4J_URI") or DEFAULT_URI
    username = os.environ.get("NEO4J_USERNAME") or "neo4j"
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    folder = (Path(home) if home else Path.home() / ".cache") / "exapt"
    with (
        Server(
            uri, username=username, password=os.environ.get("NEO4J_PASSWORD", ""), database=os.environ.get("NEO4J_DATABASE")
        ) as server,
        MirrorView(server, search_folder=folder, progress=progress_line("words from Neo4j, kept until the next push")) as view,
    ):
        yield view


@click.group(
    cls=PluginGroup,
    package="queries.ask",
    make=question,
    noun="question",
    epilog="""\b
Example:
  exapt ask analogies "how do cells survive heat stress"
  exapt ask explain "synaptic plasticity -> differentiable plasticity"
  exapt ask functions --on neo4j
""",
)
def command() -> None:
    """Ask the graph a question.

    Every answer carries its evidence: a quote where the store holds the paper's text, else the paper and the place in it.
    The same question gives the same rows on the store and, after `exapt neo4j push`, on Neo4j (--on neo4j).
    """

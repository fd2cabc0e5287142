"""Ask the graph a question: analogies, gaps, layers and more."""

from __future__ import annotations

import click

from kg import plugins
from queries.plugin_group import PluginGroup
from queries.session import session
from queries.show import Answer, output_options


def question(package: str, name: str) -> click.Command:
    """The file ``name`` of ``queries/ask`` as a command: its ``QUESTION`` is the help, its ``PARAMS`` the options."""
    asked = plugins.load(package, name, kind="question")

    @output_options
    def run(**given: object) -> Answer:
        with session().open() as store:
            answer = asked.ask(store, **given)
        assert isinstance(answer, Answer)
        return answer

    shown = click.command(name, help=asked.QUESTION)(run)
    shown.params[:0] = asked.PARAMS
    return shown


@click.group(
    cls=PluginGroup,
    package="queries.ask",
    make=question,
    noun="question",
    epilog="""\b
Example:
  exapt ask analogies "how do cells survive heat stress"
  exapt ask explain "heat shock response -> dynamic regularization"
""",
)
def command() -> None:
    """Ask the graph a question.

    Every answer carries its evidence: a quote where the store holds the paper's text, else the paper and the place in it.
    """

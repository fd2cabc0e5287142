"""Draw a picture from the graph's own data: PNG, SVG or PDF."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import click

from kg import plugins
from kg.errors import Refused
from queries.plugin_group import PluginGroup
from queries.session import session
from queries.show import Answer, output_options
from queries.writing import whole

OUTPUT = click.Option(["-o", "--output"], type=click.Path(path_type=Path), metavar="FILE", help="A .png, .svg or .pdf to draw.")
SUFFIXES = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}, ".pdf": {"CreationDate": None, "Creator": None}}
"""What can be drawn, and the metadata that would differ from one day or version to the next."""


def plot(package: str, name: str) -> click.Command:
    """The file ``name`` of ``queries/plots`` as a command: the numbers on standard output, the picture in a file."""
    drawn = plugins.load(package, name, kind="plot")

    @output_options
    def run(*, output: Path | None, **given: object) -> Answer:
        if output is not None and output.suffix.lower() not in SUFFIXES:
            raise Refused(f"{output} ends in {output.suffix or 'nothing'}; a picture can be {', '.join(SUFFIXES)}")
        with session().open() as store, store.snapshot():
            answer = drawn.numbers(store, **given)
        assert isinstance(answer, Answer)
        if output is not None and answer.rows:
            draw(drawn, answer, output)
            session().say(f"drawn in {output}")
        return answer

    shown = click.command(name, help=drawn.QUESTION)(run)
    shown.params[:0] = [*drawn.PARAMS, OUTPUT]
    return shown


def draw(drawn: ModuleType, answer: Answer, path: Path) -> None:
    """Draw ``answer`` into ``path``, complete or not at all; the same numbers give the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    settings: dict[str, Any] = {
        "svg.hashsalt": "exapt",
        "font.family": "DejaVu Sans",
        "text.parse_math": False,
        "text.usetex": False,
    }
    # What a person set as taste in matplotlibrc must not change the picture.
    defaults: dict[str, Any] = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
    with matplotlib.rc_context(defaults | settings):  # type: ignore[arg-type]  # its stubs list every name
        figure = Figure(figsize=(9, 5.6), layout="constrained")
        drawn.draw(figure, answer)
        suffix = path.suffix.lower()
        with whole(path) as half:
            figure.savefig(half, format=suffix[1:], dpi=130, metadata=SUFFIXES[suffix])


@click.group(
    cls=PluginGroup,
    package="queries.plots",
    make=plot,
    noun="plot",
    epilog="""\b
Example:
  exapt plot overlay -o overlay.png
  exapt plot overlay --format json
""",
)
def command() -> None:
    """Draw a picture from the graph's own data, and print the numbers in it."""

"""Options of every command that reads papers: who reads them, at what cost, on how many cores or machines, and whether again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from queries.session import session, warn

if TYPE_CHECKING:
    from kg.model import Paper

Command = TypeVar("Command", bound=Callable[..., Any])
ENGINES = ("loky", "dask", "ray")
EXTRACTORS = ("auto", "llm")
MINUTES = click.FloatRange(0, min_open=True)


def reading_options(command: Command) -> Command:
    """``--jobs``, ``--engine``, ``--scheduler``, ``--extractor`` and ``--dry-run``; :func:`reading` has what was chosen."""
    command = _option(
        "--dry-run", is_flag=True, help="Say what the language model would cost, and ask it nothing; the papers wait."
    )(command)
    command = _option(
        "--extractor",
        type=click.Choice(EXTRACTORS),
        help="llm: the language model that EXAPT_LLM_URL, EXAPT_LLM_MODEL and EXAPT_LLM_KEY name. It is sent all papers, "
        "without a look at their words first; `ingest --read-later` and then `read --extractor llm` sends the promising ones.",
    )(command)
    command = _option("--scheduler", metavar="ADDRESS", help="Of the Dask scheduler or the Ray head.")(command)
    command = _option(
        "--engine", type=click.Choice(ENGINES), help="Who runs the readers: processes here (loky), a Dask or a Ray cluster."
    )(command)
    return _option(
        "--jobs",
        type=click.IntRange(1, 1024),
        metavar="N",
        help="Processes that read, or requests to a language model at a time. By default one a core, where much is to be read.",
    )(command)


def ingest_options(command: Command) -> Command:
    """:func:`reading_options`, ``--again``, and how many of the papers that are taken in to read at once."""
    later = "Take the papers in, which is fast, and let them wait for `exapt read`, which is not."
    most = "Read the N most promising papers; the others wait."
    command = _option("--read-minutes", "minutes", type=MINUTES, metavar="M", help="Read for M minutes; the others wait.")(
        command
    )
    command = _option("--read-at-most", "at_most", type=click.IntRange(0), metavar="N", help=most)(command)
    command = _option("--read-later", is_flag=True, help=later)(command)
    return reading_options(
        _option("--again", is_flag=True, help="Read also papers that this version of their reader has read before.")(command)
    )


def _option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    return click.option(*names, callback=_collect, expose_value=False, **settings)


def _collect(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if parameter.name is not None and value not in (None, False):
        context.meta.setdefault(__name__, {})[parameter.name] = value


def reading() -> dict[str, Any]:
    """How the command that is running was told to read, as keyword arguments of :func:`ingest.pipeline.ingest`."""
    chosen = dict(click.get_current_context().meta.get(__name__, {}))
    if chosen.get("scheduler") and chosen.get("engine", "loky") == "loky":
        raise click.UsageError("--scheduler goes with --engine dask or ray")
    if chosen.get("engine") == "dask" and not chosen.get("scheduler"):
        raise click.UsageError("--engine dask needs --scheduler ADDRESS, such as tcp://127.0.0.1:8786")
    if chosen.pop("read_later", False):
        if {"at_most", "minutes"} & chosen.keys():
            raise click.UsageError("--read-later reads nothing now: it goes with neither --read-at-most nor --read-minutes")
        chosen["at_most"] = 0
    if chosen.pop("extractor", "auto") == "llm":
        if "engine" in chosen:
            raise click.UsageError("a language model is asked from here: --extractor llm takes no --engine")
        chosen |= _language_model(ask=not chosen.pop("dry_run", False))
    if "dry_run" in chosen:
        raise click.UsageError("--dry-run goes with --extractor llm")
    return chosen


def dry_run() -> bool:
    """Whether the command that is running is only to say what reading would cost."""
    return bool(click.get_current_context().meta.get(__name__, {}).get("dry_run"))


def _language_model(*, ask: bool) -> dict[str, Any]:
    """The model as ``readers``, and ``approve``, which tells what it will take before it is asked anything."""
    from ingest.extract import llm

    model, prices = llm.LanguageModel.from_environment(), llm.prices()

    def approve(papers: Iterable[Paper]) -> bool:
        (session().say if ask else warn)(f"to read: {llm.estimate(papers).told(prices)}")
        return ask

    if ask:  # also when stopped midway: it was paid for
        click.get_current_context().call_on_close(lambda: session().say(f"language model: {model.usage.told(prices)}"))
    return {"readers": lambda paper: model, "approve": approve}

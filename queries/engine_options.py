"""Options of every command that reads papers: who reads them, on how many cores or machines, and whether once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from queries.session import session

Command = TypeVar("Command", bound=Callable[..., Any])
ENGINES = ("loky", "dask", "ray")
EXTRACTORS = ("auto", "llm")
MINUTES = click.FloatRange(0, min_open=True)


def reading_options(command: Command) -> Command:
    """``--jobs``, ``--engine``, ``--scheduler`` and ``--extractor``; :func:`reading` has what was chosen."""
    command = _option(
        "--extractor",
        type=click.Choice(EXTRACTORS),
        help="llm: the language model that EXAPT_LLM_URL, EXAPT_LLM_MODEL and EXAPT_LLM_KEY name.",
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
        chosen["readers"] = _language_model()
    return chosen


def _language_model() -> Callable[..., Any]:
    from ingest.extract.llm import LanguageModel, prices

    model = LanguageModel.from_environment()
    # Also when stopped midway: it was paid for.
    click.get_current_context().call_on_close(lambda: session().say(f"language model: {model.usage.told(prices())}"))
    return lambda paper: model

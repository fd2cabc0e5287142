"""What commands that ask the network share: how patient to be, and what to do when an answer stays away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from kg.errors import BadRecord, ExaptError, Unreadable
from kg.model import Paper
from queries.session import session

if TYPE_CHECKING:
    from ingest.answers import Answers
    from ingest.http import Fetcher

Command = TypeVar("Command", bound=Callable[..., Any])
Record = Paper | BadRecord
ARXIV_INTERVAL = 3.0
"""Seconds between requests that arXiv's terms ask for; no option goes below it there."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How to ask, as the options say it."""

    interval: float
    timeout: float
    tries: int

    def fetcher(self, base_url: str, *, tell: Callable[[str], None] | None = None) -> Fetcher:
        from ingest.http import Fetcher

        host = urlsplit(base_url).hostname or ""
        interval = max(self.interval, ARXIV_INTERVAL) if host == "arxiv.org" or host.endswith(".arxiv.org") else self.interval
        return Fetcher(
            interval=interval,
            pause=interval,
            tries=self.tries,
            deadline=self.timeout,
            read_timeout=min(60.0, self.timeout),
            tell=tell or session().say,
        )


def network_options(command: Command) -> Command:
    """``--interval``, ``--timeout`` and ``--tries``, handed over as ``manners``."""

    def option(name: str, kind: click.ParamType[Any], default: float, text: str) -> Callable[[Command], Command]:
        return click.option(name, type=kind, default=default, show_default=True, callback=_collect, expose_value=False, help=text)

    command = option("--interval", click.FloatRange(0, 3600), ARXIV_INTERVAL, "Seconds between requests (arXiv: 3 at least).")(
        command
    )
    command = option("--timeout", click.FloatRange(0, 86_400, min_open=True), 180.0, "Seconds for one whole answer.")(command)
    return option("--tries", click.IntRange(1, 100), 6, "Before giving up on a request.")(command)


def _collect(context: click.Context, parameter: click.Parameter, value: float) -> None:
    context.meta[f"{__name__}.{parameter.name}"] = value


def manners() -> Manners:
    """How the command that is running was told to ask."""
    meta = click.get_current_context().meta
    return Manners(*(meta[f"{__name__}.{name}"] for name in ("interval", "timeout", "tries")))


def base_url_option(default: str, variable: str) -> Callable[[Command], Command]:
    """``--base-url``, else the environment's ``variable``, else ``default``."""
    return click.option(
        "--base-url", envvar=variable, default=default, show_default=True, callback=_web_address, help=f"Else {variable}."
    )


def _web_address(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
        raise click.BadParameter(f"{value!r} is no web address; it begins with https://")
    return value


def day_option(*names: str, text: str) -> Callable[[Command], Command]:
    """A day of the calendar, handed over in ISO form."""
    kind = click.DateTime(formats=["%Y-%m-%d"])
    return click.option(*names, type=kind, metavar="YYYY-MM-DD", callback=_iso_day, help=text)


def _iso_day(context: click.Context, parameter: click.Parameter, value: datetime | None) -> str | None:
    return None if value is None else value.date().isoformat()


def today() -> date:
    """By the clock of Greenwich, as arXiv counts days."""
    from datetime import UTC

    return datetime.now(UTC).date()


@dataclass(slots=True)
class Gathered:
    """What came before all had come, or before something came between."""

    records: list[Record]
    trouble: ExaptError | None = None

    def papers(self) -> list[Paper]:
        return [record for record in self.records if isinstance(record, Paper)]


def gathered(found: Iterator[Record]) -> Gathered:
    """All of ``found``; where the network fails midway, what came until then, and the trouble to report afterwards."""
    all_of_it = Gathered([])
    try:
        for record in found:
            all_of_it.records.append(record)
    except Unreadable as error:
        all_of_it.trouble = error
    return all_of_it


def said_of_the_past(answers: Answers) -> None:
    if answers.resumed:
        session().say(f"going on after {answers.resumed} pages that a run which was stopped has left")


def stopped(trouble: ExaptError, pages: int) -> ExaptError:
    """``trouble`` with what to do about the pages that came before it."""
    if not pages:
        return trouble
    return Stopped(f"{trouble}; {pages} pages before it are kept, and the same command goes on there (within a day)")


class Stopped(ExaptError):
    """A run of requests ended before its last page."""

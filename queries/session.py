"""What every command shares: which store is meant, how much to say, and how to say it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from queries.plain import escaped

if TYPE_CHECKING:
    from kg.store import Store
    from kg.view import View

DEFAULT_STORE = "exapt.db"
WIDTH = 78
"""Of the line of progress: fits every terminal."""
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(slots=True)
class Session:
    """One call of the command line."""

    store: str = DEFAULT_STORE
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def open(self, *, write: bool = False) -> Store:
        """The store of this session; a question opens it for reading, so a missing one is an error and not a new file."""
        from kg.store import Store

        return Store.open(self.store, write=write)

    @contextmanager
    def view(self) -> Iterator[View]:
        """The same for a question: what could change a store is not even imported, so an answer begins sooner."""
        from kg.database import Database
        from kg.store_view import StoreView

        with Database(self.store, write=False, create=False) as database, database.reading():
            yield StoreView(database)

    def say(self, line: str) -> None:
        """A line for the person at the terminal; data goes to standard output, this does not."""
        if not self.quiet:
            warn(line)

    def detail(self, line: str) -> None:
        """A line that only ``--verbose`` asks for."""
        if self.verbose:
            self.say(line)


def session() -> Session:
    """The session of the command that is running; a fresh one where none was begun, as in a test of one command alone."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Session) if context else None
    return found or Session(store=os.environ.get("EXAPT_STORE") or DEFAULT_STORE)


def _use_store(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value:
        context.ensure_object(Session).store = value


def store_option(command: Command) -> Command:
    """``--store`` after the subcommand, where it is natural to type it; it wins over the one before."""
    option = click.option(
        "--store",
        metavar="PATH",
        expose_value=False,
        callback=_use_store,
        help="The graph's file; else EXAPT_STORE, else exapt.db here.",
    )
    return option(command)


class _Counter:
    """The one line of progress that may stand on the terminal, to be wiped before anything else is said."""

    shown = False


def warn(line: str) -> None:
    """A line on standard error, whatever was asked: something went wrong, and the rest goes on."""
    wipe()
    # Names and titles of others come through here too.
    click.echo("\n".join(escaped(part) for part in line.split("\n")), err=True)


def wipe() -> None:
    """Take the line of progress off the terminal."""
    if _Counter.shown:
        click.echo(f"\r{'':{WIDTH}}\r", err=True, nl=False)
        _Counter.shown = False


def progress_line(what: str) -> Callable[..., None]:
    """A counter on standard error for the patient: ``progress(done, total, note)``.

    It is silent where standard error is no terminal, and for the first two seconds, so that short work leaves no flicker.
    """
    import time

    quiet = session().quiet or not sys.stderr.isatty()
    begun = last = time.monotonic()

    def progress(done: int, total: int | None = None, note: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if quiet or now - begun < 2 or now - last < 0.1:
            return
        last, _Counter.shown = now, True
        share = f"{done:,} of {total:,} ({done / total:.0%})" if total else f"{done:,}"
        line = f"{what}: {share}, {now - begun:.0f} s, {note}"
        click.echo(f"\r{line[:WIDTH]:<{WIDTH}}", err=True, nl=False)

    return progress

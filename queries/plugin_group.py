"""A command group whose subcommands are the files of a folder; listing them imports none."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from kg import plugins
from kg.errors import NotFound


def first_line(package: str, name: str) -> str:
    """First line of the docstring of the file ``name`` in ``package``, read as text: an import would cost what help must not."""
    for folder in import_module(package).__path__:
        path = Path(folder) / f"{name}.py"
        if path.is_file():
            with path.open(encoding="utf-8") as lines:
                line = lines.readline()
            return line.strip().strip('"').strip().rstrip(".")
    return ""


def command_of_file(package: str, name: str) -> click.Command:
    """The ``command`` that the file ``name`` of ``package`` holds."""
    command = plugins.load(package, name, kind="command").command
    assert isinstance(command, click.Command)
    return command


class KnownGroup(click.Group):
    """A group that answers an unknown name with what exists; ``noun`` is what a subcommand is called.

    An unknown command is a matter of usage (exit 2); an unknown question or source is a thing that does not exist (exit 1).
    """

    def __init__(self, *args: Any, noun: str = "command", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.noun = noun

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Near names and what exists, where click would only say that there is no such command."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-") and not ctx.resilient_parsing:
            if not self.noun.endswith("command"):
                raise NotFound(self.noun, args[0], known)
            import difflib

            near = difflib.get_close_matches(args[0], known, n=2)
            guess = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"no {self.noun} is called {args[0]!r}.{guess} There are: {', '.join(known)}.", ctx)
        return super().resolve_command(ctx, args)


class PluginGroup(KnownGroup):
    """``package`` is the folder of subcommands; ``make`` turns one of its files into a command."""

    def __init__(
        self,
        *args: Any,
        package: str = "queries.commands",
        make: Callable[[str, str], click.Command] = command_of_file,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.package, self.make = package, make

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name.replace("_", "-") for name in plugins.names(self.package)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = self.make(self.package, cmd_name.replace("-", "_"))
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, first_line(self.package, name.replace("-", "_"))) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section(f"{self.noun.capitalize()}s"):
                formatter.write_dl(rows)

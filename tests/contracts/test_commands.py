"""What every command must do, run on every file in ``queries/commands`` and every subcommand in it."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from kg import plugins
from queries.cli import cli
from queries.plugin_group import first_line


def every(group: click.Group = cli, *path: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*path, name)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every(command, *path, name)


COMMANDS = [" ".join(path) for path in every()]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_of_the_command(command: str) -> None:
    result = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert result.exit_code == 0
    example = result.stdout.partition("Example:")[2]
    assert f"exapt {command}" in example, result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_a_matter_of_usage(command: str) -> None:
    result = CliRunner().invoke(cli, [*command.split(), "--no-such-option"], prog_name="exapt")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("exapt: ")
    assert result.stderr.endswith(f"(see exapt {command} --help)\n")


@pytest.mark.parametrize("name", plugins.names("queries.commands"))
def test_a_command_says_what_it_does_in_its_first_line(name: str) -> None:
    assert 10 < len(first_line("queries.commands", name)) < 100

"""What a person types: single keys and lines, from a terminal or, so that scripts can drive a review, from piped input."""

from __future__ import annotations

import sys
from typing import Protocol, TextIO

import click

STOP, END = "\x03", "\x04"
"""Ctrl-C and Ctrl-D, as a terminal that waits for single keys hands them over."""
ESCAPE = "\x1b"


class Keys(Protocol):
    """Where keys come from."""

    def key(self) -> str:
        """The next key; empty at the end of the input."""

    def line(self) -> str | None:
        """The next line without its end; ``None`` at the end of the input."""


def keys() -> Keys:
    """Keys from the terminal, or from standard input where that is none."""
    stdin = sys.stdin
    return Terminal() if stdin is not None and stdin.isatty() else Piped(stdin)


class Terminal:
    """Keys that act at once. What is typed ahead is kept, whether it turns out to be keys or a line."""

    def __init__(self) -> None:
        self._ahead = ""

    def key(self) -> str:
        while not self._ahead:
            try:
                self._ahead = click.getchar()
            except (EOFError, OSError):  # Ctrl-D, or the terminal is gone
                return ""
            if self._ahead.startswith(ESCAPE):  # an arrow or function key: one key of several characters
                self._ahead = ""
                return ESCAPE
        key, self._ahead = self._ahead[0], self._ahead[1:]
        if key == STOP:
            raise KeyboardInterrupt
        if key == END:
            return ""
        click.echo(key if key.isprintable() else "")
        return key

    def line(self) -> str | None:
        ahead, self._ahead = self._ahead, ""
        for end in ("\r", "\n"):
            if end in ahead:
                line, _, self._ahead = ahead.partition(end)
                click.echo(line)
                return line
        if ahead:
            click.echo(ahead, nl=False)
        typed = sys.stdin.readline()
        return ahead + typed.rstrip("\r\n") if typed else None


class Piped:
    """Each character is a key, line ends apart; a line that is asked for is what follows the key, or the next line."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._after_key = False

    def key(self) -> str:
        while self._stream is not None:
            letter = self._stream.read(1)
            if letter not in ("\r", "\n"):
                self._after_key = True
                return letter
        return ""

    def line(self) -> str | None:
        line = self._stream.readline() if self._stream is not None else ""
        if self._after_key and line in ("\n", "\r\n"):  # it ends the line of the key itself
            line = self._stream.readline() if self._stream is not None else ""
        self._after_key = False
        return line.rstrip("\r\n") if line else None

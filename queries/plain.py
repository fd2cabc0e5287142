"""Text of others made safe for a terminal, and as wide as it is there: what steers a terminal is shown, not sent."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, harmless, and needed to write Persian or to put pictures together."""


def escaped(text: str) -> str:
    """``text`` with control characters, marks that turn the direction of writing, and halves of characters as ``\\x1b``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if _is_plain(letter) else _code(letter) for letter in text)


def one_line(text: str) -> str:
    """``text`` escaped, with runs of blanks and line ends made one blank."""
    return escaped(" ".join(text.split()))


def _is_plain(letter: str) -> bool:
    return letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _code(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def cells(text: str) -> int:
    """Columns that ``text`` takes: two for a Chinese or Japanese sign, none for a mark that is set on the letter before."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)

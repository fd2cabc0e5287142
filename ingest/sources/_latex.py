"""LaTeX in a field of a bibliography as the text that it prints; formulas between dollars stay as they are written.

The library is pylatexenc (MIT), which bibtexparser brings along.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ingest.text import clean

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

_MARKUP = re.compile(r"[\\{}$~]|--|``|''")
_LONE = re.compile(r"(?<!\\)[%&]")
_STEP = re.compile(r"\\.|[{}$]|\s+", re.S)
_OPEN_MACRO = re.compile(r"\\(?:[A-Za-z]+|[^A-Za-z\s])$")
_DEEPEST = 60
"""Braces within braces; nobody writes so many, and each costs the library a call within a call."""


def plain(written: str) -> str:
    """``written`` on one line without its markup: ``{\\"O}`` is Ö, braces go, an en dash is one."""
    if not _MARKUP.search(written):
        return clean(written)
    # The library takes milliseconds for a text and microseconds for a word, so it is shown only the words that have markup.
    words = [written] if "\\begin" in written else _words(written)
    return clean("".join(_printed(word) if _MARKUP.search(word) else word for word in words).replace("\xa0", " "))


def _words(written: str) -> list[str]:
    """``written`` cut at blanks that neither braces nor dollars enclose, and that no macro before them takes."""
    words: list[str] = []
    start, depth, formula = 0, 0, False
    for step in _STEP.finditer(written):
        mark = step.group()
        if mark == "$":
            formula = not formula
        elif mark in "{}":
            depth = max(0, depth + (1 if mark == "{" else -1))
        elif mark.isspace() and not depth and not formula and not _OPEN_MACRO.search(written, start, step.start()):
            words += [written[start : step.start()], " "]
            start = step.end()
    return [*words, written[start:]]


@lru_cache(maxsize=20_000)
def _printed(written: str) -> str:
    if written.count("{") > _DEEPEST and _depth(written) > _DEEPEST:
        return re.sub(r"[{}]", "", written)
    # Who writes "50%" or "A & B" in a field means it; in LaTeX these would be a remark and a column of a table.
    try:
        text: str = _reader().latex_to_text(_LONE.sub(r"\\\g<0>", written))
    except Exception:
        # A text with some markup left in it is worth more than none.
        text = re.sub(r"[{}]", "", written)
    return text


def _depth(written: str) -> int:
    deepest = depth = 0
    for brace in re.findall(r"[{}]", written):
        depth = depth + 1 if brace == "{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


@cache
def _reader() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    context = get_default_latex_context_db()
    # Addresses without angle brackets, and nothing where a citation stood.
    macros = [
        MacroTextSpec("url", simplify_repl="%s"),
        *(MacroTextSpec(name, simplify_repl="") for name in ("cite", "citep", "citet")),
    ]
    macros += [MacroTextSpec(name, simplify_repl=sign) for name, sign in (("textless", "<"), ("textgreater", ">"))]
    context.add_context_category("bibliography", prepend=True, macros=macros)
    return LatexNodes2Text(latex_context=context, math_mode="verbatim")

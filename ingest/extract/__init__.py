"""Readers of papers, one file each: ``VERSION``, and ``read(paper) -> Reading``.

An essay states mappings across lines, headings and lists; an abstract states them in sentences.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Protocol

from kg.model import Paper, Reading
from kg.plugins import load


class Reader(Protocol):
    """What a file of this folder is, and what a reader made at run time must be like."""

    __name__: str
    """Its last part names the reader in the evidence that it finds."""
    VERSION: str

    def read(self, paper: Paper, *, explain: bool = ...) -> Reading: ...


def reader_for(paper: Paper) -> ModuleType:
    """The reader that fits ``paper``: ``essay`` where its body is an essay, ``abstract`` for an article's title and abstract."""
    return _built_in("essay" if paper.kind == "essay" else "abstract")


@cache  # looking into a folder for each of a million papers takes longer than all that is done with them
def _built_in(name: str) -> ModuleType:
    return load(__name__, name, kind="extractor")

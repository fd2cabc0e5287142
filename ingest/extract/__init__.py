"""Readers of papers, one file each: ``VERSION``, and ``read(paper) -> Reading``.

An essay states mappings across lines, headings and lists; an abstract states them in sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Protocol

from kg.errors import NotFound
from kg.model import Paper, Reading
from kg.plugins import load

EXTRACTORS = ("auto", "llm")
"""Choices of a user: the built-in readers, each for its kind of text, or a language model for all of them."""


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


def chosen(name: str) -> Callable[[Paper], Reader | ModuleType]:
    """Which reader reads a paper, by what the user chose; one of ``EXTRACTORS``.

    Raises:
        NotFound: there is no such choice.
        Refused: the environment names no language model, or its library is not installed.
    """
    if name == "auto":
        return reader_for
    if name != "llm":
        raise NotFound("extractor", name, EXTRACTORS)
    from ingest.extract.llm import LanguageModel

    model = LanguageModel.from_environment()
    return lambda paper: model

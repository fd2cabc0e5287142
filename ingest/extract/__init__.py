"""Readers of papers, one file each: ``VERSION``, and ``read(paper) -> Reading``.

An essay states mappings across lines, headings and lists; an abstract states them in sentences.
"""

from __future__ import annotations

from types import ModuleType

from kg.model import Paper
from kg.plugins import load


def reader_for(paper: Paper) -> ModuleType:
    """The reader that fits ``paper``: ``essay`` where its body is an essay, ``abstract`` for an article's title and abstract."""
    return load(__name__, "essay" if paper.kind == "essay" else "abstract", kind="extractor")

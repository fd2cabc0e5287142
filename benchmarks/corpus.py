"""The corpus of conference abstracts that speed is measured on; it is not part of this project."""

from __future__ import annotations

import gzip
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from kg.errors import Refused


def path() -> Path:
    """Where the corpus lies.

    Raises:
        Refused: it is not here.
    """
    folder = Path(os.environ.get("EXAPT_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    file = folder / "corpora" / "conference_abstracts.jsonl.gz"
    if not file.exists():
        raise Refused("the corpus is not here: set EXAPT_SHARED to the folder that holds corpora/conference_abstracts.jsonl.gz")
    return file


def cut(target: Path, papers: int) -> Path:
    """The first ``papers`` of the corpus as a file of its own; the corpus itself where that is all of it or more."""
    with gzip.open(path(), "rb") as whole:
        some = list(itertools.islice(whole, papers))
        if next(whole, None) is None:
            return path()
    with gzip.open(target, "wb") as part:
        part.writelines(some)
    return target


def spread(target: Path, papers: int) -> Path:
    """``papers`` from all over the corpus, evenly: it is sorted by venue, and venues differ."""
    with gzip.open(path(), "rb") as whole:
        total = sum(1 for _ in whole)
    step = max(1, total // papers)
    with gzip.open(path(), "rb") as whole, gzip.open(target, "wb") as part:
        part.writelines(itertools.islice(whole, 0, step * papers, step))
    return target


def lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file, "rb") as content:
        yield from content

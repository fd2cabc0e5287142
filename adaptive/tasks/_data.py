"""Where the files of tasks are looked for, and what is said where they are not.

A file is looked for in the folder that ``EXAPT_DATA`` names, then in ``data`` below the one that ``EXAPT_SHARED`` names (without
it, a folder ``shared`` beside the checkout). Nothing is downloaded unasked.
"""

from __future__ import annotations

import csv
import functools
import gzip
import os
from pathlib import Path

import numpy

from kg.errors import Refused

CHECKOUT = Path(__file__).resolve().parents[2]


def folders() -> list[Path]:
    """The folders in which files are looked for, the first that has it wins."""
    named = [os.environ.get("EXAPT_DATA", "")]
    named += [str(Path(shared) / "data") for shared in (os.environ.get("EXAPT_SHARED", ""),) if shared]
    return [*(Path(name) for name in named if name), CHECKOUT.parent / "shared" / "data"]


def found(*names: str, beside: tuple[Path, ...] = ()) -> Path | None:
    """The first file of one of ``names`` in :func:`folders` or ``beside``; ``None`` where there is none."""
    places = (folder / name for folder in (*folders(), *beside) for name in names)
    return next((place for place in places if place.is_file()), None)


def missing(*names: str, what: str, beside: tuple[Path, ...] = ()) -> str:
    """Why a task cannot run here: what is missing and where to put it. Empty where nothing is missing."""
    if found(*names, beside=beside):
        return ""
    return f"{what} is not here: put {' or '.join(names)} into a folder and name that in EXAPT_DATA"


def needed(*names: str, what: str, beside: tuple[Path, ...] = ()) -> Path:
    """The file.

    Raises:
        Refused: it is not here.
    """
    path = found(*names, beside=beside)
    if path is None:
        raise Refused(missing(*names, what=what, beside=beside))
    return path


@functools.lru_cache(maxsize=4)
def table(path: Path) -> numpy.ndarray:
    """All numbers of a CSV file with a head line, gzipped or not: (rows, columns), float64."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return numpy.array(rows, dtype=numpy.float64)


def idx(path: Path) -> numpy.ndarray:
    """The bytes of an IDX file (the format of MNIST), gzipped or not, as an array of its declared shape.

    Raises:
        Refused: it is not an IDX file of bytes, or shorter than it says.
    """
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise Refused(f"{path} is not an IDX file of bytes")
    head = 4 + 4 * data[3]
    shape = tuple(int.from_bytes(data[at : at + 4]) for at in range(4, head, 4))
    if len(data) - head != int(numpy.prod(shape)):
        raise Refused(f"{path} holds {len(data) - head} bytes where its head says {shape}")
    return numpy.frombuffer(data, dtype=numpy.uint8, offset=head).reshape(shape)

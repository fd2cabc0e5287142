"""Files that a person asks for: each takes its name only when it is whole, and none takes that of the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.errors import Refused, Unwritable
from queries.session import session

BESIDE = ("", "-wal", "-shm")
"""What SQLite adds to the name of a store for files that belong to it."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what ``path`` is to hold: a file beside it, of the same suffix, that takes its name at the end of the block.

    What is there already is replaced then, and stays where the block fails. A pipe or device is written into; where ``path`` is a
    link, what it leads to is replaced.

    Raises:
        Refused: ``path`` is a folder, or the store of this session or one of its files.
        Unwritable: the disk says no, before or while the block writes.
    """
    check(path)
    try:
        if path.exists() and not path.is_file():
            yield path
            return
        target = path.resolve() if path.is_symlink() else path
        half = target.with_name(f".{os.getpid()}.part.{target.name}")
        try:
            yield half
            half.replace(target)
        finally:
            if half.is_file():
                half.unlink()
    except OSError as error:
        raise Unwritable(path, error.strerror or str(error)) from error


def check(path: Path) -> None:
    """Whether a file may be written at ``path``; raises what :func:`whole` does."""
    if not path.name or path.is_dir():
        raise Refused(f"{str(path)!r} is a folder; name a file in it")
    if any(path.resolve() == Path(f"{session().store}{end}").resolve() for end in BESIDE):
        raise Refused(f"{path} is the store, which writing there would destroy; name another file")

"""Fetching a data set: asked for with manners, checked before it counts, written whole or not at all, never over what is there.

A body that is cut off is asked for again from its beginning: the largest of these files has 26 MB, and a whole one that holds
together is worth more than a patched one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from kg.errors import Refused, Unreadable
from queries.data_sets import content
from queries.data_sets.catalogue import DataSet, Part

if TYPE_CHECKING:
    from ingest.http import Fetcher

ACCEPTED = (
    "application/octet-stream", "binary/octet-stream", "application/gzip", "application/x-gzip", "text/plain", "text/csv"
)  # fmt: skip
"""What servers call these files."""


class Written(NamedTuple):
    """A data set that was fetched."""

    files: list[Path]
    checked: list[str]
    """For each part a line on what was checked."""


def addresses(data_set: DataSet, url: str = "") -> list[str]:
    """Where the parts lie: at their source, in the folder ``url``, or, of a single part, at ``url`` itself."""
    if url and len(data_set.parts) == 1 and not urlsplit(url).path.endswith("/"):
        return [url]
    folder = (url or data_set.source).rstrip("/")
    return [f"{folder}/{part.name}" for part in data_set.parts]


def fetch(data_set: DataSet, folder: Path, fetcher: Fetcher, *, url: str = "", force: bool = False) -> Written:
    """Fetches ``data_set`` into ``folder``, which is made where it is missing.

    Args:
        url: in place of its source, see :func:`addresses`. Its hash, where one is published, holds there too.
        force: replace files that are there.

    Raises:
        Refused: a file is there already, or ``folder`` is none.
        NoAnswer: a part cannot be had, is too large, or is not what it should be.
        Unreadable: the parts do not belong together, or the files cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is no folder")
    for name in data_set.writes:
        _check_free(folder / name, force)
    bodies, checked = [], []
    for part, address in zip(data_set.parts, addresses(data_set, url), strict=True):
        fetcher.most_bytes = part.most
        looked = _Look(part)
        fetcher.fetch(address, source="data", accept=ACCEPTED, check=looked)
        bodies.append(looked.unpacked)
        checked.append(f"{part.name}: {looked.found}")
    try:
        files = data_set.made(bodies, data_set.writes)
    except ValueError as error:
        raise Unreadable(data_set.name, str(error)) from error
    return Written(_write(folder, files, force), checked)


class _Look:
    """Whether an answer is what ``part`` should be; keeps it unpacked, and how it was found to be so.

    Raises:
        Transient: it is cut off.
        ValueError: it is something else.
    """

    def __init__(self, part: Part) -> None:
        self.part, self.unpacked, self.found = part, b"", ""

    def __call__(self, body: bytes) -> None:
        from ingest.http import Transient

        part, proof = self.part, "no SHA-256 is published, its structure was checked"
        if part.sha256:
            sha256, proof = hashlib.sha256(body).hexdigest(), "its SHA-256 is the published one"
            if sha256 != part.sha256 and len(body) < part.size:
                raise Transient(f"the file is cut off: {len(body):,} of {part.size:,} bytes")
            if sha256 != part.sha256:
                raise ValueError(f"it is another file: its SHA-256 is {sha256}, and {part.sha256} is published")
        self.unpacked = content.unpacked(body)
        self.found = f"{len(body):,} bytes, {part.check(self.unpacked)}; {proof}"


def _check_free(path: Path, force: bool) -> None:
    # A link counts as what is there, whatever it leads to.
    if os.path.lexists(path) and (not force or path.is_dir()):
        raise Refused(f"{path} is there already; {'it is a folder' if path.is_dir() else '--force replaces it'}")


def _write(folder: Path, files: dict[str, bytes], force: bool) -> list[Path]:
    """Writes all of ``files`` beside their places first, then puts each into its place at once."""
    halves: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            half = folder / f".{name}.{os.getpid()}.part"
            halves[folder / name] = half
            # A file that is new to us: nobody has put a link in its place.
            half.unlink(missing_ok=True)
            with half.open("xb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
        for path, half in halves.items():
            _put(half, path, force)
    except OSError as error:
        raise Unreadable(folder, f"it cannot be written there ({error.strerror or error})") from error
    finally:
        for half in halves.values():
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)
    return list(halves)


def _put(half: Path, path: Path, force: bool) -> None:
    _check_free(path, force)
    if not force:
        # A link is refused where a file has come to be in the meantime; a replacement would not be.
        with contextlib.suppress(OSError):
            path.hardlink_to(half)
            return
        _check_free(path, force)
    half.replace(path)


def seen(folder: Path, searched: Sequence[Path]) -> bool:
    """Whether tasks look into ``folder``."""
    return folder.resolve() in {place.resolve() for place in searched}

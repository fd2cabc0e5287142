"""Where papers come from: one file a source, each with ``DESCRIPTION`` and ``read(source) -> Iterator[Paper | BadRecord]``.

What cannot be used is yielded as a :class:`~kg.errors.BadRecord` among the papers, so that the rest goes on; a source that holds
nothing readable at all raises :class:`~kg.errors.Unreadable`. :func:`open_path` tells sources apart by content, never by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ingest.sources import essay, hf_daily, hf_page, jsonl
from ingest.sources._content import STANDARD_INPUT, Skipped, Source, opened, text_of
from ingest.sources._markup import page
from ingest.sources._records import looks_like_json, records
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

__all__ = ["STANDARD_INPUT", "Skipped", "open_path", "open_paths"]


def open_path(source: Source) -> Iterator[Paper | BadRecord]:
    """Papers of one file (or of standard input, as ``"-"``), whichever of the sources here its content fits.

    Raises:
        Unreadable: missing, a folder, empty, binary, in an unknown encoding, cut short.
    """
    with opened(source) as content:
        if looks_like_json(content.head()):
            found = records(content)
            first = next(found, None)
            if first is None:
                raise Unreadable(content.where, "it holds no record")
            parse = hf_daily.paper if not isinstance(first, BadRecord) and hf_daily.is_listing(first.value) else jsonl.paper
            for record in chain([first], found):
                yield record if isinstance(record, BadRecord) else record.parse(parse)
            return
        data = content.read()
        document = page(text_of(data, content.where))
        yield from (hf_page if hf_page.is_page(document) else essay).papers(document, data=data, where=content.where)


def open_paths(paths: Iterable[str | Path]) -> Iterator[Paper | BadRecord]:
    """Papers of all ``paths`` in order; a folder stands for the files in and below it, sorted, hidden ones left out.

    Nothing raises: a file that cannot be read is yielded as :class:`Skipped`, and the next one is tried.
    """
    for path in paths:
        place = Path(path)
        if str(path) == STANDARD_INPUT or not place.is_dir():
            yield from _tried(path)
        elif inside := _files(place):
            for file in inside:
                yield from _tried(file)
        else:
            yield Skipped(place, 0, "the folder holds no file that can be read")


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(
            file
            for file in folder.rglob("*")
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        )
    except OSError:
        return []


def _tried(source: Source) -> Iterator[Paper | BadRecord]:
    try:
        yield from open_path(source)
    except BadRecord as error:
        yield error
    except Unreadable as error:
        yield Skipped(error.where, 0, error.why)

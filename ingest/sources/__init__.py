"""Where papers come from: one file a source, each with ``DESCRIPTION`` and ``read(source) -> Iterator[Paper | BadRecord]``.

What cannot be used is yielded as a :class:`~kg.errors.BadRecord` among the papers, so that the rest goes on; a source that holds
nothing readable at all raises :class:`~kg.errors.Unreadable`. :func:`open_path` tells sources apart by content, never by name.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ingest.sources import arxiv, bibtex, essay, hf_daily, hf_page, jsonl, pdf, ris
from ingest.sources._content import STANDARD_INPUT, Content, Skipped, Source, is_pdf, opened, text_of
from ingest.sources._exported import Export, export
from ingest.sources._markup import page
from ingest.sources._records import Line, looks_like_json, records
from ingest.sources._xml import ATOM_FEED, root
from kg.errors import BadRecord, Unreadable
from kg.model import Paper

__all__ = ["STANDARD_INPUT", "Export", "Line", "Skipped", "open_path", "open_paths", "whole"]


def open_path(source: Source) -> Iterator[Paper | BadRecord | Export]:
    """Papers of one file (or of standard input, as ``"-"``), whichever of the sources here its content fits, or an export.

    Raises:
        Unreadable: missing, a folder, empty, binary, in an unknown encoding, cut short; and as :func:`ingest.sources.pdf.read`.
    """
    with opened(source, pdf=True) as content:
        head = content.head()
        if is_pdf(head):
            yield from pdf.papers(content.read(pdf.MOST_BYTES), where=content.where)
            return
        for listing, fits in ((bibtex, bibtex.looks_like_bibtex), (ris, ris.looks_like_ris)):
            if fits(head):
                yield from listing.papers(content)
                return
        if looks_like_json(head):
            if graph := export(content):
                yield graph
                return
            found = records(content)
            first = next(found, None)
            if first is None:
                raise Unreadable(content.where, "it holds no record")
            parse = hf_daily.paper if not isinstance(first, BadRecord) and hf_daily.is_listing(first.value) else jsonl.paper
            for record in chain([first], found):
                yield record if isinstance(record, BadRecord) else record.parse(parse)
            return
        yield from whole(content)


def whole(content: Content) -> Iterator[Paper | BadRecord]:
    """Papers of what is no list of records: a saved answer of arXiv, a saved page of daily papers, or an essay.

    Raises:
        Unreadable: it is XML of another kind; else as :func:`open_path`.
    """
    kind = root(content.head())
    if kind == ATOM_FEED:
        yield from arxiv.saved(content)
        return
    if kind:
        name = kind.rpartition(" ")[2]
        raise Unreadable(content.where, f"it is XML ({name:.40}), of which only Atom feeds of arXiv and web pages are read")
    data = content.read()
    document = page(text_of(data, content.where))
    yield from (hf_page if hf_page.is_page(document) else essay).papers(document, data=data, where=content.where)


def open_paths(paths: Iterable[str | Path]) -> Iterator[Paper | BadRecord | Export]:
    """Papers of all ``paths`` in order.

    A folder stands for the files in and below it, sorted, hidden ones left out; a pattern such as ``"papers/*.pdf"`` or
    ``"**/*.bib"`` for what fits it, unless a file has that very name; ``"-"`` is standard input.

    Nothing raises: a file that cannot be read is yielded as :class:`Skipped`, and the next one is tried.
    """
    for path in paths:
        if str(path) == STANDARD_INPUT or not (_is_folder(path) or _is_pattern(path)):
            yield from _tried(path)
        elif inside := _files(path) if _is_folder(path) else _matching(str(path)):
            for file in inside:
                yield from _tried(file)
        else:
            yield Skipped(
                path, 0, "the folder holds no file that can be read" if _is_folder(path) else "no file fits this pattern"
            )


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except ValueError:
        return False


def _is_pattern(path: str | Path) -> bool:
    # A name such as "notes [draft].md" is a name where there is such a file.
    return bool(re.search(r"[*?\[]", str(path))) and not Path(path).exists()


def _matching(pattern: str) -> list[Path]:
    """Files that ``pattern`` stands for, in order, each once: a folder that fits and a file in it may both be found."""
    found = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 (takes absolute patterns too)
    return list(dict.fromkeys(file for match in found for file in (_files(match) if match.is_dir() else [match])))


def _files(place: str | Path) -> list[Path]:
    folder = Path(place)
    try:
        return sorted(
            file
            for file in folder.rglob("*")
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        )
    except OSError:
        return []


def _tried(source: Source) -> Iterator[Paper | BadRecord | Export]:
    try:
        yield from open_path(source)
    except BadRecord as error:
        yield error
    except Unreadable as error:
        yield Skipped(error.where, 0, error.why)

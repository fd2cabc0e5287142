"""Annotations of our own of public abstracts, kept as places and labels; the text comes from the corpus that is named.

*Data:* ``annotations.jsonl`` beside this file: one paper a line, with the digest of its abstract, so that a place is only ever
looked up in the text that was read. Papers that are marked
``later`` are kept from the encoder and the labels: the names of concepts are learned from what these make of papers that they
have not seen.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kg.model import sha256

PATH = Path(__file__).with_name("annotations.jsonl")
PLACES = ("mechanism", "technique", "evidence")


def documents(corpora: Iterable[Path]) -> list[dict[str, Any]]:
    """The annotated papers that are in ``corpora``, in the form of the other training documents."""
    marked = {row["id"]: row for row in map(json.loads, PATH.read_text(encoding="utf-8").splitlines())}
    found = []
    for paper in papers(corpora):
        row = marked.get(paper["id"])
        if row is not None and row["abstract_sha256"] == sha256(paper["abstract"]):
            del marked[paper["id"]]
            mappings = [_in_words(paper, mapping) for mapping in row["mappings"]]
            found.append({**paper, "label": row["label"], "mappings": mappings, "later": row.get("later", False)})
    return found


def parted(documents: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The documents that any of the models may learn from, and those that are kept from the encoder."""
    both = [(document, document.get("later", False)) for document in documents]
    return [document for document, later in both if not later], [document for document, later in both if later]


def papers(corpora: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Id, title and abstract of every paper: gzipped JSON lines, or a gzipped list of daily papers as their API gives it."""
    for path in corpora:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            if path.name.endswith(".jsonl.gz"):
                found: Iterable[dict[str, Any]] = map(json.loads, lines)
            else:
                listed = (entry.get("paper", entry) for entry in json.load(lines))
                found = ({"id": paper["id"], "title": paper["title"], "abstract": paper.get("summary")} for paper in listed)
            yield from ({key: paper.get(key) or "" for key in ("id", "title", "abstract")} for paper in found)


def _in_words(paper: dict[str, Any], mapping: dict[str, Any]) -> dict[str, Any]:
    words = {name: paper[field][start:end] for name in PLACES for field, start, end in [mapping[name]]}
    return {**mapping, **words}

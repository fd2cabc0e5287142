"""Annotated mappings and predicted ones, read from files for :mod:`ingest.score`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kg.errors import BadRecord, Unreadable
from kg.model import slug

Form = Literal["documents", "essays", "page"]
Key = Literal["mechanism", "technique"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One mapping of one document, as annotated or as predicted."""

    mechanism: str = ""
    technique: str = ""
    relation: str = ""
    evidence: tuple[str, ...] = ()
    mechanism_concept: str = ""
    technique_concept: str = ""
    confidence: float = 3.0
    """Of annotations: 1 arguable, 2 clear, 3 explicit."""
    also_stated: tuple[str, ...] = ()
    """Other sentences of the text that state it: as good an answer as ``evidence``."""
    score: float = 1.0
    """Of predictions: how sure the reader was, 0 to 1."""

    def forms(self, side: Key) -> tuple[str, ...]:
        both = (self.mechanism, self.mechanism_concept) if side == "mechanism" else (self.technique, self.technique_concept)
        return tuple(form for form in both if form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document's label and mappings; ``id`` joins annotation and prediction."""

    id: str
    label: str = "other"
    mappings: tuple[Stated, ...] = ()
    label_score: float | None = None
    """Of predictions: how sure the reader was of the label, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """Annotated documents, and the form of the file that they came in."""

    documents: tuple[Document, ...]
    form: Form = "documents"


def load_gold(path: Path | str) -> Gold:
    """Annotated documents from a JSON list or JSONL file.

    Three forms are known by their rows: documents (``id``, ``label``, ``mappings``), essays (one row a mapping, with ``file``
    and perhaps ``also_stated``) and a page (``title``, ``label``, ``mappings``, joined by the words of the title).

    Raises:
        Unreadable: no such file, or none of the three forms.
        BadRecord: a line or row that is none, named by its number.
    """
    rows = list(_rows(Path(path)))
    if rows and all("file" in row and "mechanism" in row for _, row in rows):
        files: dict[str, list[Stated]] = {}
        for line, row in rows:
            files.setdefault(str(row["file"]), []).append(_stated(row, path, line))
        found = tuple(Document(id=name, label="bio_inspired", mappings=tuple(stated)) for name, stated in files.items())
        return Gold(documents=found, form="essays")
    if rows and all("id" in row for _, row in rows):
        return Gold(documents=tuple(_document(row, str(row["id"]), path, line) for line, row in rows))
    if rows and all("title" in row for _, row in rows):
        return Gold(documents=tuple(_document(row, slug(str(row["title"])), path, line) for line, row in rows), form="page")
    raise Unreadable(path, "its rows have neither id, nor title, nor file: give annotated documents, essays or a page")


def load_predicted(path: Path | str, *, form: Form = "documents") -> list[Document]:
    """Predicted documents from a file as ``exapt extract`` writes it; known by ``file`` or ``id``, for a page by ``title``."""
    documents: list[Document] = []
    for line, row in _rows(Path(path)):
        name = slug(str(row["title"])) if form == "page" and row.get("title") else str(row.get("file") or row.get("id") or "")
        if not name:
            raise BadRecord(path, line, "no id")
        documents.append(_document(row, name, path, line))
    return documents


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise Unreadable(path, f"not UTF-8 text (byte {error.start})") from error
    if text.lstrip().startswith("["):
        try:
            listed: Iterable[tuple[int, object]] = enumerate(json.loads(text), start=1)
        except json.JSONDecodeError as error:
            raise BadRecord(path, error.lineno, f"broken JSON: {error.msg}") from error
    else:
        listed = _lines(path, text)
    for number, row in listed:
        if not isinstance(row, dict):
            raise BadRecord(path, number, "not a JSON object")
        yield number, row


def _lines(path: Path, text: str) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise BadRecord(path, number, f"broken JSON: {error.msg}") from error


def _document(row: Mapping[str, object], name: str, path: Path | str, line: int) -> Document:
    mappings = row.get("mappings") or []
    if not isinstance(mappings, list) or not all(isinstance(one, dict) for one in mappings):
        raise BadRecord(path, line, "mappings is not a list of objects")
    score = row.get("label_score")
    return Document(
        id=name,
        label=str(row.get("label") or "other"),
        mappings=tuple(_stated(one, path, line) for one in mappings),
        label_score=float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None,
    )


def _stated(row: Mapping[str, object], path: Path | str, line: int) -> Stated:
    def word(key: str) -> str:
        return str(row.get(key) or "")

    def number(key: str, default: float) -> float:
        value = row.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadRecord(path, line, f"{key} is not a number")
        return float(value)

    return Stated(
        mechanism=word("mechanism"),
        technique=word("technique"),
        relation=word("relation"),
        evidence=_texts(row.get("evidence")),
        mechanism_concept=word("mechanism_concept"),
        technique_concept=word("technique_concept"),
        confidence=number("confidence", 3.0),
        also_stated=_texts(row.get("also_stated")),
        score=number("score", 1.0),
    )


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)

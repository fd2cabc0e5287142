"""Score extraction against annotated documents: precision, recall, F1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.errors import BadRecord, NotFound
from kg.model import slug
from queries.session import session, warn
from queries.show import Answer, output_options

if TYPE_CHECKING:
    from ingest.gold import Document, Form, Gold
    from queries.reading import Named


@click.command(
    epilog="""\b
Example:
  exapt eval gold/dev.jsonl
  exapt eval gold/seeds_essays.json --least-confidence 2
  exapt eval gold/dev.jsonl --predicted mappings.jsonl --errors 10
"""
)
@click.argument("gold", type=click.Path(path_type=Path))
@click.option("--predicted", type=click.Path(path_type=Path), help="Score this output of exapt extract; nothing is read anew.")
@click.option(
    "--texts", type=click.Path(path_type=Path), multiple=True, help="Files or folders that hold the texts GOLD is about."
)
@click.option("--least-confidence", type=float, default=0.0, show_default=True, help="Annotations below it need not be found.")
@click.option(
    "--errors", type=click.IntRange(0), default=0, show_default=True, help="Name so many of the worst errors on stderr."
)
@output_options
def command(gold: Path, predicted: Path | None, texts: tuple[Path, ...], least_confidence: float, errors: int) -> Answer:
    """Score extraction against GOLD.

    GOLD is JSON lines with title, abstract, label and mappings, read as they stand; or mappings of essays by file name, or of a
    saved page by title, whose texts lie in the folder "seeds" beside GOLD's folder or where --texts says.
    """
    from ingest.score import evaluate, explain_errors, load_gold, load_predicted

    annotated = load_gold(gold)
    found = load_predicted(predicted, form=annotated.form) if predicted else _read(annotated, gold, texts)
    score = evaluate(annotated, found, min_confidence=least_confidence)
    for miss in explain_errors(annotated, found, limit=errors) if errors else ():
        warn(str(miss))
    return Answer(columns=("what", "value"), rows=[{"what": what, "value": value} for what, value in score.rows()])


def _read(gold: Gold, path: Path, texts: tuple[Path, ...]) -> list[Document]:
    """The texts that ``gold`` is about, read for mappings, each under the id that the annotation has for it."""
    from queries.reading import documents

    places = texts or ((path,) if gold.form == "documents" else (path.resolve().parent.parent / "seeds",))
    wanted = {document.id for document in gold.documents}
    found: dict[str, Document] = {}
    bad: list[BadRecord] = []
    for file in _files(places):
        for document in documents(file):
            if isinstance(document, BadRecord):
                bad.append(document)
                continue
            name = _NAMES[gold.form](file, document)
            if name in wanted:
                found[name] = _extracted(document, name, bad)
    for error in bad:
        warn(f"exapt: {error}")
    if missing := sorted(wanted - found.keys()):
        session().say(
            f"{len(missing)} of {len(wanted)} documents have no text here, such as {missing[0]}; --texts says where to look"
        )
    if not found:
        raise NotFound(
            "text", str(next(iter(wanted), path)), (), hint=f"looked in {', '.join(map(str, places))}; --texts says where"
        )
    return list(found.values())


_NAMES: dict[Form, Callable[[str, Named], str]] = {
    "documents": lambda file, document: document.id,
    "essays": lambda file, document: Path(file).name,
    "page": lambda file, document: slug(document.paper.title),
}
"""How each form of gold calls a document."""


def _extracted(document: Named, name: str, bad: list[BadRecord]) -> Document:
    from ingest.gold import Document, Stated
    from queries.reading import extracted

    row = extracted(document)
    if isinstance(row, BadRecord):
        bad.append(row)
        return Document(id=name)
    stated = []
    for mapping in row["mappings"]:
        quoted = mapping["evidence"]
        texts = {key: mapping[key] for key in ("mechanism", "technique", "relation", "mechanism_concept", "technique_concept")}
        stated.append(Stated(**texts, evidence=(quoted,) if isinstance(quoted, str) else tuple(quoted), score=mapping["score"]))
    return Document(id=name, label=row["label"], mappings=tuple(stated))


def _files(places: tuple[Path, ...]) -> Iterator[str]:
    for place in places:
        yield from sorted(str(file) for file in place.iterdir() if file.is_file()) if place.is_dir() else [str(place)]

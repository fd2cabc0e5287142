"""Score extraction against annotated documents: precision, recall, F1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from kg.errors import BadRecord, NotFound
from kg.model import slug
from queries.session import session, warn
from queries.show import Answer, output_options

if TYPE_CHECKING:
    from ingest.gold import Document, Form, Gold
    from queries.reading import Named


class WithSuggestions(click.Command):
    """The command with one word of its own: ``exapt eval suggest`` measures suggestions, all else is a file to score against."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == ["suggest"]:
            from queries.commands._eval_suggest import command as suggest

            return suggest.make_context(f"{info_name} suggest", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(
    cls=WithSuggestions,
    epilog="""\b
Example:
  exapt eval gold/dev.jsonl
  exapt eval gold/seeds_essays.json --least-confidence 2
  exapt eval gold/dev.jsonl --predicted mappings.jsonl --errors 10
  exapt eval gold/dev.jsonl --corpus abstracts.jsonl.gz
  exapt eval suggest
""",
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
@click.option("--corpus", type=click.Path(path_type=Path), help="Count mappings in papers drawn from this JSONL file too.")
@click.option("--sample", type=click.IntRange(1), default=1000, show_default=True, help="So many papers of --corpus.")
@output_options
def command(
    gold: Path,
    predicted: Path | None,
    texts: tuple[Path, ...],
    least_confidence: float,
    errors: int,
    corpus: Path | None,
    sample: int,
) -> Answer:
    """Score extraction against GOLD, beside a baseline of cue phrases and the scores that exapt aims at.

    GOLD is JSON lines with title, abstract, label and mappings, read as they stand; or mappings of essays by file name, or of a
    saved page by title, whose texts lie in the folder "seeds" beside GOLD's folder or where --texts says. The interval holds 95 %
    of what other draws of as many documents would give (bootstrap).
    """
    from ingest.extract import cues
    from ingest.score import count, explain_errors, intervals, load_gold, load_predicted, total

    annotated = load_gold(gold)
    texts = texts or _texts(annotated, gold)
    found = load_predicted(predicted, form=annotated.form) if predicted else _read(annotated, texts)
    counted = count(annotated, found, min_confidence=least_confidence)
    score = total(counted)
    for miss in explain_errors(annotated, found, limit=errors) if errors else ():
        warn(str(miss))
    rows: list[dict[str, object]] = []
    between = intervals(counted)
    # Cues are phrases of abstracts; and where predictions are given, the texts may not be at hand.
    plain = {} if predicted or annotated.form == "essays" else total(count(annotated, _read(annotated, texts, cues))).values()
    for what, value in score.values().items():
        low, high = between[what]
        target = TARGETS[annotated.form].get(what)
        rows.append({"what": what, "cues": plain.get(what), "exapt": value, "low": low, "high": high, "target": target})
    if corpus:
        rows.append(_in_general(corpus, sample))
    session().say(score.counts)
    return Answer(columns=("what", "cues", "exapt", "low", "high", "target"), rows=rows)


TARGETS: dict[str, dict[str, float]] = {
    "documents": {
        "mapping, F1": 0.40,
        "mechanism alone, F1": 0.58,
        "technique alone, F1": 0.48,
        "document is bio_inspired, F1": 0.78,
        "label accuracy": 0.72,
        "relation right, of matched": 0.92,
        "evidence right, of matched": 0.95,
        "calibration error of mappings": 0.08,
    },
    "essays": {"mapping, precision": 0.70, "mapping, recall": 0.80},
    "page": {"document is bio_inspired, F1": 0.80},
}
"""What exapt sets out to reach, by the form of the annotations; a calibration error should lie below its own."""


def _in_general(corpus: Path, sample: int) -> dict[str, object]:
    """How many mappings are found in papers drawn from ``corpus``: at most so many of them are false."""
    import random

    from queries.reading import Named, documents

    # One pass and a fixed number in memory: a corpus may hold millions.
    chance, chosen = random.Random(0), list[Named]()
    for number, document in enumerate(d for d in documents(str(corpus)) if not isinstance(d, BadRecord)):
        if number < sample:
            chosen.append(document)
        elif (place := chance.randrange(number + 1)) < sample:
            chosen[place] = document
    bad: list[BadRecord] = []
    found = sum(len(_extracted(document, document.id, bad).mappings) for document in chosen)
    for error in bad:
        warn(f"exapt: {error}")
    return {"what": f"mappings in {len(chosen)} random papers of {corpus.name}", "exapt": found}


def _texts(gold: Gold, path: Path) -> tuple[Path, ...]:
    return (path,) if gold.form == "documents" else (path.resolve().parent.parent / "seeds",)


def _read(gold: Gold, places: tuple[Path, ...], reader: ModuleType | None = None) -> list[Document]:
    """The texts that ``gold`` is about, read for mappings, each under the id that the annotation has for it."""
    from queries.reading import documents

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
                found[name] = _extracted(document, name, bad, reader)
    for error in bad:
        warn(f"exapt: {error}")
    if missing := sorted(wanted - found.keys()):
        session().say(
            f"{len(missing)} of {len(wanted)} documents have no text here, such as {missing[0]}; --texts says where to look"
        )
    if not found:
        raise NotFound(
            "text", str(next(iter(wanted), places[0])), (), hint=f"looked in {', '.join(map(str, places))}; --texts says where"
        )
    return list(found.values())


_NAMES: dict[Form, Callable[[str, Named], str]] = {
    "documents": lambda file, document: document.id,
    "essays": lambda file, document: Path(file).name,
    "page": lambda file, document: slug(document.paper.title),
}
"""How each form of gold calls a document."""


def _extracted(document: Named, name: str, bad: list[BadRecord], reader: ModuleType | None = None) -> Document:
    from ingest.gold import Document, Stated
    from queries.reading import extracted

    row = extracted(document, reader=reader)
    if isinstance(row, BadRecord):
        bad.append(row)
        return Document(id=name)
    stated = []
    for mapping in row["mappings"]:
        quoted = mapping["evidence"]
        texts = {key: mapping[key] for key in ("mechanism", "technique", "relation", "mechanism_concept", "technique_concept")}
        stated.append(Stated(**texts, evidence=(quoted,) if isinstance(quoted, str) else tuple(quoted), score=mapping["score"]))
    return Document(id=name, label=row["label"], mappings=tuple(stated), label_score=row["label_score"])


def _files(places: tuple[Path, ...]) -> Iterator[str]:
    for place in places:
        yield from sorted(str(file) for file in place.iterdir() if file.is_file()) if place.is_dir() else [str(place)]

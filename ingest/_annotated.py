"""Annotated mappings joined with the atlas: what readers marked in the text, and the concepts that it was filed under."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from ingest import atlas
from ingest.ground import Grounder, readable
from kg.model import Concept, Kind, sha256

FOLDS = 5
SIDES: tuple[Kind, ...] = ("mechanism", "technique")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """One mapping of the atlas with its words."""

    document: str
    fold: int
    words: dict[Kind, str]
    """By side the span of the text."""
    named: dict[Kind, str]
    """By side the annotator's name for the concept."""
    concept: dict[Kind, str]
    """By side the key of the concept in the atlas."""
    sentence: str
    functions: frozenset[str]


def annotated(path: Path) -> list[Annotated]:
    """The mappings of the atlas whose text is among the annotated documents in ``path``."""
    documents = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        documents[sha256(document["abstract"])] = document
    papers = sorted({d["id"] for d in documents.values()})
    fold = {paper: number % FOLDS for number, paper in enumerate(papers)}
    found = []
    for entry in atlas.entries():
        document = documents.get(entry.paper.abstract_sha256 or "")
        if document is None:
            continue
        for mapping, evidence in zip(entry.mappings, entry.evidence, strict=True):
            spans = (evidence.mechanism_span, evidence.technique_span, *evidence.passages)
            mechanism, technique, sentence = (document[s.field][s.start : s.end] for s in spans if s is not None)
            names = next(m for m in document["mappings"] if (m["mechanism"], m["technique"]) == (mechanism, technique))
            found.append(
                Annotated(
                    document=document["id"],
                    fold=fold[document["id"]],
                    words={"mechanism": mechanism, "technique": technique},
                    named={"mechanism": names["mechanism_concept"], "technique": names["technique_concept"]},
                    concept={"mechanism": mapping.mechanism, "technique": mapping.technique},
                    sentence=sentence,
                    functions=frozenset(mapping.functions),
                )
            )
    return found


def known_without(rows: list[Annotated], fold: int | None) -> list[Concept]:
    """The concepts of the atlas as they would be known had the papers of ``fold`` not been read."""
    atlas_concepts = {concept.key: concept for concept in atlas.concepts()}
    names: dict[str, set[str]] = defaultdict(set)
    functions: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.fold != fold:
            for side in SIDES:
                names[row.concept[side]].add(row.named[side])
                functions[row.concept[side]] |= row.functions
    return [
        replace(
            atlas_concepts[key],
            aliases=tuple(sorted(names[key] - {atlas_concepts[key].name})),
            functions=tuple(sorted(functions[key])),
        )
        for key in sorted(names)
    ]


def grounded(rows: list[Annotated], *, given: bool = False) -> list[dict[Kind, Concept]]:
    """For each row what each side grounds to by its words alone, its own fold unknown.

    Args:
        given: take the atlas's concept where it is known without that fold, as if grounding were always right.
    """
    found: list[dict[Kind, Concept]] = [{} for _ in rows]
    every = {concept.key: concept for concept in atlas.concepts()}
    for fold in range(FOLDS):
        concepts = known_without(rows, fold)
        known = {concept.key: concept for concept in concepts}
        grounder = Grounder(concepts)
        for number, row in enumerate(rows):
            if row.fold == fold:
                for side in SIDES:
                    if given:
                        key = row.concept[side]
                        found[number][side] = known.get(key) or replace(every[key], status="proposed", functions=())
                    else:
                        found[number][side] = grounder.ground(side, row.words[side], readable(row.words[side])).concept
    return found

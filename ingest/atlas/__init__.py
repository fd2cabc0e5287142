"""The mappings that ship with the package: facts and offsets of 1,395 papers, so that the first question has answers.

What the files hold is told in ``CARD.md`` beside them. Loading is pure: records come out, the pipeline stores them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from kg.model import Concept, Evidence, Mapping, Pair, Paper, Span, concept_key, sha256, title_key

VERSION = "1"
READER = "atlas"

_SCORES = {1: 0.6, 2: 0.85, 3: 0.97}
"""Confidence of the annotator as the probability that the passage states the mapping."""

_NOT_A_VENUE = frozenset({"hf"})
"""Listings that carry papers without publishing them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One paper of the atlas with its mappings and where it states them."""

    paper: Paper
    mappings: tuple[Mapping, ...]
    evidence: tuple[Evidence, ...]


def concepts() -> list[Concept]:
    """All concepts: families first, then functions, then the mechanisms and techniques that refer to them."""
    return [*_families(), *_functions(), *map(_concept, _objects("concepts.jsonl"))]


def entries() -> Iterator[Entry]:
    """All papers in the order of the file, each with its mappings and evidence."""
    return map(_entry, _objects("atlas.jsonl"))


def _families() -> list[Concept]:
    # Two families may share a name across the divide (there are cognitive architectures on both sides): one concept then.
    found: dict[str, Concept] = {}
    for _, area, name in _rows("families.tsv"):
        found.setdefault(concept_key("family", name), Concept(kind="family", name=name, domain=area, status="curated"))
    return list(found.values())


def _functions() -> list[Concept]:
    return [
        Concept(kind="function", name=_words(name), domain=group, definition=definition, status="curated")
        for group, name, definition in _rows("functions.tsv")
    ]


def _concept(row: dict[str, Any]) -> Concept:
    return Concept(
        kind=row["kind"],
        name=row["name"],
        aliases=tuple(row["aliases"]),
        domain=row["area"],
        parent=concept_key("family", row["family"]),
        functions=_function_keys(row["functions"]),
        status="curated",
    )


def _entry(row: dict[str, Any]) -> Entry:
    paper = _paper(row["paper"], row["abstract_sha256"])
    stated = [(_mapping(fact), fact) for fact in row["mappings"]]
    return Entry(
        paper=paper,
        mappings=tuple(mapping for mapping, _ in stated),
        evidence=tuple(_evidence(mapping.key, paper, fact) for mapping, fact in stated),
    )


def _paper(row: dict[str, Any], abstract_sha256: str) -> Paper:
    arxiv = row.get("arxiv")
    return Paper(
        key=f"arxiv:{arxiv}" if arxiv else title_key(row["title"]),
        title=row["title"],
        abstract_sha256=abstract_sha256,
        published=str(row["year"]),
        venue=None if row["venue"] in _NOT_A_VENUE else row["venue"],
        url=f"https://arxiv.org/abs/{arxiv}" if arxiv else None,
        source=READER,
        ids=(("arxiv", arxiv),) if arxiv else (),
    )


def _mapping(fact: dict[str, Any]) -> Mapping:
    return Mapping(
        mechanism=concept_key("mechanism", fact["mechanism"]),
        relation=fact["relation"],
        technique=concept_key("technique", fact["technique"]),
        functions=_function_keys(fact["functions"]),
        pairs=tuple(Pair(mechanism_role=mechanism, technique_role=technique) for mechanism, technique in fact["pairs"]),
    )


def _evidence(mapping: str, paper: Paper, fact: dict[str, Any]) -> Evidence:
    passage = Span(*fact["evidence_span"])
    return Evidence(
        mapping=mapping,
        paper=paper.key,
        passages=(passage,),
        mechanism_span=Span(*fact["mechanism_span"]),
        technique_span=Span(*fact["technique_span"]),
        text_sha256=sha256(paper.title) if passage.field == "title" else paper.abstract_sha256 or "",
        by=READER,
        version=VERSION,
        score=_SCORES[fact["confidence"]],
    )


def _function_keys(names: list[str]) -> tuple[str, ...]:
    return tuple(concept_key("function", _words(name)) for name in names)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _objects(name: str) -> Iterator[dict[str, Any]]:
    with files(__package__).joinpath(name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _rows(name: str) -> list[list[str]]:
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:] if line]

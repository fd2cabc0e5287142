"""Between the records of :mod:`kg.model` and the rows of the store."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from kg.errors import Refused
from kg.model import Concept, Evidence, Label, Paper, Profile, Result, Span, sha256, slug

Row = tuple[Any, ...]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

PAPER = (
    "key, title, kind, source, label, label_score, n_authors, published, published_text, listed, venue, url, raw_sha256,"
    " abstract_sha256, ids, authors, abstract"
)
PAPER_STORED = f"{PAPER}, title_hash, title_length, abstract_hash, abstract_length"
CONCEPT = "key, kind, name, status, domain, parent, aliases, see, functions, definition, profile"
EVIDENCE = "passages, reader, version, score, stance, hedged, mechanism_span, technique_span, text_sha256"
RESULT = "race, task, arm, seed, metric, prototype, value, budget, seconds, knobs, source_sha256, versions, note"


def json_text(value: object) -> str:
    """``value`` as compact JSON."""
    return _encode(value)


def marks(columns: str) -> str:
    """``"?, ?"`` for ``"key, title"``: places for the values of an insert."""
    return ", ".join("?" * (columns.count(",") + 1))


def check_text(what: str, *texts: str | None) -> None:
    """Refuse text that no file can hold: half of a surrogate pair, as a cut or wrongly decoded source leaves it."""
    for text in texts:
        if text is not None and not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                half = ord(text[error.start])
                raise Refused(
                    f"the {what} holds half of a character (U+{half:04X} at {error.start}); clean the text first"
                ) from None


def folded(name: str) -> str:
    """``name`` blind to case, punctuation and spacing, as names are compared."""
    return slug(name) or re.sub(r"\s+", " ", name.casefold()).strip()


def ordered(*lists: Iterable[str]) -> tuple[str, ...]:
    """Each text of ``lists`` once, sorted; empty ones left out."""
    return tuple(sorted({text for texts in lists for text in texts if text}))


def paper_row(paper: Paper, *, label: Label | None = None, label_score: float | None = None) -> Row:
    """The row of ``paper``, with another label than its own where one is given."""
    if label is None:
        label, label_score = paper.label, paper.label_score
    ids = sorted([scheme, value] for scheme, value in paper.ids)
    return (
        paper.key, paper.title, paper.kind, paper.source, label, label_score, paper.n_authors, paper.published,
        paper.published_text, paper.listed, paper.venue, paper.url, paper.raw_sha256, paper.abstract_sha256, json_text(ids),
        json_text(paper.authors), paper.abstract, sha256(paper.title), len(paper.title),
        None if paper.abstract is None else sha256(paper.abstract), None if paper.abstract is None else len(paper.abstract),
    )  # fmt: skip


def paper_of(row: Row) -> Paper:
    (key, title, kind, source, label, label_score, n_authors, published, published_text, listed, venue, url, raw_sha256,
     abstract_sha256, ids, authors, abstract) = row  # fmt: skip
    return Paper(
        key=key, title=title, abstract=abstract, abstract_sha256=abstract_sha256, kind=kind, authors=tuple(json.loads(authors)),
        n_authors=n_authors, published=published, published_text=published_text, listed=listed, venue=venue, url=url,
        source=source, ids=tuple((scheme, value) for scheme, value in json.loads(ids)), raw_sha256=raw_sha256, label=label,
        label_score=label_score,
    )  # fmt: skip


def concept_row(concept: Concept) -> Row:
    profile = concept.profile
    plain = profile and [profile.sense, profile.respond, profile.act, [[*knob] for knob in profile.knobs], profile.reference]
    return (
        concept.key, concept.kind, concept.name, concept.status, concept.domain, concept.parent,
        json_text(ordered(concept.aliases)), json_text(ordered(concept.see)),
        json_text(ordered(concept.functions)), concept.definition, plain and json_text(plain),
    )  # fmt: skip


def concept_of(row: Row) -> Concept:
    _key, kind, name, status, domain, parent, aliases, see, functions, definition, profile = row
    return Concept(
        kind=kind, name=name, aliases=tuple(json.loads(aliases)), see=tuple(json.loads(see)), domain=domain, parent=parent,
        functions=tuple(json.loads(functions)), definition=definition, status=status, profile=_profile(profile),
    )  # fmt: skip


def _profile(text: str | None) -> Profile | None:
    if text is None:
        return None
    sense, respond, act, knobs, reference = json.loads(text)
    return Profile(sense=sense, respond=respond, act=act, knobs=_knobs(knobs), reference=reference)


def _knobs(pairs: Sequence[Sequence[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((name, value) for name, value in pairs)


def _span(text: str | None) -> Span | None:
    return None if text is None else Span(*json.loads(text))


def evidence_row(evidence: Evidence) -> Row:
    spans = evidence.mechanism_span, evidence.technique_span
    return (
        json_text(evidence.passages), evidence.by, evidence.version, float(evidence.score), evidence.stance, int(evidence.hedged),
        *(None if span is None else json_text(span) for span in spans), evidence.text_sha256,
    )  # fmt: skip


def evidence_of(mapping: str, paper: str, row: Row) -> Evidence:
    passages, reader, version, score, stance, hedged, mechanism_span, technique_span, text_sha256 = row
    return Evidence(
        mapping=mapping, paper=paper, passages=tuple(Span(*span) for span in json.loads(passages)), by=reader, version=version,
        score=score, stance=stance, hedged=bool(hedged), mechanism_span=_span(mechanism_span),
        technique_span=_span(technique_span), text_sha256=text_sha256,
    )  # fmt: skip


def result_row(result: Result) -> Row:
    return (
        result.race, result.task, result.arm, result.seed, result.metric, result.prototype,
        None if math.isnan(result.value) else float(result.value), float(result.budget), float(result.seconds),
        json_text(result.knobs), result.source_sha256, json_text(result.versions), result.note,
    )  # fmt: skip


def result_of(mapping: str | None, row: Row) -> Result:
    race, task, arm, seed, metric, prototype, value, budget, seconds, knobs, source_sha256, versions, note = row
    return Result(
        race=race, task=task, arm=arm, seed=seed, metric=metric, prototype=prototype, value=math.nan if value is None else value,
        budget=budget, seconds=seconds, mapping=mapping, knobs=_knobs(json.loads(knobs)), source_sha256=source_sha256,
        versions=tuple((name, version) for name, version in json.loads(versions)), note=note,
    )  # fmt: skip

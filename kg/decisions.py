"""What a curator decides of what readers found, and the log by which the last decision can be taken back.

A decision is on one **finding**: that a paper states a mapping. It is kept as evidence by ``"curator"`` at the passages that
were read, for or against, so it outlives every new reading of the paper and belief counts it in place of the reader's.
Merges, splits and renames of concepts are in the same log, so that undo takes back whatever came last.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from kg import concepts, evidence, mappings, merges, papers
from kg.belief import CURATOR
from kg.database import Database
from kg.errors import Mismatch, NotFound, Refused
from kg.merges import Standing
from kg.model import Concept, Evidence, Mapping, Relation, Span
from kg.rows import EVIDENCE, check_text, concept_of, concept_row, evidence_of, evidence_row, json_text

Action = Literal["accept", "reject", "fix", "merge", "split", "rename"]
Pair = tuple[str, str]
"""Key of a mapping as it was stored, and key of a paper."""
_READ = ", ".join("e." + column for column in EVIDENCE.split(", "))
_FROM = "evidence e JOIN mapping m ON m.id = e.mapping JOIN paper p ON p.id = e.paper"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """``action`` on a mapping as ``paper`` states it, or on a concept."""

    action: Action
    subject: str
    """Key of the mapping or of the concept."""
    paper: str | None = None
    became: str | None = None
    """The mapping that a fix made of it; the concept that it was merged into, or its new name."""
    by: str = CURATOR


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A mapping that a paper states, as readers say and nobody has decided yet."""

    evidence: Evidence
    """What the surest reader says, with the mapping as merges show it."""
    stored: str
    """Key of the mapping as it was stored, which stays the same whatever is merged."""
    passages: int = 1
    """How many passages of the paper are said to state it."""


class Ends(NamedTuple):
    """Both ends of a mapping as a curator sets them right: what is meant, and the words of the paper that say so."""

    mechanism: Concept
    technique: Concept
    mechanism_span: Span
    technique_span: Span


def open_findings(database: Database, *, relation: Relation | None = None, paper: str | None = None) -> list[Finding]:
    """Findings whose text the store holds and that no curator decided on, in order of mapping and paper."""
    where, values = ["s.state = 'quoted'", "e.stance = 'for'", f"e.reader NOT IN ('{CURATOR}', 'race')"], list[object]()
    if relation is not None:
        where.append("m.relation = ?")
        values.append(relation)
    if paper is not None:
        where.append("e.paper = ?")
        values.append(papers.find(database, paper))
    rows = database.all(
        f"SELECT m.shown, m.key, p.key, {_READ} FROM {_FROM} JOIN evidence_state s ON s.evidence = e.id"
        f" WHERE {' AND '.join(where)} AND NOT EXISTS (SELECT 1 FROM evidence c JOIN mapping n ON n.id = c.mapping"
        f" WHERE c.paper = e.paper AND c.reader = '{CURATOR}' AND n.shown = m.shown)",
        tuple(values),
    )
    found: dict[Pair, list[Evidence]] = {}
    for shown, stored, key, *row in rows:
        found.setdefault((shown, key), []).append(evidence_of(stored, key, tuple(row)))
    return [_finding(shown, said) for (shown, _), said in sorted(found.items(), key=lambda item: item[0])]


def _finding(shown: str, said: list[Evidence]) -> Finding:
    surest = _surest(said)
    passages = len({one.passages for one in said})
    return Finding(evidence=dataclasses.replace(surest, mapping=shown), stored=surest.mapping, passages=passages)


def _surest(said: Iterable[Evidence]) -> Evidence:
    return min(said, key=lambda one: (one.by == CURATOR, -one.score, one.passages, one.by, one.mapping))


def decide(database: Database, mapping: str, paper: str, *, accept: bool, by: str) -> bool:
    """Accept or reject that ``paper`` states ``mapping``; whether that changes what was decided before."""
    with database.writing():
        said = _said(database, mapping, paper)
        put = [_word(one, accept=accept) for one in said.values()]
        undo = _put(database, said.keys(), put)
        if undo is None:
            return False
        subject = _surest(said.values())
        _log(
            database, Decision(action="accept" if accept else "reject", subject=subject.mapping, paper=subject.paper, by=by), undo
        )
    return True


def fix(database: Database, mapping: str, paper: str, ends: Ends, *, by: str) -> str:
    """Accept what ``paper`` states with both ends set right; key of the mapping that it is then."""
    with database.writing():
        said = _said(database, mapping, paper)
        subject = _surest(said.values())
        for span in (ends.mechanism_span, ends.technique_span):
            _check_span(database, subject, span)
        known = mappings.get(database, mapping)
        made = [concept for concept in ends[:2] if _add_missing(database, concept)]
        right = Mapping(
            mechanism=ends.mechanism.key, relation=known.relation, technique=ends.technique.key, functions=known.functions
        )
        spans = {"mechanism_span": ends.mechanism_span, "technique_span": ends.technique_span}
        if (right.mechanism, right.technique) == (known.mechanism, known.technique):
            put = [dataclasses.replace(_word(one, accept=True), **spans) for one in said.values()]  # type: ignore[arg-type]
            pairs = set(said)
        else:
            # One that is there already serves what it serves: the wrong mapping's functions are none of its.
            if database.one("SELECT 1 FROM mapping WHERE key = ?", (right.key,)) is None:
                mappings.add(database, right)
            put = [_word(one, accept=False) for one in said.values()]
            put.append(dataclasses.replace(_word(subject, accept=True), mapping=right.key, **spans))  # type: ignore[arg-type]
            others = _pairs(database, right.key, subject.paper)
            pairs = {*said, *others, (right.key, subject.paper)}
        undo = _put(database, pairs, put)
        if undo is not None:
            undo |= {"made": [list(concept_row(concept)) for concept in made]}
            decision = Decision(action="fix", subject=subject.mapping, paper=subject.paper, became=right.key, by=by)
            _log(database, decision, undo)
    return mappings.shown(database, right.key)


def _add_missing(database: Database, concept: Concept) -> bool:
    if database.one("SELECT 1 FROM concept WHERE key = ?", (concept.key,)) is not None:
        return False
    concepts.add(database, concept)
    return True


def _check_span(database: Database, said: Evidence, span: Span) -> None:
    text = papers.get(database, said.paper).text(span.field)
    if text is None and span in (said.mechanism_span, said.technique_span):
        return  # as a reader of the text gave it
    if text is None or not 0 <= span.start < span.end <= len(text):
        raise Mismatch(f"characters {span.start} to {span.end} are not in the {span.field} of {said.paper}")


def _said(database: Database, mapping: str, paper: str) -> dict[Pair, Evidence]:
    """For each stored mapping shown as this one what the surest reader says; a curator's word where no reader's is left."""
    shown, number = mappings.shown(database, mapping), papers.find(database, paper)
    said: dict[Pair, list[Evidence]] = {}
    for raw, key, *row in database.all(
        f"SELECT m.key, p.key, {_READ} FROM {_FROM} WHERE m.shown = ? AND e.paper = ? AND e.reader <> 'race'", (shown, number)
    ):
        said.setdefault((raw, key), []).append(evidence_of(raw, key, tuple(row)))
    if not said:
        raise Refused(f"nothing was read in {paper} that states {shown}, so there is nothing to decide")
    return {pair: _surest(found) for pair, found in sorted(said.items())}


def _pairs(database: Database, mapping: str, paper: str) -> list[Pair]:
    """All that is shown as this mapping and that a curator decided for this paper."""
    rows = database.all(
        f"SELECT m.key, p.key FROM {_FROM} WHERE m.shown = ? AND e.paper = ? AND e.reader = '{CURATOR}'",
        (mappings.shown(database, mapping), papers.find(database, paper)),
    )
    return [(raw, key) for raw, key in rows]


def _word(said: Evidence, *, accept: bool) -> Evidence:
    """The curator's word on what a reader says: at the same passages, and sure."""
    return dataclasses.replace(said, by=CURATOR, version="", score=1.0, hedged=False, stance="for" if accept else "against")


def _put(database: Database, pairs: Iterable[Pair], words: list[Evidence]) -> dict[str, Any] | None:
    """Let ``words`` be all that a curator says of ``pairs``; what was there before, or ``None`` where that is the same."""
    pairs = sorted(pairs)
    before = [one for pair in pairs for one in _words(database, pair)]
    if sorted(map(repr, before)) == sorted(map(repr, words)):
        return None
    _clear(database, pairs)
    for word in words:
        evidence.add(database, word)
    return {"pairs": pairs, "words": [[one.mapping, one.paper, *evidence_row(one)] for one in before]}


def _words(database: Database, pair: Pair) -> list[Evidence]:
    rows = database.all(
        f"SELECT m.key, p.key, {_READ} FROM {_FROM} WHERE m.key = ? AND e.paper = ? AND e.reader = '{CURATOR}'",
        (pair[0], papers.find(database, pair[1])),
    )
    return [evidence_of(mapping, paper, tuple(row)) for mapping, paper, *row in rows]


def _clear(database: Database, pairs: Iterable[Pair]) -> None:
    for mapping, paper in pairs:
        number = papers.find(database, paper)
        database.run(
            f"DELETE FROM evidence WHERE reader = '{CURATOR}' AND mapping = (SELECT id FROM mapping WHERE key = ?) AND paper = ?",
            (mapping, number),
        )
        papers.index(database, number)


# Concepts


def merge(database: Database, source: str, target: str, *, by: str) -> None:
    with database.writing():
        before = Standing.of(database)
        merges.merge(database, source, target, by=by)
        _log_change(database, Decision(action="merge", subject=source, became=target, by=by), before)


def split(database: Database, source: str, *, by: str) -> None:
    with database.writing():
        before = Standing.of(database)
        removed = merges.split(database, source)
        _log_change(database, Decision(action="split", subject=source, by=by), before, removed=removed)


def rename(database: Database, key: str, name: str, *, by: str) -> str:
    with database.writing():
        before = Standing.of(database)
        old = concepts.get(database, key).key
        new, made, removed = merges.rename(database, key, name, by=by)
        decision = Decision(action="rename", subject=old, became=" ".join(name.split()), by=by)
        _log_change(database, decision, before, made=made, removed=removed)
    return new


def _log_change(
    database: Database,
    decision: Decision,
    before: Standing,
    *,
    made: Iterable[Concept] = (),
    removed: Iterable[Concept] = (),
) -> None:
    after = Standing.of(database)
    if after == before:
        return
    undo = {
        "merges": _changed(before.merges, after.merges),
        "renames": _changed(before.renames, after.renames),
        "made": [list(concept_row(concept)) for concept in made],
        "removed": [list(concept_row(concept)) for concept in removed],
    }
    _log(database, decision, undo)


def _changed(before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """For each key that changed what it was before; two empty texts where there was nothing."""
    keys = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return {key: before.get(key, ("", "")) for key in keys}


# The log


def _log(database: Database, decision: Decision, undo: dict[str, Any]) -> None:
    check_text("name of the curator", decision.by)
    database.run(
        "INSERT INTO decision (action, subject, paper, object, author, undo) VALUES (?, ?, ?, ?, ?, ?)",
        (decision.action, decision.subject, decision.paper, decision.became, decision.by, json_text(undo)),
    )


def undo(database: Database) -> Decision | None:
    """Take back the last decision; what was read or decided apart from it stays."""
    with database.writing():
        row = database.one("SELECT id, action, subject, paper, object, author, undo FROM decision ORDER BY id DESC LIMIT 1")
        if row is None:
            return None
        number, action, subject, paper, became, author, text = row
        before = json.loads(text)
        _take_back(database, before)
        standing = Standing(before.get("merges", {}), before.get("renames", {}))
        merges.restore(database, standing, _concepts(before.get("removed", ())))
        for made in _concepts(before.get("made", ())):
            merges.remove_bare(database, made)
        database.run("DELETE FROM decision WHERE id = ?", (number,))
    return Decision(action=action, subject=subject, paper=paper, became=became, by=author)


def _concepts(rows: Iterable[list[Any]]) -> list[Concept]:
    return [concept_of(tuple(row)) for row in rows]


def _take_back(database: Database, before: dict[str, Any]) -> None:
    pairs = [(mapping, paper) for mapping, paper in before.get("pairs", ())]
    _clear(database, pairs)
    for mapping, paper, *row in before.get("words", ()):
        evidence.add(database, evidence_of(mapping, paper, tuple(row)))
    # A mapping that only the curator's word held goes as one that no reader finds any more.
    for mapping in {mapping for mapping, _ in pairs}:
        evidence.drop_bare_mapping(database, mapping)


def standing(database: Database) -> Iterator[Decision]:
    """The last decision on each finding, by the mapping as it was stored, sorted."""
    last: dict[Pair, Decision] = {}
    for action, became, author, text in database.each(
        "SELECT action, object, author, undo FROM decision WHERE paper IS NOT NULL ORDER BY id"
    ):
        for mapping, read in json.loads(text)["pairs"]:
            try:
                key = papers.get(database, read).key
            except NotFound:
                key = read
            only_fixed = action == "fix" and mapping == became
            decision = Decision(
                action="accept" if only_fixed else action,
                subject=mapping,
                paper=key,
                became=None if only_fixed else became,
                by=author,
            )
            last[mapping, key] = decision
    for _, decision in sorted(last.items(), key=lambda item: item[0]):
        yield decision

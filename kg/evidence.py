"""Evidence in the store: which span of which paper states a mapping, and the quote where the text that was read is at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kg import mappings, papers, serving
from kg.database import Database
from kg.errors import Mismatch, Refused
from kg.model import Evidence, Paper, Span, TextField, sha256
from kg.rows import EVIDENCE, check_text, evidence_of, evidence_row, json_text, marks

State = Literal["quoted", "by_reference", "mismatch"]
STATES: tuple[State, ...] = ("quoted", "by_reference", "mismatch")
_COLUMNS = f"mapping, paper, {EVIDENCE}, field, last_end"
_INSERT = f"INSERT INTO evidence ({_COLUMNS}) VALUES ({marks(_COLUMNS)})"
_READ = ", ".join("e." + column for column in EVIDENCE.split(", "))
_FROM = "evidence e JOIN mapping m ON m.id = e.mapping JOIN paper p ON p.id = e.paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The words of an evidence: verbatim where the store holds the very text that was read, and none otherwise."""

    texts: tuple[str, ...] = ()
    state: State
    mechanism: str | None = None
    technique: str | None = None


class Told(NamedTuple):
    """Where an evidence went: its number, and whether it is new."""

    number: int
    new: bool


def add(database: Database, evidence: Evidence) -> Told:
    """Keep ``evidence``; a known one (same mapping, paper, passages and reader) takes the newer score, version and spans."""
    check(evidence)
    with database.writing():
        paper = papers.find(database, evidence.paper)
        _check_within(database, paper, evidence)
        mapping = mappings.number(database, evidence.mapping)
        values = evidence_row(evidence)
        row = database.one(
            f"SELECT id, {EVIDENCE} FROM evidence WHERE mapping = ? AND paper = ? AND passages = ? AND reader = ?",
            (mapping, paper, values[0], evidence.by),
        )
        place = evidence.passages[0].field, max(span.end for span in evidence.passages)
        if row is None:
            number = database.run(_INSERT, (mapping, paper, *values, *place)).lastrowid
            assert number is not None
            papers.index(database, paper)
            return Told(number, True)
        if row[1:] != values:
            database.run(f"UPDATE evidence SET ({EVIDENCE}) = ({marks(EVIDENCE)}) WHERE id = ?", (*values, row[0]))
        return Told(row[0], False)


def check(evidence: Evidence) -> None:
    """Refuse what no store could keep, wherever its text is."""
    if not evidence.passages:
        raise Refused(
            f"evidence for mapping {evidence.mapping:.80} has no passage: nothing enters the graph without a span of its source"
        )
    if not evidence.text_sha256:
        raise Refused(
            f"evidence for mapping {evidence.mapping:.80} lacks the hash of its text (text_sha256), so no quote could be checked"
        )
    if not 0 <= evidence.score <= 1:
        raise Refused(f"the score of evidence is a probability, 0 to 1, not {evidence.score}")
    if len({span.field for span in evidence.passages}) > 1:
        raise Refused("the passages of one evidence lie in one field of the paper; make two of it")
    for span in (*evidence.passages, evidence.mechanism_span, evidence.technique_span):
        if span is not None and not (span.field in ("title", "abstract") and 0 <= span.start < span.end):
            raise Mismatch(f"no span of a text: characters {span.start} to {span.end} of its {span.field!r:.40}")
    check_text("evidence", evidence.by, evidence.version, evidence.text_sha256)


def _check_within(database: Database, paper: int, evidence: Evidence) -> None:
    """A span past the end of the very text that it claims to come from is a fault of the reader."""
    row = database.one("SELECT key, title_hash, title_length, abstract_hash, abstract_length FROM paper WHERE id = ?", (paper,))
    assert row is not None
    name = evidence.passages[0].field
    text_hash, length = row[1:3] if name == "title" else row[3:5]
    spans = (*evidence.passages, evidence.mechanism_span, evidence.technique_span)
    end = max(span.end for span in spans if span is not None and span.field == name)
    if text_hash == evidence.text_sha256 and end > length:
        raise Mismatch(f"a span ends at character {end} of the {name} of {row[0]}, which has {length}")


def every(
    database: Database,
    *,
    mapping: str | None = None,
    paper: str | None = None,
    stance: Literal["for", "against"] | None = None,
    state: State | None = None,
) -> list[Evidence]:
    """Evidence in order of mapping, paper and place in it; what merges make equal is told once."""
    where, values = ["1"], list[object]()
    if mapping is not None:
        where.append("m.shown = ?")
        values.append(mappings.shown(database, mapping))
    if paper is not None:
        where.append("e.paper = ?")
        values.append(papers.find(database, paper))
    if stance is not None:
        where.append("e.stance = 'against'" if stance == "against" else "e.stance = 'for'")  # as its index has it
    tables = _FROM
    if state is not None:
        tables += " JOIN evidence_state s ON s.evidence = e.id"
        where.append("s.state = ?")
        values.append(state)
    rows = database.all(f"SELECT m.shown, p.key, {_READ} FROM {tables} WHERE {' AND '.join(where)}", tuple(values))
    return told_once(evidence_of(shown, key, tuple(row)) for shown, key, *row in rows)


def within(database: Database, paper_keys: Iterable[str]) -> list[Evidence]:
    """The evidence in these papers, in order of mapping, paper and place."""
    rows = database.all(
        f"SELECT m.shown, p.key, {_READ} FROM json_each(?) j CROSS JOIN paper p ON p.key = j.value"
        " CROSS JOIN evidence e ON e.paper = p.id JOIN mapping m ON m.id = e.mapping",
        (json_text(list(paper_keys)),),
    )
    return told_once(evidence_of(shown, key, tuple(row)) for shown, key, *row in rows)


def told_once(found: Iterable[Evidence]) -> list[Evidence]:
    """Of what merges make equal (mapping, paper, passages and reader) the surest, in order of mapping, paper and place."""
    best: dict[tuple[object, ...], Evidence] = {}
    for one in sorted(found, key=_order):
        best.setdefault((one.mapping, one.paper, one.passages, one.by), one)
    return list(best.values())


def _order(one: Evidence) -> tuple[object, ...]:
    spans = one.mechanism_span or (), one.technique_span or ()
    least = (one.version, -one.score, one.stance, one.hedged, *spans, one.text_sha256)
    return (one.mapping, one.paper, one.passages, one.by, *least)


def replace(database: Database, paper_key: str, by: str, readings: Sequence[Evidence]) -> None:
    """Let ``readings`` be all that reader ``by`` says of the paper; a mapping that nothing states any more goes too."""
    with database.writing():
        paper = papers.find(database, paper_key)
        kept = set()
        for evidence in readings:
            if evidence.by != by or papers.find(database, evidence.paper) != paper:
                raise Refused(f"these readings are of {paper_key} by {by!r}, not of {evidence.paper} by {evidence.by!r}")
            kept.add(add(database, evidence).number)
        older = database.all("SELECT id, mapping FROM evidence WHERE paper = ? AND reader = ?", (paper, by))
        dropped = [row for row in older if row[0] not in kept]
        for number, _ in dropped:
            database.run("DELETE FROM evidence WHERE id = ?", (number,))
        if dropped:
            papers.index(database, paper)
        for mapping in {mapping for _, mapping in dropped}:
            _drop_bare(database, mapping)


def drop_bare_mapping(database: Database, key: str) -> None:
    """Take away the stored mapping of exactly this key if no evidence or result is left of it."""
    for (mapping,) in database.all("SELECT id FROM mapping WHERE key = ?", (key,)):
        _drop_bare(database, mapping)


def _drop_bare(database: Database, mapping: int) -> None:
    ends = database.one("SELECT mechanism, technique FROM mapping WHERE id = ?", (mapping,))
    functions = [name for (name,) in database.all("SELECT function FROM mapping_function WHERE mapping = ?", (mapping,))]
    # A curator's word is evidence too, so what a curator decided on stays.
    gone = database.run(
        "DELETE FROM mapping WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM evidence WHERE mapping = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM result WHERE mapping = ?1)",
        (mapping,),
    ).rowcount
    for end in ends if ends and gone else ():
        serving.leave(database, end, functions)


def quote(database: Database, evidence: Evidence) -> Quote:
    """The words at the spans of ``evidence``, if the stored text is the one that was read."""
    return quote_from(papers.get(database, evidence.paper), evidence) if evidence.passages else Quote(state="mismatch")


def quote_from(paper: Paper, evidence: Evidence) -> Quote:
    """The same from the paper as it is stored."""
    if not evidence.passages:
        return Quote(state="mismatch")
    field: TextField = evidence.passages[0].field
    text = paper.text(field)
    if text is None:
        return Quote(state="by_reference")
    spans = [span for span in evidence.passages if span.field == field and 0 <= span.start < span.end <= len(text)]
    if len(spans) < len(evidence.passages) or sha256(text) != evidence.text_sha256:
        return Quote(state="mismatch")
    other = paper.abstract if paper.abstract is not None and sha256(paper.abstract) == paper.abstract_sha256 else None

    def words(span: Span | None) -> str | None:
        # In the other field, only an abstract can be checked against what the paper's first source read.
        source = None if span is None else text if span.field == field else other if span.field == "abstract" else None
        return source[span.start : span.end] if span is not None and source is not None and span.end <= len(source) else None

    texts = tuple(text[span.start : span.end] for span in spans)
    return Quote(texts=texts, state="quoted", mechanism=words(evidence.mechanism_span), technique=words(evidence.technique_span))

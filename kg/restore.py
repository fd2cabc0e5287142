"""A store made anew from rows such as :func:`kg.export.rows` gives: exporting it gives the same rows again.

What an export leaves out is not there afterwards: answers of the network, which reader has read what, and former keys of papers.
Curators' decisions stand as they stood; only the last one on each finding can be taken back.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kg import concepts, evidence, mappings, merges, papers, shape
from kg.database import Database
from kg.errors import ExaptError, Refused
from kg.model import Concept, Evidence, Mapping, Pair, Paper, Profile, Result, Span
from kg.papers import names_of
from kg.results import add as add_result
from kg.rows import EVIDENCE, PAPER_STORED, evidence_row, json_text, marks, paper_row

Row = dict[str, Any]
Item = TypeVar("Item")
ORDER = tuple(shape.RECORDS)
"""Types of rows in the order in which they have to come."""
_LOT = 2000


def restore(database: Database, rows: Iterable[Row]) -> int:
    """Put ``rows``, in :data:`ORDER`, into an empty store, all or nothing; how many there were.

    Raises:
        Refused: the store is not empty, or a row is not one of an export.
    """
    total = 0
    with database.writing():
        if not is_empty(database):
            raise Refused(f"the store {database.path} holds something already; choose a new file with --store")
        for kind, same in itertools.groupby(rows, key=lambda row: str(row.get("type"))):
            if kind not in _PUT:
                raise Refused(f"no row of an export is of the type {kind!r:.40}; there are: {', '.join(ORDER)}")
            for lot in _lots(same):
                with as_in_an_export(kind):
                    _PUT[kind](database, lot)
                total += len(lot)
        database.run("INSERT INTO paper_text (paper_text) VALUES ('rebuild')")
    return total


def is_empty(database: Database) -> bool:
    """Whether the store holds nothing that an export would have."""
    tables = ("paper", "concept", "decision", "result")
    return not any(database.one(f"SELECT 1 FROM {table} LIMIT 1") for table in tables)


@contextmanager
def as_in_an_export(kind: str) -> Iterator[None]:
    """What goes wrong in the block with rows of type ``kind``, and is not said in words yet, is said."""
    try:
        yield
    except ExaptError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"a row of type {kind} is not as an export has it ({type(error).__name__}: {error!s:.200})") from error


def _lots(rows: Iterator[Item]) -> Iterator[list[Item]]:
    while lot := list(itertools.islice(rows, _LOT)):
        yield lot


def _numbers(database: Database, table: str, keys: Iterable[str]) -> dict[str, int]:
    """Key to number in ``table``, which is a name in this file."""
    sql = f"SELECT key, id FROM {table} WHERE key IN (SELECT value FROM json_each(?))"
    return dict(database.all(sql, (json_text(sorted(keys)),)))


def _next(database: Database, table: str) -> int:
    row = database.one(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")
    assert row is not None
    return int(row[0])


def paper_from(row: Row) -> Paper:
    """The paper of a row of an export."""
    fields = {name: value for name, value in row.items() if name not in ("type", "also_from")}
    ids = tuple((scheme, value) for scheme, value in fields.pop("ids", ()))
    return Paper(**{**fields, "ids": ids, "authors": tuple(fields.pop("authors", ()))})


def _papers(database: Database, rows: list[Row]) -> None:
    first = _next(database, "paper")
    lines, names, others = [], [], []
    for number, row in enumerate(rows, first):
        paper = paper_from(row)
        papers.checked(paper)
        lines.append((number, *paper_row(paper)))
        names += [(name, number) for name in {*names_of(paper), paper.key}]
        others += [(number, source) for source in row.get("also_from", ())]
    database.run_each(f"INSERT INTO paper (id, {PAPER_STORED}) VALUES (?, {marks(PAPER_STORED)})", lines)
    database.run_each("INSERT INTO paper_name (name, paper) VALUES (?, ?)", sorted(names))
    database.run_each("INSERT INTO paper_source (paper, source) VALUES (?, ?)", others)


def concept_from(row: Row) -> Concept:
    """The concept of a row of an export."""
    fields = {name: value for name, value in row.items() if name not in ("type", "key", "profile")}
    lists = {name: tuple(fields.get(name, ())) for name in ("aliases", "see", "functions")}
    profile = row.get("profile")
    if profile:
        profile = Profile(**{**profile, "knobs": _knobs(profile.get("knobs", ()))})
    return Concept(**{**fields, **lists, "profile": profile})


def _knobs(pairs: Iterable[Any]) -> tuple[tuple[str, float], ...]:
    return tuple((name, float("nan") if value is None else value) for name, value in pairs)


def _concepts(database: Database, rows: list[Row]) -> None:
    for row in rows:
        concepts.add(database, concept_from(row))


def mapping_from(row: Row) -> Mapping:
    """The mapping of a row of an export."""
    pairs = tuple(Pair(**pair) for pair in row.get("pairs", ()))
    ends = {name: row[name] for name in ("mechanism", "relation", "technique")}
    return Mapping(**ends, functions=tuple(row.get("functions", ())), pairs=pairs)


def _mappings(database: Database, rows: list[Row]) -> None:
    for row in rows:
        mappings.add(database, mapping_from(row))


def _known(numbers: dict[str, int], key: str) -> int:
    if key not in numbers:
        raise Refused(f"the rows speak of {key!r:.80}, and none of them is it; they are incomplete")
    return numbers[key]


def _span(span: list[Any] | None) -> Span | None:
    return None if span is None else Span(*span)


def evidence_from(row: Row) -> Evidence:
    """The evidence of a row of an export."""
    fields = {name: value for name, value in row.items() if name != "type"}
    spans = {name: _span(row.get(name)) for name in ("mechanism_span", "technique_span")}
    return Evidence(**{**fields, **spans, "passages": tuple(Span(*span) for span in row["passages"])})


def _evidence(database: Database, rows: list[Row]) -> None:
    found = [evidence_from(row) for row in rows]
    for one in found:
        evidence.check(one)
    by_mapping = _numbers(database, "mapping", {one.mapping for one in found})
    by_paper = _numbers(database, "paper", {one.paper for one in found})
    columns = f"mapping, paper, {EVIDENCE}, field, last_end"
    lines = [
        (
            _known(by_mapping, one.mapping), _known(by_paper, one.paper), *evidence_row(one), one.passages[0].field,
            max(span.end for span in one.passages),
        )
        for one in found
    ]  # fmt: skip
    database.run_each(f"INSERT INTO evidence ({columns}) VALUES ({marks(columns)})", lines)


def _merges(database: Database, rows: list[Row]) -> None:
    for row in rows:
        merges.merge(database, row["source"], row["target"], by=row.get("by", ""))


def _renames(database: Database, rows: list[Row]) -> None:
    for row in rows:
        rename(database, row)


def rename(database: Database, row: Row) -> None:
    """Keep the rename of a row of an export."""
    number = concepts.find(database, row["concept"])[0]
    database.run("INSERT INTO rename (concept, name, author) VALUES (?, ?, ?)", (number, row["name"], row.get("by", "")))


def _decisions(database: Database, rows: list[Row]) -> None:
    for row in rows:
        decision(database, row)


def decision(database: Database, row: Row) -> None:
    """Keep the decision of a row of an export."""
    columns = "action, subject, paper, object, author, undo"
    values = (row["action"], row["subject"], row.get("paper"), row.get("became"), row.get("by", ""), _undone(row))
    database.run(f"INSERT INTO decision ({columns}) VALUES ({marks(columns)})", values)


def _undone(row: Row) -> str:
    """What undoing the decision leads back to: nothing decided on this finding."""
    return json_text({"pairs": [[row["subject"], row.get("paper")]], "words": []})


def result_from(row: Row) -> Result:
    """The result of a row of an export."""
    fields = {name: value for name, value in row.items() if name != "type"}
    lists = {"knobs": _knobs(row.get("knobs", ())), "versions": tuple((name, said) for name, said in row.get("versions", ()))}
    value = row.get("value")
    return Result(**{**fields, **lists, "value": float("nan") if value is None else value})


def _results(database: Database, rows: list[Row]) -> None:
    for row in rows:
        add_result(database, known_mapping(database, row))


def known_mapping(database: Database, row: Row) -> Result:
    """The result of a row of an export, of a mapping that the store has by its own key."""
    mapping = row.get("mapping")
    if mapping is not None and database.one("SELECT 1 FROM mapping WHERE key = ?", (mapping,)) is None:
        # An export names the mapping that is shown; any of those that are shown as it will do.
        stored = database.one("SELECT min(key) FROM mapping WHERE shown = ?", (mapping,))
        mapping = mappings.shown(database, mapping) if stored is None or stored[0] is None else stored[0]
    return result_from({**row, "mapping": mapping})


_PUT: dict[str, Callable[[Database, list[Row]], None]] = {
    "paper": _papers, "concept": _concepts, "mapping": _mappings, "evidence": _evidence, "merge": _merges, "rename": _renames,
    "decision": _decisions, "result": _results,
}  # fmt: skip

"""Results of races in the store."""

from __future__ import annotations

from kg import mappings
from kg.database import Database
from kg.model import Result
from kg.rows import RESULT, check_text, marks, result_of, result_row

_COLUMNS = f"{RESULT}, mapping"
_READ = ", ".join("r." + column for column in RESULT.split(", "))


def add(database: Database, result: Result) -> bool:
    """Keep ``result``; one of the same race, task, arm, seed and metric gives way to it."""
    texts = (result.race, result.task, result.arm, result.metric, result.prototype, result.source_sha256, result.note)
    check_text("result", *texts, *(text for pair in result.versions for text in pair), *(name for name, _ in result.knobs))
    with database.writing():
        mapping = None if result.mapping is None else mappings.number(database, result.mapping)
        values = (*result_row(result), mapping)
        row = database.one(
            f"SELECT id, {_COLUMNS} FROM result WHERE race = ? AND task = ? AND arm = ? AND seed = ? AND metric = ?", values[:5]
        )
        if row is None:
            database.run(f"INSERT INTO result ({_COLUMNS}) VALUES ({marks(_COLUMNS)})", values)
        elif row[1:] != values:
            database.run(f"UPDATE result SET ({_COLUMNS}) = ({marks(_COLUMNS)}) WHERE id = ?", (*values, row[0]))
        return row is None


def every(
    database: Database,
    *,
    race: str | None = None,
    prototype: str | None = None,
    mapping: str | None = None,
    arm: str | None = None,
) -> list[Result]:
    """Results in order of race, task, arm, metric and seed."""
    where, values = ["1"], list[object]()
    shown = None if mapping is None else mappings.shown(database, mapping)
    for column, value in (("r.race", race), ("r.prototype", prototype), ("m.shown", shown), ("r.arm", arm)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    rows = database.all(
        f"SELECT m.shown, {_READ} FROM result r LEFT JOIN mapping m ON m.id = r.mapping WHERE {' AND '.join(where)}"
        " ORDER BY r.race, r.task, r.arm, r.metric, r.seed",
        tuple(values),
    )
    return [result_of(row[0], row[1:]) for row in rows]

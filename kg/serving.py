"""Which concepts and mappings serve which function, as rows beside the lists that say so."""

from __future__ import annotations

from collections.abc import Iterable

from kg.database import Database
from kg.rows import ordered

_CONCEPT = (
    "INSERT INTO concept_function (function, concept, own) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET own = 1 WHERE excluded.own > own"
)
_MAPPING = "INSERT OR IGNORE INTO mapping_function (function, shown, mapping) VALUES (?, ?, ?)"


def concept(database: Database, number: int, functions: Iterable[str]) -> None:
    """Note what concept ``number`` serves by itself."""
    for function in ordered(functions):
        database.run(_CONCEPT, (function, number, 1))


def mapping(database: Database, number: int, functions: Iterable[str]) -> None:
    """Note what mapping ``number`` serves, and so both its concepts."""
    if not (names := ordered(functions)):
        return
    row = database.one("SELECT shown, mechanism, technique FROM mapping WHERE id = ?", (number,))
    assert row is not None
    for function in names:
        database.run(_MAPPING, (function, row[0], number))
        for end in row[1:]:
            database.run(_CONCEPT, (function, end, 0))


def show(database: Database, number: int, shown: str) -> None:
    """Note that mapping ``number`` is shown under another key."""
    database.run("UPDATE mapping_function SET shown = ? WHERE mapping = ?", (shown, number))


def leave(database: Database, number: int, functions: Iterable[str]) -> None:
    """Forget of concept ``number`` those ``functions`` that only a mapping said, which is gone, and no other one says."""
    for function in functions:
        database.run(
            "DELETE FROM concept_function WHERE function = ?1 AND concept = ?2 AND own = 0 AND NOT EXISTS"
            " (SELECT 1 FROM mapping m JOIN mapping_function f ON f.mapping = m.id"
            " WHERE f.function = ?1 AND (m.mechanism = ?2 OR m.technique = ?2))",
            (function, number),
        )
